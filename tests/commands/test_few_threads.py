"""A machine that can start few threads: plain words, and nothing is lost."""

import threading

import pytest

from tests.commands.words import MANIFESTS, counts, rooms


@pytest.fixture
def few_threads(monkeypatch):
    """Let only so many more threads be started, as a limit on processes does; gives the function that lifts it again."""

    def limited(most):
        start, begun = threading.Thread.start, []

        def start_if_there_is_room(thread):
            if len(begun) >= most:
                raise RuntimeError("can't start new thread")
            begun.append(thread)
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", start_if_there_is_room)
        return lambda: monkeypatch.setattr(threading.Thread, "start", start)

    return limited


@pytest.mark.parametrize("most", [0, 1, 2, 3, 4, 6, 8, 11, 14])
def test_without_threads_an_apply_says_so_and_the_next_goes_on(
    local, apply, declare, reconciler, done, plan, few_threads, most
):
    apply(*rooms("old-a", "old-b"))
    declare(*rooms("a", "b", "c", "d"))

    lift = few_threads(most)
    code, out, err = reconciler(
        "apply", MANIFESTS, "--yes", "--allow-delete", "Room=2", "--parallel", "4"
    )
    lift()

    assert code in (0, 1, 4)
    if code == 1:
        assert "error: this machine can start no more threads\n" in err
        assert local.names() == {"Room/old-a", "Room/old-b"}
    if code == 4:
        assert "this machine can start no more threads\n" in err
    if code != 0:
        assert "lower --parallel" in err
    assert "bug" not in out + err
    done("apply", MANIFESTS, "--yes", "--allow-delete", "Room=2")
    assert plan()["summary"] == counts(noop=4)
    assert local.names() == {"Room/a", "Room/b", "Room/c", "Room/d"}
