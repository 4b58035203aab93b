"""Crash-safe, private files: what is refused, and what a failure leaves."""

import os
import stat

import pytest

from reconciler.core.errors import StateError
from reconciler.state import safe_files
from reconciler.state.filesystem import SYSTEM_DISK, Status, SystemDisk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


class Counted(SystemDisk):
    """The real disk; it says what is called, may take a part of a write, and may fail."""

    def __init__(self, *, most=None, fails=""):
        self.calls = []
        self.most = most
        self.fails = fails

    def _call(self, name):
        self.calls.append(name)
        if name == self.fails:
            raise OSError(28, "No space left on device")

    def write(self, descriptor, content):
        self._call("write")
        return super().write(descriptor, content[: self.most])

    def sync(self, descriptor):
        self._call("sync")
        super().sync(descriptor)

    def replace(self, source, target):
        self._call("replace")
        super().replace(source, target)

    def sync_folder(self, path):
        self._call("sync_folder")
        super().sync_folder(path)

    def close(self, descriptor):
        self._call("close")
        super().close(descriptor)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "record"


def private(path, content=b"old"):
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def refusal(function, *arguments):
    with pytest.raises(StateError) as found:
        function(SYSTEM_DISK, *arguments)
    return found.value


# Reading


def test_a_missing_file_is_none(file):
    assert safe_files.read(SYSTEM_DISK, file) is None
    assert safe_files.check_private(SYSTEM_DISK, file) is None
    assert safe_files.status(SYSTEM_DISK, file) is None


def test_a_private_file_is_read_whole(file):
    content = bytes(range(256)) * 5_000  # more than is read at once
    assert safe_files.read(SYSTEM_DISK, private(file, content)) == content
    assert safe_files.check_private(SYSTEM_DISK, file).size == len(content)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o640, 0o620, 0o610])
def test_a_file_that_others_may_use_is_refused_with_the_command_that_mends_it(file, mode):
    private(file).chmod(mode)
    for function in (safe_files.read, safe_files.check_private, safe_files.open_lines):
        found = refusal(function, file)
        assert found.message == f"{file}: others may read or write the state (mode {mode:o})"
        assert found.hint.startswith(f"chmod 600 {file}")


@pytest.mark.parametrize(
    ("mode", "word"),
    [(0o666, ""), (0o607, "SMB"), (0o601, "SMB"), (0o660, "fsGroup"), (0o640, ""), (0o662, "")],
)
def test_a_mode_that_a_volume_gives_has_a_hint_of_its_own(file, mode, word):
    private(file).chmod(mode)
    hint = refusal(safe_files.read, file).hint
    assert [one for one in ("SMB", "fsGroup") if one in hint] == ([word] if word else [])


@pytest.mark.parametrize("make", ["link", "hard link", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused_and_not_opened(file, tmp_path, make):
    target = private(tmp_path / "target")
    if make == "link":
        file.symlink_to(target)
    elif make == "hard link":
        file.hardlink_to(target)
    elif make == "folder":
        file.mkdir()
    else:
        os.mkfifo(file, 0o600)
    for function in (safe_files.read, safe_files.check_private, safe_files.open_lines):
        assert "must be a plain file, not a link or device" in refusal(function, file).message
    assert target.read_bytes() == b"old"


def test_a_file_that_is_too_large_is_refused(file):
    private(file)
    os.truncate(file, safe_files.MAX_BYTES + 1)
    assert refusal(safe_files.read, file).message == (
        f"{file}: is larger than 64 MiB, too large for a state"
    )


def test_a_file_that_cannot_be_read_is_an_error_that_says_so(file):
    class Unreadable(SystemDisk):
        def read(self, *_, **__):
            raise OSError(5, "Input/output error")

    private(file)
    with pytest.raises(StateError, match=f"{file}: cannot be read: Input/output error"):
        safe_files.read(Unreadable(), file)
    with pytest.raises(StateError, match="cannot be read: Not a directory"):
        safe_files.status(SYSTEM_DISK, file / "below")


# Writing


def test_a_file_is_replaced_whole_and_durably(file):
    disk = Counted(most=3)
    safe_files.write_whole(disk, private(file), b"new content")
    assert file.read_bytes() == b"new content"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert disk.calls == ["write"] * 4 + ["sync", "close", "replace", "sync_folder"]
    assert [one.name for one in file.parent.iterdir()] == ["record"]


@pytest.mark.parametrize("fails", ["write", "sync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(file, fails):
    disk = Counted(fails=fails)
    with pytest.raises(OSError, match="No space left"):
        safe_files.write_whole(disk, private(file), b"new")
    assert file.read_bytes() == b"old"
    assert [one.name for one in file.parent.iterdir()] == ["record"]
    assert disk.calls.count("close") == 1


def test_a_disk_that_takes_nothing_is_a_failure(file):
    with pytest.raises(OSError, match="the write stopped early"):
        safe_files.write_whole(Counted(most=0), file, b"new")


def test_an_error_of_a_write_says_where_and_why(file):
    error = safe_files.write_error(file, OSError(28, "No space left on device"))
    assert error.message == f"{file}: cannot be written: No space left on device"
    bare = safe_files.write_error(file, OSError("odd"))
    assert bare.message == f"{file}: cannot be written: odd"


# Lines


def add(disk, file, text):
    descriptor, size = safe_files.open_lines(disk, file)
    safe_files.add_lines(disk, descriptor, text)
    disk.close(descriptor)
    return size


def test_lines_are_added_and_synced(file):
    disk = Counted()
    assert (add(disk, file, b"a\n"), add(disk, file, b"b\n")) == (0, 2)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"a\nb\n", 0o600)
    # The folder is synced for the new file alone.
    assert disk.calls == ["sync_folder", "write", "sync", "close", "write", "sync", "close"]


@pytest.mark.parametrize(
    ("content", "size"), [(b"a\nb\nhalf", 4), (b"half", 0), (b"a\n\n", 3), (b"", 0)]
)
def test_an_unfinished_line_is_removed(file, content, size):
    assert add(SYSTEM_DISK, private(file, content), b"c\n") == size
    assert file.read_bytes() == content[:size] + b"c\n"


def test_a_file_that_is_refused_is_closed(file):
    private(file).chmod(0o644)
    disk = Counted()
    with pytest.raises(StateError):
        safe_files.open_lines(disk, file)
    assert disk.calls == ["close"]


def test_opening_makes_a_file_only_where_that_is_asked_for(file):
    with pytest.raises(FileNotFoundError), safe_files.open_file(SYSTEM_DISK, file):
        pass
    assert not file.exists()
    disk = Counted()
    for _ in range(2):
        with safe_files.open_file(disk, file, create=True) as descriptor:
            assert disk.status_open(descriptor).size == 0
    assert disk.calls == ["sync_folder", "close", "close"]


def test_a_volume_on_which_new_files_are_open_to_all_is_refused_and_left_clean(file):
    class Open(SystemDisk):
        def status_open(self, descriptor):
            found = super().status_open(descriptor)
            return Status(found.mode | 0o777, found.links, found.size)

    with pytest.raises(StateError) as found, safe_files.open_file(Open(), file, create=True):
        pass
    assert "chmod has no effect on this volume" in found.value.message
    assert not file.exists()


# Folders


def test_folders_are_made_private_and_each_is_durable(tmp_path):
    disk, folder = Counted(), tmp_path / "a" / "b"
    safe_files.make_folders(disk, folder)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)] == [0o700] * 2
    assert disk.calls == ["sync_folder", "sync_folder"]
    safe_files.make_folders(disk, folder)
    assert len(disk.calls) == 2


@pytest.mark.parametrize(("mode", "refused"), [(0o755, False), (0o775, True), (0o702, True)])
def test_others_may_look_into_the_folder_and_not_write(tmp_path, mode, refused):
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(mode)
    if not refused:
        safe_files.check_folder(SYSTEM_DISK, folder)
        return
    found = refusal(safe_files.check_folder, folder)
    assert found.message == f"{folder}: others may put files beside the record (mode {mode:o})"
    assert found.hint.startswith(f"chmod go-w {folder}")


def test_a_folder_is_no_link_and_no_file_and_may_be_missing(tmp_path):
    safe_files.check_folder(SYSTEM_DISK, tmp_path / "missing")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    for name, what in (("link", "a link"), ("file", "no folder")):
        found = refusal(safe_files.check_folder, tmp_path / name)
        assert found.message.endswith(f"cannot be used for the record: it is {what}")


def test_a_volume_on_which_folders_are_open_to_all_is_refused(tmp_path):
    class Open(SystemDisk):
        def status(self, path):
            found = super().status(path)
            return Status(found.mode | 0o777, found.links, found.size)

    with pytest.raises(StateError, match="chmod has no effect on this volume"):
        safe_files.make_folders(Open(), tmp_path / "a")
    safe_files.make_folders(Open(), tmp_path / "a")  # what is there already is checked elsewhere
