"""Several files are written as one change, or are left as they were, whatever fails and whenever."""

import errno
import os
from pathlib import Path

import pytest

from reconciler.core.errors import ReconcilerError
from reconciler.files_as_one import Wanted, written_as_one

NEW = {"a.yaml": b"A", "b.yaml": None, "c.yaml": b"C", "d.yaml": b"D"}


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_bytes(name.encode())
    (tmp_path / "a.yaml").chmod(0o640)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(folder, wanted=None):
    return written_as_one({folder / name: Wanted(new) for name, new in (wanted or NEW).items()})


def failing(monkeypatch, owner, name, *, at, error, after=False):
    """Let the call number ``at`` of a function of the system fail, before or after its work."""
    real, calls = getattr(owner, name), []

    def called(*arguments, **named):
        calls.append(arguments)
        fails = at(len(calls)) if callable(at) else len(calls) == at
        result = real(*arguments, **named) if after or not fails else None
        if fails:
            raise error
        return result

    monkeypatch.setattr(owner, name, called)


def test_all_are_written_with_their_modes_and_links_stay(folder):
    (folder / "link.yaml").symlink_to("c.yaml")
    with change(folder, {"a.yaml": b"A", "b.yaml": None, "link.yaml": b"C", "d.yaml": b"D"}):
        pass
    assert (folder / "link.yaml").is_symlink()
    (folder / "link.yaml").unlink()
    assert contents(folder) == {"a.yaml": b"A", "c.yaml": b"C", "d.yaml": b"D"}
    assert (folder / "a.yaml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [ValueError("of the block"), KeyboardInterrupt()])
def test_what_fails_afterwards_restores_them(folder, error):
    before = contents(folder)
    seen = []

    def block():
        seen.append(contents(folder))
        raise error

    with pytest.raises(type(error)), change(folder):
        block()
    assert before not in seen
    assert contents(folder) == before


@pytest.mark.parametrize("at", range(1, 7))
def test_a_full_disk_leaves_all_as_it_was(folder, monkeypatch, at):
    before = contents(folder)
    failing(monkeypatch, os, "fsync", at=at, error=OSError(errno.ENOSPC, "full"))
    with pytest.raises(OSError, match="full") as failed, change(folder):
        pass
    assert contents(folder) == before
    assert failed.value.filename in {str(folder / name) for name in NEW}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "bad"), KeyboardInterrupt()])
def test_a_step_that_fails_or_is_interrupted_leaves_all_as_it_was(
    folder, monkeypatch, at, after, error
):
    before = contents(folder)
    failing(monkeypatch, Path, "replace", at=at, error=error, after=after)
    with pytest.raises(type(error)), change(folder):
        pass
    assert contents(folder) == before


def test_what_cannot_be_restored_is_named_and_its_copy_stays(folder, monkeypatch):
    bad = OSError(errno.EIO, "bad")
    failing(monkeypatch, Path, "replace", at=lambda number: number > 1, error=bad)
    with (
        pytest.raises(ReconcilerError, match="not all of them could be restored") as failed,
        change(folder),
    ):
        pass
    copies = [path for path in folder.iterdir() if path.suffix == ".new"]
    assert {path.read_bytes() for path in copies} == {b"a", b"b", b"c"}
    assert all(str(path) in failed.value.hint for path in copies)


def test_a_copy_that_cannot_be_removed_is_no_failure(folder, monkeypatch):
    failing(monkeypatch, Path, "unlink", at=lambda n: n > 1, error=OSError(errno.EIO, "bad"))
    with change(folder):
        pass
    assert (folder / "a.yaml").read_bytes() == b"A"


def test_an_interrupt_while_files_are_restored_leaves_the_copies(folder, monkeypatch):
    failing(monkeypatch, Path, "replace", at=lambda number: number > 1, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt), change(folder):
        pass
    copies = {path.read_bytes() for path in folder.iterdir() if path.suffix == ".new"}
    assert {b"a", b"b", b"c"} <= copies
