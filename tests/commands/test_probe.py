"""The command probe: it asks, refuses, reports and cleans up; doctor shows what it found."""

import json
import signal
import subprocess
import time

import pytest
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.localspace import Fault, Settings
from tests.commands.words import CREDENTIALS, RECONCILER


def facts_files(folder):
    return sorted(path.name for path in (folder / ".reconciler").glob("*"))


def test_probe_prints_its_answers_and_keeps_them(done, space, tmp_path):
    result = done("probe", "--yes")
    assert "omitted_fields      kept" in result.out
    assert "Nothing is left behind" in result.err
    assert space.names() == set()
    (name,) = facts_files(tmp_path)
    assert name.startswith("127.0.0.1_")
    assert name.endswith(".facts.json")
    document = json.loads((tmp_path / ".reconciler" / name).read_text())
    Draft202012Validator(catalog.documents()["facts.schema.json"]).validate(document)


def test_probe_without_a_terminal_and_without_yes_writes_nothing(reconciler, space, tmp_path):
    code, _, err = reconciler("probe")
    assert (code, space.space.ledger) == (1, [])
    assert "add --yes" in err
    assert not (tmp_path / ".reconciler").exists()


def test_probe_of_a_full_space_is_refused_with_the_flag_that_consents(reconciler, done, space):
    for number in range(7):
        space.create("Room", name=f"r{number}")
    written = len(space.space.ledger)
    code, _, err = reconciler("probe", "--yes")
    assert (code, len(space.space.ledger)) == (3, written)
    assert "--allow-resources 7" in err
    done("probe", "--yes", "--allow-resources", "7")
    assert space.names() == {f"Room/r{number}" for number in range(7)}


def test_reports_hold_no_name_no_id_and_no_host(done, space, tmp_path):
    space.create("Room", name="secret-project")
    busy = space.create("Room", name="board-meeting")
    space.space.start_session("Room", "board-meeting", members=2)
    done("probe", "--yes", "--report", "found.md", "--report", "found.json")
    names = (tmp_path / ".reconciler").glob("*.facts.json")
    for path in (tmp_path / "found.md", tmp_path / "found.json", *names):
        text = path.read_text()
        if not path.name.endswith(".facts.json"):
            assert "127.0.0.1" not in text
        for word in (
            "secret-project",
            "board-meeting",
            busy["id"],
            "reconciler-probe-",
            CREDENTIALS[1],
        ):
            assert word not in text
    made = {mutation.id for mutation in space.space.ledger}
    assert not any(one in (tmp_path / "found.json").read_text() for one in made)
    document = json.loads((tmp_path / "found.json").read_text())
    assert "space" not in document
    assert len(document["facts"]) > 25


def test_a_lost_space_leaves_a_record_and_clean_uses_it(reconciler, done, space, tmp_path):
    space.space.knobs = Settings(faults=(Fault("DELETE", "", status=403),))
    code, _, err = reconciler("probe", "--yes")
    assert code == 4
    assert "probe --clean" in err
    assert space.names()
    code, _, err = reconciler("probe", "--yes")
    assert code == 3
    assert "probe --clean" in err
    space.space.knobs = Settings()
    assert "Deleted" in done("probe", "--clean").out
    assert space.names() == set()
    assert "Nothing to delete" in done("probe", "--clean").out
    assert facts_files(tmp_path) == []


def begun(space):
    """A probe in a process of its own, as soon as it has created something."""
    probe = subprocess.Popen(
        [*RECONCILER, "probe", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while len(space.space.ledger) < 3:
        assert probe.poll() is None, probe.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return probe


@pytest.mark.slow
def test_ctrl_c_deletes_what_was_made_and_ends_with_130(space, tmp_path):
    space.space.knobs = Settings(latency=0.05)
    probe = begun(space)
    probe.send_signal(signal.SIGINT)
    _, err = probe.communicate(timeout=60)
    assert probe.returncode == 130
    assert "nothing is left behind" in err
    assert space.names() == set()
    assert facts_files(tmp_path) == []


@pytest.mark.slow
def test_after_a_kill_clean_deletes_what_was_made(done, space, tmp_path):
    space.space.knobs = Settings(latency=0.05)
    probe = begun(space)
    probe.kill()
    probe.communicate(timeout=60)
    assert space.names()
    space.create("Room", name="reconciler-probe-of-another")
    done("probe", "--clean")
    assert space.names() == {"Room/reconciler-probe-of-another"}


def test_clean_and_report_do_not_go_together(reconciler, space):
    code, _, err = reconciler("probe", "--clean", "--report", "a.md")
    assert (code, "cannot be combined with --clean" in err) == (1, True)


def test_doctor_shows_the_facts_and_their_age(done, space, tmp_path):
    assert "none known" in done("doctor").out
    done("probe", "--yes")
    told = done("doctor").out
    assert "the newest is 0 days old" in told
    assert "used by runs: " in told
    assert "omitted_fields: kept (Conference, ConferenceRoom, Room)" in told
    assert "created_status" not in told
    (path,) = (tmp_path / ".reconciler").glob("*.facts.json")
    document = json.loads(path.read_text())
    for fact in document["facts"]:
        fact["date"] = "2026-01-01"
    path.write_text(json.dumps(document))
    assert "43 answers from 2026-01-01" in done("doctor").out


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: {},
        lambda _: [],
        lambda document: {**document, "format_version": 2},
        lambda document: {**document, "space": "other.signalwire.com"},
        lambda document: {**document, "facts": document["facts"] * 2},
        lambda document: {**document, "facts": [{}]},
        lambda document: {**document, "facts": 7},
        lambda document: {
            **document,
            "facts": [{**document["facts"][0], "answer": {"seconds": float("nan")}}],
        },
        lambda document: {
            **document,
            "facts": [{**document["facts"][0], "date": "2026-13-45"}, *document["facts"][1:]],
        },
        lambda document: {**document, "facts": [{**document["facts"][0], "answer": None}]},
        lambda document: {**document, "unanswered": [{"question": 1, "kind": "", "why": ""}]},
    ],
)
def test_a_damaged_file_of_facts_is_told_and_not_used(done, space, declare, tmp_path, damage):
    done("probe", "--yes")
    (path,) = (tmp_path / ".reconciler").glob("*.facts.json")
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    result = done("doctor")
    assert "is not used" in result.err
    assert "none known" in result.out
