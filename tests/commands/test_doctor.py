from pathlib import Path

import pytest

from reconciler.cli.commands import doctor
from reconciler.localspace import Fault, Settings
from reconciler.space.timeouts import Timeouts
from tests.commands.words import room


def lines(result):
    """What doctor says of each subject: {subject: (verdict, text)}."""
    parts = [
        line.split(maxsplit=2)
        for line in result.out.splitlines()
        if line and not line.startswith(" ")
    ]
    return {subject: (verdict, *rest) for verdict, subject, *rest in parts}


def test_doctor_finds_all_well(apply, done, space):
    apply(room("lobby"))

    found = lines(done("doctor"))

    assert [
        subject
        for subject in ("credentials", "space", "clock", "state")
        if found[subject][0] != "ok"
    ] == []
    assert len(space.writes) == 1


def test_doctor_finds_all_well_on_the_embedded_space(done, local):
    found = lines(done("doctor", "--space", "local"))

    assert {verdict for verdict, *_ in found.values()} == {"ok"}
    assert local.names() == set()


def test_doctor_of_the_embedded_space_shows_no_made_up_address(done):
    assert "invalid" not in done("doctor", "--space", "local").out


def test_doctor_without_credentials_names_what_is_missing(reconciler):
    code, out, err = reconciler("doctor")

    assert code == 1
    assert [
        name
        for name in ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN")
        if name not in out + err
    ] == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [({"status": 401}, "401"), ({"status": 403}, "scope"), ({"action": "garbage"}, "JSON")],
)
def test_doctor_says_what_is_wrong_with_the_space(reconciler, space, fault, told):
    space.space.knobs = Settings(faults=(Fault(**fault),))

    result = reconciler("doctor")

    assert result.code == 1
    assert lines(result)["space"][0] != "ok"
    assert told in result.out


def test_doctor_says_what_is_wrong_with_the_record(apply, reconciler, space):
    apply(room("lobby"))
    next(Path(".reconciler").glob("*.state.json")).chmod(0o644)

    result = reconciler("doctor")

    assert result.code == 1
    assert lines(result)["state"][0] != "ok"
    assert "chmod 600" in result.out
    assert len(space.writes) == 1


def test_doctor_sends_nothing_but_get_and_writes_no_file(done, space, tmp_path):
    done("doctor")

    assert {request.method for request in space.space.requests} == {"GET"}
    assert list(tmp_path.rglob("*")) == []


def test_doctor_never_shows_the_token(done, space, monkeypatch):
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "PTcanary-token")

    assert "PTcanary-token" not in "".join(done("doctor", "--debug")[1:])
    assert space.space.requests


def test_doctor_asks_a_space_that_hangs_for_a_short_while_and_says_so(
    reconciler, space, monkeypatch
):
    monkeypatch.setattr(
        doctor, "PATIENCE", Timeouts(connect=0.1, request=0.15, call=0.15, run=0.2, silence=0.02)
    )
    space.space.knobs = Settings(faults=(Fault(action="hang", seconds=5.0),))

    result = reconciler("doctor")

    assert result.code == 1
    assert lines(result)["space"][0] == "wrong"
    assert "no complete answer from 127.0.0.1" in result.out
    assert "doctor waits 0 s at most" in result.out
    assert "waiting for 127.0.0.1" in result.err
    assert len(space.space.requests) == 1


def test_doctor_waits_for_no_long_pause(reconciler, space):
    space.space.knobs = Settings(faults=(Fault(status=429, headers={"Retry-After": "100"}),))

    result = reconciler("doctor")

    assert (result.code, len(space.space.requests)) == (1, 1)
    assert "asks for a pause of 100 s (429)" in result.err
    assert "the Space limits the rate of requests" in result.out
    assert "doctor waits 10 s at most" in result.out


def test_doctor_does_not_deny_that_it_asked_again(reconciler, monkeypatch):
    monkeypatch.setenv("SIGNALWIRE_SPACE", "127.0.0.1:1")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "project")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "a-token-of-nobody")

    result = reconciler("doctor")

    assert "attempt 2 of 4" in result.err
    assert "one short attempt" not in result.out


@pytest.mark.parametrize("told", ["soon", "Sun, 99 Nov 1994 08:49:37 GMT", "\x1b[2J"])
def test_doctor_bears_a_space_that_tells_no_time(reconciler, space, told):
    body = '{"links": {"self": "x", "first": "x"}, "data": []}'
    space.space.knobs = Settings(
        faults=(
            Fault(status=200, headers={"Date": told.encode("unicode_escape").decode()}, body=body),
        )
    )

    assert lines(reconciler("doctor"))["clock"][0] == "ok"


def test_doctor_notices_a_project_file_of_nearly_the_right_name(reconciler, local):
    Path("reconciler.yml").write_text("environments: {}\n")

    result = reconciler("doctor", "--space", "local")

    assert (result.code, lines(result)["project"][0]) == (1, "wrong")
    assert "name it reconciler.yaml" in result.out
