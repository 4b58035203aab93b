"""Records on volumes that have modes of their own: group bits by consent, and no chmod at all."""

import os
import stat

import pytest

from reconciler.core.errors import StateError
from reconciler.state.backends.local import LocalState
from reconciler.state.filesystem import GROUP_DISK, Status, SystemDisk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class Windows(SystemDisk):
    """A volume on which everything is 777, whatever is asked for."""

    def _all(self, found):
        return Status(found.mode | 0o777, found.links, found.size)

    def status(self, path):
        return self._all(super().status(path))

    def status_open(self, descriptor):
        return self._all(super().status_open(descriptor))


class OpenFiles(Windows):
    """A volume on which the folder was made private by its mount, and files are 777."""

    def status(self, path):
        return SystemDisk.status(self, path) if path.is_dir() else super().status(path)


def applied(store):
    with store.lock(reason="apply", since="now"):
        store.write(store.read())


@pytest.fixture
def store(path):
    return LocalState(path, space="local", project="local", disk=GROUP_DISK)


def as_the_kubelet_mounts(folder):
    """Put the bits of an fsGroup on the volume, as each mount does."""
    folder.chmod(0o2770)
    for file in folder.iterdir():
        file.chmod(0o660)


def test_with_consent_the_own_group_may_read_and_write(path, store):
    applied(store)
    as_the_kubelet_mounts(path.parent)
    applied(store)

    assert store.read().serial == 2
    assert {mode(file) for file in path.parent.iterdir()} == {0o660}
    assert mode(path.parent) == 0o2770


def test_with_consent_others_may_not(path, store):
    applied(store)
    path.chmod(0o664)
    with pytest.raises(StateError, match=r"others may read or write the state \(mode 604\)"):
        store.read()
    path.chmod(0o660)
    path.parent.chmod(0o777)
    with pytest.raises(StateError, match="others may put files beside the record"):
        store.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_with_consent_a_group_that_is_not_ones_own_may_not(path, store):
    applied(store)
    os.chown(path, -1, 54321)
    path.chmod(0o660)
    with pytest.raises(StateError, match="others may read or write the state"):
        store.read()


def test_without_consent_the_way_to_it_is_told(path, local):
    applied(local)
    as_the_kubelet_mounts(path.parent)
    with pytest.raises(StateError) as refusal:
        local.read()
    assert "mode: group" in refusal.value.hint
    path.parent.chmod(0o700)
    with pytest.raises(StateError) as refusal:
        local.read()
    assert "mode: group" in refusal.value.hint


@pytest.mark.parametrize("disk", [Windows(), OpenFiles()], ids=["folder", "files"])
def test_where_chmod_has_no_effect_it_is_told_at_once_with_another_place(path, disk):
    store = LocalState(path, space="local", project="local", disk=disk)
    with pytest.raises(StateError, match="chmod has no effect on this volume") as refusal:
        applied(store)
    assert "state: git" in refusal.value.hint


def test_where_chmod_had_no_effect_the_next_run_names_another_place(path):
    path.parent.mkdir()
    with pytest.raises(StateError) as refusal:
        LocalState(path, space="local", project="local", disk=Windows()).read()
    assert "state: git" in refusal.value.hint
