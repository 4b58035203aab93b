from reconciler.reports.ci.metrics import Watched, metrics_text

SUMMARY = {
    "create": 1,
    "update": 2,
    "rename": 0,
    "adopt": 0,
    "delete": 0,
    "noop": 7,
    "drifted": 2,
    "unmanaged": 3,
}


def test_the_file_has_each_metric_with_its_help_and_type():
    watched = Watched(
        True,
        1800000000.5,
        1800000000.5,
        1.25,
        {"ok": 3, "failed": 1},
        SUMMARY,
        "example.signalwire.com",
        "prod",
    )

    text = metrics_text(watched)

    where = 'space="example.signalwire.com",environment="prod"'
    assert f"reconciler_up{{{where}}} 1\n" in text
    assert (
        f'reconciler_rounds_total{{{where},result="failed"}} 1\nreconciler_rounds_total{{{where},result="ok"}} 3\n'
        in text
    )
    assert f'reconciler_resources{{{where},state="drifted"}} 2\n' in text
    assert f"reconciler_last_round_timestamp_seconds{{{where}}} 1800000000.5\n" in text
    assert text.count("# TYPE") == text.count("# HELP") == 7
    assert text.endswith("\n")


def test_before_the_first_success_there_are_no_counts():
    text = metrics_text(Watched(False, 1.0, 0.0, 0.5, {"ok": 0, "failed": 1}, {}))

    assert "reconciler_up 0\n" in text
    assert "reconciler_actions" not in text
    assert "last_success" not in text


def test_a_hostile_name_stays_inside_its_label():
    text = metrics_text(Watched(True, 1.0, 1.0, 0.5, {}, {}, 'a"} 1\nevil 2\\', ""))

    assert 'reconciler_up{space="a\\"} 1\\nevil 2\\\\"} 1\n' in text
