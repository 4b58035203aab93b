"""The operator, its rivals, the API server and the Spaces fail: nothing doubled, nothing lost."""

import contextlib
import itertools
import random
import signal
import time

import pytest

from reconciler import catalog
from reconciler.kubernetes.definitions import definitions
from reconciler.localspace import Fault, Settings
from tests.effort import EXTENT
from tests.integration.kubernetes.control_plane import control_plane
from tests.integration.kubernetes.operator.conftest import install, is_served
from tests.integration.kubernetes.operator.running import (
    Declared,
    LiveSpace,
    Operator,
    until,
)

pytestmark = pytest.mark.long

ROOMS = 20


def all_ready(declared, number):
    def look():
        ready = [
            one
            for one in declared.all()
            for condition in one.get("status", {}).get("conditions", ())
            if condition["type"] == "Ready" and condition["status"] == "True"
        ]
        return len(ready) == number or None

    until(look, patience=300)


def check_made_once(declared, live, number, *, strangers=frozenset()):
    """Each declared room is there once, as its status says; ``strangers`` are the others."""
    names = [one.body["name"] for one in live.sent("POST") if one.path == "/api/video/rooms"]
    assert len(names) == len(set(names))
    assert len(live.rooms) == number + len(strangers)
    assert set(live.rooms) == {*names} | strangers
    ids = {one["status"]["id"] for one in declared.all()}
    assert ids == {one["id"] for name, one in live.rooms.items() if name not in strangers}


def rounds(number):
    """How many of ``number`` rounds are tried: all of them in the long run."""
    return number if EXTENT == "long" else max(1, number // 5)


def killed_at_some_moment(operator, live, chance, *, most):
    """Let it send some requests to the Space and go on for a moment, and kill it."""
    wanted = len(live.space.requests) + chance.randrange(1, most)
    operator.start()
    with contextlib.suppress(AssertionError):  # it may have nothing left to send
        until(lambda: len(live.space.requests) >= wanted or None, patience=15, pause=0.01)
    time.sleep(chance.random() * 0.3)
    operator.end(signal.SIGKILL)


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_made_twice(declared, cluster, namespace, tmp_path):
    chance = random.Random(20261129)
    number = 8 * rounds(20)
    deleted = {f"r{one}" for one in range(8)}
    with LiveSpace(latency=0.02).served() as live:
        declared.space("main", live)
        live.make("stranger")
        for one in range(number):
            declared.room(f"r{one}")
        operator = Operator(cluster, namespace, folder=tmp_path)
        try:
            for _ in range(rounds(20)):
                killed_at_some_moment(operator, live, chance, most=25)
            operator.start()
            all_ready(declared, number)
            operator.end(signal.SIGKILL)
            check_made_once(declared, live, number, strangers={"stranger"})

            for name in deleted:
                declared.delete(name)
            for _ in range(rounds(10)):
                killed_at_some_moment(operator, live, chance, most=8)
            operator.start()
            until(lambda: not deleted & declared.names() or None, patience=300)
        finally:
            operator.end()
        kept = {f"r{one}" for one in range(number)} - deleted
        assert declared.names() == kept
        assert set(live.rooms) == kept | {"stranger"}


def test_two_operators_that_do_not_know_of_each_other(declared, cluster, namespace, tmp_path):
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with LiveSpace(latency=0.02).served() as live:
        declared.space("main", live)
        for number in range(ROOMS):
            declared.room(f"r{number}")
        with (
            Operator(cluster, namespace, folder=folders[0]),
            Operator(cluster, namespace, folder=folders[1]),
        ):
            all_ready(declared, ROOMS)
        check_made_once(declared, live, ROOMS)
        assert len(live.sent("POST")) == ROOMS


def test_a_space_that_fails_leaves_the_others_alone(declared, operator):
    hangs = Fault(action="hang", seconds=60)
    limited = Fault(action="status", status=429, headers={"Retry-After": "5"})
    denied = Fault(action="status", status=401)
    with (
        LiveSpace(faults=(hangs,)).served() as hanging,
        LiveSpace(faults=(limited,)).served() as busy,
        LiveSpace(faults=(denied,)).served() as strict,
        LiveSpace().served() as good,
    ):
        spaces = {"hanging": hanging, "busy": busy, "strict": strict, "good": good}
        for name, live in spaces.items():
            declared.space(name, live)
            declared.room(f"of-{name}", space=name)
        operator.start()

        declared.wait("of-good", "Ready", "True Available")
        declared.wait("strict", "Reachable", "False Unauthorized", kind="Space")
        declared.wait("of-strict", "Synced", "False Failed")
        declared.wait("hanging", "Reachable", "False Unreachable", kind="Space")
        until(lambda: declared.condition("busy", "Reachable", "Space").startswith("False"))
        declared.set("of-good", layout="5x5")
        until(lambda: good.rooms["of-good"]["layout"] == "5x5")

        for live in (hanging, busy, strict):
            live.space.knobs = Settings()
        for name in spaces:
            declared.annotate(name, "Space", nudge="now")  # its pause may be a long one by now
        for name, live in spaces.items():
            declared.wait(f"of-{name}", "Ready", "True Available")
            assert set(live.rooms) == {f"of-{name}"}


def test_credentials_that_are_missing_are_told_and_taken_up(declared, live, operator):
    declared.make(
        "Space", "main", host=live.host, credentialsSecretRef={"name": "later"}, interval=10
    )
    declared.room("a")
    operator.start()
    declared.wait("main", "Ready", "False CredentialsMissing", kind="Space")

    declared.secret("later", project_id="p", api_token="t")

    declared.wait("a", "Ready", "True Available")


KILLED = (("kube-apiserver", "etcd"), ("kube-apiserver",), ("etcd",))


@pytest.mark.slow
def test_the_api_server_and_etcd_may_be_killed(tmp_path):
    chance = random.Random(20261130)
    with control_plane(tmp_path / "cluster") as plane, plane.api() as api:
        install(api, definitions(catalog.kinds()))
        until(lambda: is_served(api))
        declared = Declared(api, "default")
        with LiveSpace(latency=0.02).served() as live:
            declared.space("main", live)
            with Operator(plane, "default", folder=tmp_path):
                for round_, parts in zip(range(rounds(9)), itertools.cycle(KILLED), strict=False):
                    for number in range(ROOMS):
                        declared.room(f"r{round_}-{number}")
                    wanted = round_ * ROOMS + chance.randrange(1, ROOMS)
                    until(lambda wanted=wanted: len(live.rooms) >= wanted or None, pause=0.02)
                    for part in parts:
                        plane.kill(part)
                    for part in reversed(parts):
                        plane.start(part)
                    all_ready(declared, (round_ + 1) * ROOMS)
            check_made_once(declared, live, (round_ + 1) * ROOMS)


def test_a_retained_room_may_go_while_its_space_does_not_answer(declared, live, operator):
    declared.space("main", live)
    declared.room("a")
    declared.room("b")
    operator.start()
    declared.wait("a", "Ready", "True Available")
    live.space.knobs = Settings(faults=(Fault(action="status", status=503),))

    declared.set("a", deletionPolicy="Retain")
    declared.delete("a")

    until(lambda: declared.names() == {"b"})
    live.space.knobs = Settings()
    assert set(live.rooms) == {"a", "b"}


def test_a_space_that_was_deleted_while_no_operator_ran_waits_for_its_rooms(
    declared, live, operator
):
    declared.space("main", live)
    declared.room("a")
    declared.room("b")
    operator.start()
    declared.wait("b", "Ready", "True Available")
    operator.end()

    declared.delete("main", "Space")
    declared.delete("a")
    operator.start()

    until(lambda: declared.names() == {"b"})
    declared.wait("main", "Ready", "False InUse", kind="Space")
    operator.end(signal.SIGKILL)
    declared.annotate("main", "Space", allow_delete="1")
    declared.delete("b")
    operator.start()
    until(lambda: not declared.names("Space"))
    assert not declared.names()
    assert not live.rooms
    assert not declared.get("main-credentials", "Secret")["metadata"].get("finalizers")
