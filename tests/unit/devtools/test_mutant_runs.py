import gc
import importlib.util
import os
import signal
import sys
import threading
from types import SimpleNamespace

import pytest

from devtools import mutant_runs
from devtools.mutant_runs import Outcome, Swapping, forked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU times are read from /proc")


def said(pipe):
    os.write(pipe, b"test_a (call): wrong")
    return 1


def stopped(_):
    os.kill(os.getpid(), signal.SIGVTALRM)
    return 0


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        (lambda _: 0, Outcome("survived")),
        (said, Outcome("killed", "test_a (call): wrong")),
        (lambda _: 3, Outcome("killed", "exit 3")),
        (stopped, Outcome("endless")),
    ],
)
def test_what_becomes_of_a_mutant(work, outcome):
    assert forked(work) == outcome


def test_a_wait_without_end_is_noticed(monkeypatch):
    monkeypatch.setattr(mutant_runs, "_IDLE_SECONDS", 0.1)
    assert forked(lambda _: int(threading.Event().wait())) == Outcome("endless")


def test_functions_are_found_though_the_collector_no_longer_looks_at_them(tmp_path):
    path = tmp_path / "reconciler" / "one.py"
    path.parent.mkdir()
    path.write_text("def one():\n    return 1\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("one", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    gc.freeze()
    swapping = Swapping(lambda _: None, {})
    swapping.pytest_runtestloop(SimpleNamespace(items=[]))
    assert swapping.functions[str(path), "one", 1] == [module.one]
