"""Lists that are asked for while the manifests are read: only where the Space was asked before, and never of any consequence."""

import os
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, room

LOOKS = [["plan", MANIFESTS], ["drift", MANIFESTS]]
looks = pytest.mark.parametrize("arguments", LOOKS, ids=lambda arguments: arguments[0])
BAD = room("lobby", layuot="3x3")


@pytest.fixture
def sent(space):
    """What was sent since it was asked last."""
    mark = [0]

    def since():
        requests = space.space.requests
        fresh, mark[0] = requests[mark[0] :], len(requests)
        return fresh

    return since


def files():
    return {path: path.read_bytes() for path in Path(".reconciler").rglob("*") if path.is_file()}


@looks
def test_before_a_space_was_ever_asked_nothing_is_sent_for_bad_manifests(
    reconciler, declare, sent, arguments
):
    declare(BAD)
    assert (reconciler(*arguments).code, sent()) == (1, [])


@looks
@pytest.mark.parametrize("token", [None, "", "wrong-token-of-somebody"])
def test_bad_manifests_are_told_alone_and_change_nothing(
    reconciler, declare, apply, sent, monkeypatch, arguments, token
):
    apply(room("lobby", layout="3x3"))
    before, _ = files(), sent()
    declare(BAD)
    if token is not None:
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", token)
    code, out, err = reconciler(*arguments)
    assert (code, out, "layuot" in err, "token" in err, files()) == (1, "", True, False, before)
    assert {request.method for request in sent()} <= {"GET"}


@looks
@pytest.mark.usefixtures("space")
def test_a_space_that_is_down_says_nothing_beside_what_is_wrong_with_the_manifests(
    reconciler, declare, apply, monkeypatch, arguments
):
    apply(room("lobby", layout="3x3"))
    asked = threading.Event()

    def refused(*_, **__):
        asked.set()
        raise ConnectionRefusedError

    def write_when_the_space_has_refused():
        assert asked.wait(10)
        Path("late.yaml").write_text(Path(MANIFESTS).read_text())

    declare(BAD)
    os.mkfifo("late.yaml")
    monkeypatch.setattr(socket, "create_connection", refused)
    writer = threading.Thread(target=write_when_the_space_has_refused)
    writer.start()
    code, out, err = reconciler(arguments[0], "late.yaml")
    writer.join()
    assert (code, out, "layuot" in err, "reached" in err) == (1, "", True, False)


@looks
def test_each_list_is_read_once(done, apply, sent, arguments):
    apply(room("lobby", layout="3x3"))
    sent()
    assert "lobby" not in done(*arguments).out
    assert set(Counter(request.path for request in sent()).values()) == {1}


@looks
def test_what_a_bad_token_gets_is_told_once_the_manifests_are_right(
    reconciler, apply, serving, monkeypatch, arguments
):
    serving(credentials=("project", "PTcanary-of-every-test"))
    apply(room("lobby", layout="3x3"))
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "wrong-token-of-somebody")
    code, out, err = reconciler(*arguments)
    assert (code, out, "does not accept the credentials" in err) == (1, "", True)


def test_an_apply_of_bad_manifests_sends_nothing(reconciler, declare, apply, sent):
    apply(room("lobby", layout="3x3"))
    sent()
    declare(BAD)
    assert (reconciler("apply", MANIFESTS, "--yes").code, sent()) == (1, [])
