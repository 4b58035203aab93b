"""A deletion that the Space confirms and does not do stays in the state, however the run ends."""

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, RECONCILER, conference, counts, room, rooms

STREAMS = [{"url": "rtmp://live.example/a"}]
NOT_DONE = Fault("DELETE", times=1, status=204)
ENDINGS = {
    "an update is refused": Fault("PUT", status=422),
    "an update fails": Fault("PUT", status=500),
    "a creation is refused": Fault("POST", "(rooms|conferences)$", status=422),
}
KINDS = {"Room": room, "Conference": conference}


def recorded():
    path = next(Path(".reconciler").glob("*.state.json"))
    return {one["name"] for one in json.loads(path.read_text(encoding="utf-8"))["resources"]}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_stays_recorded_where_another_action_failed(
    apply, declare, reconciler, plan, space, kind, ending
):
    one = KINDS[kind]
    apply(one("a"), one("b"))
    declare(one("b", layout="5x5"), one("c"))
    space.space.knobs = Settings(faults=(NOT_DONE, ending))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert f"the Space confirmed the deletion of {kind}/a, but still shows it" in " ".join(
        (out + err).split()
    )
    assert "a" in recorded()
    space.space.knobs = Settings()
    assert plan()["summary"]["delete"] == 1
    apply(one("b", layout="5x5"), one("c"))
    assert space.names() == {f"{kind}/b", f"{kind}/c"}


def test_a_stream_stays_recorded_where_another_action_failed(
    apply, declare, reconciler, plan, space
):
    apply(room("a", streams=STREAMS), room("b"))
    declare(room("a"), room("b", layout="5x5"))
    space.space.knobs = Settings(faults=(NOT_DONE, Fault("PUT", status=422)))

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "streams of Room/a, but still shows it" in " ".join((out + err).split())) == (
        4,
        True,
    )
    space.space.knobs = Settings()
    assert plan()["summary"] == counts(update=2)
    apply(room("a"), room("b", layout="5x5"))
    assert space.streams("Room", "a") == []


def test_it_stays_recorded_where_the_lists_of_other_kinds_cannot_be_read_afterwards(
    apply, declare, reconciler, plan, space
):
    apply(room("a"), room("b"), conference("c"))
    declare(room("b"), conference("c"))
    space.space.knobs = Settings(
        faults=(NOT_DONE, Fault("GET", "/conferences$", after=1, status=403))
    )

    assert reconciler("apply", MANIFESTS, "--yes").code == 4

    assert recorded() == {"a", "b", "c"}
    space.space.knobs = Settings()
    assert plan()["summary"]["delete"] == 1


def test_where_it_cannot_be_verified_the_run_says_so(apply, declare, reconciler, space):
    apply(room("a"), room("b"))
    declare(room("b", layout="5x5"))
    space.space.knobs = Settings(
        faults=(
            NOT_DONE,
            Fault("PUT", status=422),
            Fault("GET", "/rooms$", after=1, status=403),
        )
    )

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 4
    assert "not everything was done" in err
    assert "what was deleted could not be verified" in out + err


def test_it_stays_recorded_where_a_signal_stops_the_run(serving, apply, declare, plan):
    space = serving()
    names = [f"r{number:02}" for number in range(20)]
    apply(room("keep"), *rooms(*names))
    declare(room("keep"))
    space.space.knobs = Settings(latency=0.1, faults=(NOT_DONE,))
    before = len(space.space.ledger)
    process = subprocess.Popen(
        [*RECONCILER, "apply", MANIFESTS, "--yes", "--parallel", "1", "--allow-delete", "Room=20"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = threading.Event()
    while len(space.space.ledger) < before + 3 and process.poll() is None:
        waited.wait(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, "Traceback" in out + err) == (130, False)
    assert "the Space confirmed the deletion of Room/" in " ".join((out + err).split())
    space.space.knobs = Settings()
    assert recorded() == set(space.all("Room"))
    assert plan()["summary"]["delete"] == len(space.all("Room")) - 1
