import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from reconciler.reports.ci.metrics import Watched, metrics_text, negotiated

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


def full():
    return Watched(
        True,
        1800000000.5,
        1800000000.5,
        1.25,
        {"ok": 3, "failed": 1, "locked": 2},
        SUMMARY,
        'a"} 1\nevil 2\\.example.com',
        "prod",
    )


EMPTY = Watched(False, 0.0, 0.0, 0.0, {"ok": 0, "failed": 0}, {})


def samples(families):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("watched", [full(), EMPTY], ids=["full", "before the first round"])
def test_both_formats_are_read_by_others_and_say_the_same(watched):
    plain = list(text_string_to_metric_families(metrics_text(watched)))
    strict = list(openmetrics(metrics_text(watched, openmetrics=True)))

    assert samples(plain) == samples(strict)
    assert {family.name: family.type for family in plain} == {
        family.name: family.type for family in strict
    }
    assert all(family.documentation for family in strict)


def test_the_labels_survive_the_way_there():
    family = next(iter(openmetrics(metrics_text(full(), openmetrics=True))))
    assert family.samples[0].labels == {
        "space": 'a"} 1\nevil 2\\.example.com',
        "environment": "prod",
    }


PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (PROMETHEUS_3, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (
            "application/openmetrics-text",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (
            "application/openmetrics-text; version=0.0.1",
            "application/openmetrics-text; version=0.0.1; charset=utf-8",
        ),
        (
            "application/openmetrics-text;q=0.2,text/plain;q=0.9",
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        ("application/openmetrics-text;version=9.0", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;q=0", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;q=much", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8"),
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        (";;,=,", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(accept, content_type):
    served = negotiated(full(), accept)

    assert served.content_type == content_type
    assert served.text == metrics_text(full(), openmetrics="openmetrics" in content_type)
