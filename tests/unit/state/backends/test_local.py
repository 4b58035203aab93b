import os
import stat

import pytest

from reconciler.core.errors import Refused, StateError
from reconciler.state import safe_files
from reconciler.state.backends.local import BACKUPS, LocalState
from reconciler.state.decode import decode_state
from reconciler.state.filesystem import SystemDisk
from reconciler.state.record import Entry, encode_state, new_state
from tests.unit.core.worlds import applied, records

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
A1 = applied("Room", "a", 1)


def mode(path):
    return path.stat().st_mode & 0o777


def test_where_there_is_no_file_the_record_is_new_and_nothing_is_written(local, path):
    state = local.read()
    assert (
        state.serial,
        dict(state.resources),
        state.space,
        state.project,
        path.parent.exists(),
    ) == (0, {}, "local", "local", False)


def test_what_is_written_is_read(local):
    written = local.write(local.read().with_entries(Entry(A1)))
    assert (local.read(), written.serial) == (written, 1)


def test_each_write_counts_one_up(local):
    state = local.read()
    for serial in (1, 2, 3):
        state = local.write(state)
        assert (state.serial, local.read().serial) == (serial, serial)


def test_who_read_an_older_one_may_not_write(local):
    first = local.write(local.read())
    local.write(first)
    with pytest.raises(
        StateError, match=r"was changed by another run \(serial 2, this run read 1\)"
    ):
        local.write(first)
    assert local.read().serial == 2


def test_two_first_runs_do_not_write_over_each_other(local, path):
    other = LocalState(path, space="local", project="local")
    mine, theirs = local.read(), other.read()
    local.write(mine.with_entries(Entry(A1)))
    with pytest.raises(StateError, match="was changed by another run"):
        other.write(theirs)
    assert local.read().resources == records(A1)


def test_the_last_versions_stand_beside_it(local, path):
    state = local.read()
    for _ in range(BACKUPS + 3):
        state = local.write(state)
    beside = {number: path.with_name(f"{path.name}.{number}") for number in range(1, BACKUPS + 2)}
    serials = {
        number: decode_state(file.read_text(), where="").serial
        for number, file in beside.items()
        if file.exists()
    }
    assert serials == {number: state.serial - number for number in range(1, BACKUPS + 1)}


def test_nothing_else_is_left_lying_about(local, path):
    for _ in range(2):
        local.write(local.read())
    with local.lock(reason="apply", since="now"):
        local.note(local.read(), Entry(A1))
    assert sorted(file.name.removeprefix(path.name) for file in path.parent.iterdir()) == [
        "",
        ".1",
        ".journal",
        ".lock",
        ".mark",
    ]


@POSIX
def test_nobody_else_may_read_any_of_it(local, path):
    for _ in range(2):
        local.write(local.read())
    with local.lock(reason="apply", since="now"):
        local.note(local.read(), Entry(A1))
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}
    assert mode(path.parent) == 0o700


@POSIX
@pytest.mark.parametrize("suffix", ["", ".journal"])
@pytest.mark.parametrize("loose", [0o644, 0o660, 0o602])
def test_what_others_may_read_or_write_is_not_used(local, path, suffix, loose):
    local.note(local.write(local.read()), Entry(A1))
    file = path.with_name(path.name + suffix)
    file.chmod(loose)
    with pytest.raises(
        StateError, match=rf"others may read or write the state \(mode {loose:o}\)"
    ) as refusal:
        local.read()
    assert refusal.value.hint.startswith(f"chmod 600 {file}")


@POSIX
@pytest.mark.parametrize("suffix", ["", ".journal"])
@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_link_in_its_place_is_not_used(local, path, tmp_path, suffix, link):
    local.note(local.write(local.read()), Entry(A1))
    file = path.with_name(path.name + suffix)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    getattr(file, link)(elsewhere)
    with pytest.raises(StateError, match="this must be a plain file, not a link or device"):
        local.read()


@POSIX
def test_a_link_to_nowhere_is_not_a_missing_file(local, path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(StateError, match="this must be a plain file"):
        local.read()


@POSIX
def test_a_folder_in_its_place_is_not_used(local, path):
    path.mkdir(parents=True)
    with pytest.raises(StateError, match="this must be a plain file"):
        local.read()


@pytest.mark.parametrize(
    "do",
    [lambda local: local.read(), lambda local: local.write(new_state("local", "local"))],
    ids=["read", "write"],
)
def test_a_file_where_its_folder_should_be_is_told_in_words(tmp_path, do):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot be|plain file"):
        do(LocalState(tmp_path / "file" / "state.json", space="local", project="local"))


def test_a_file_where_its_folder_should_be_cannot_be_locked(tmp_path):
    (tmp_path / "file").write_text("")
    state = LocalState(tmp_path / "file" / "state.json", space="local", project="local")
    with (
        pytest.raises(StateError, match="cannot be used for the record: it is no folder"),
        state.lock(reason="apply", since="now"),
    ):
        pass


@pytest.mark.parametrize(
    ("space", "project"), [("other.signalwire.com", "local"), ("local", "other")]
)
def test_the_record_of_another_space_or_project_is_not_used(local, path, space, project):
    local.write(local.read())
    with pytest.raises(StateError) as refusal:
        LocalState(path, space=space, project=project).read()
    assert (
        f"this state belongs to project local on local, and you are on {space} with project {project}"
        in refusal.value.message
    )


def test_a_record_that_was_rolled_back_is_refused_until_it_is_put_in_place_on_purpose(local, path):
    first = local.write(local.read().with_entries(Entry(A1)))
    old = path.read_bytes()
    local.write(local.write(first))
    path.write_bytes(old)
    with pytest.raises(
        StateError, match=r"was rolled back to an older copy \(serial 1; the last one had 3\)"
    ):
        local.read()
    pushed = local.push(decode_state(old.decode(), where="old"))
    assert (local.read(), pushed.serial) == (pushed, 4)


def test_a_record_of_another_history_is_not_pushed_over_this_one(local):
    local.write(local.read())
    with pytest.raises(StateError, match="another history"):
        local.push(new_state("local", "local"))


def test_the_lock_of_a_dead_run_is_cleared_and_that_of_a_living_one_is_not(local, path):
    with local.lock(reason="apply", since="now"), pytest.raises(Refused, match="still running"):
        local.unlock()
    path.with_name(f"{path.name}.lock").write_text(
        '{"user": "ada", "host": "h", "process": 7, "since": "then", "reason": "apply"}'
    )
    assert (local.unlock(), local.unlock()) == ("ada on h (process 7) since then, for apply", "")


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"", b"not json"])
def test_what_cannot_be_read_is_refused_and_never_taken_for_nothing(local, path, raw):
    written = local.write(local.read())
    path.write_bytes(raw)
    for attempt in (local.read, lambda: local.write(written)):
        with pytest.raises(StateError):
            attempt()
    assert path.read_bytes() == raw


@POSIX
def test_a_write_that_fails_leaves_the_old_record(local, path, monkeypatch):
    written = local.write(local.read().with_entries(Entry(A1)))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="cannot be written: No space left on device"):
        local.write(written)
    monkeypatch.undo()
    assert local.read() == written
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".tmp")] == []


@POSIX
def test_a_journal_that_cannot_be_kept_says_so(local, monkeypatch):
    written = local.write(local.read())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StateError, match="cannot be written: No space left on device"):
        local.note(written, Entry(A1))


def test_any_text_that_a_manifest_can_hold_can_be_kept(local):
    record = applied(
        "Room",
        "a",
        1,
        meta={"team": "Ünï\u2028\U0001f600 \x7f", "": None},
        description="\u0000\u0085",
    )
    written = local.write(local.read().with_entries(Entry(record)))
    assert local.read() == written == decode_state(encode_state(written), where="")


def test_one_run_at_a_time(local, path):
    with (
        local.lock(reason="apply", since="2027-01-01T00:00:00Z"),
        pytest.raises(Refused, match="since 2027-01-01T00:00:00Z, for apply"),
        LocalState(path, space="local", project="local").lock(reason="destroy", since="now"),
    ):
        pass


# The record is gone


def remains(path):
    return sorted(
        file.name.removeprefix(path.name)
        for file in path.parent.iterdir()
        if not file.name.endswith(".lock")
    )


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ((".mark",), "its mark is still there"),
        ((".1", ".2"), "its backups are still there"),
        ((".journal", ".mark", ".2"), "its journal and its mark and its backups are still there"),
    ],
)
def test_a_record_that_is_gone_while_something_of_it_is_there_is_no_beginning(
    local, path, kept, told
):
    state = local.write(local.write(local.write(local.read().with_entries(Entry(A1)))))
    local.note(state, Entry(A1))
    for suffix in remains(path):
        if suffix not in kept:
            path.with_name(path.name + suffix).unlink()
    with pytest.raises(StateError) as refusal:
        local.read()
    assert refusal.value.message == f"{path} is missing, but {told}"
    newest = next((suffix for suffix in kept if suffix[1:].isdigit()), None)
    assert (f"reconciler state push {path}{newest}" in refusal.value.hint) == (newest is not None)
    assert f"move {path}.* to another folder" in refusal.value.hint


def test_the_newest_backup_puts_it_right(local, path):
    local.write(local.write(local.read().with_entries(Entry(A1))))
    path.unlink()
    pushed = local.push(decode_state(path.with_name(f"{path.name}.1").read_text(), where=""))
    assert (local.read(), pushed.serial) == (pushed, 3)


def test_where_nothing_is_left_it_is_a_beginning(local, path):
    local.write(local.read().with_entries(Entry(A1)))
    for file in path.parent.iterdir():
        file.unlink()
    assert (local.read().serial, dict(local.read().resources)) == (0, {})


@pytest.mark.parametrize("mark", [b"", b"x", b"\xff 1", b"a b\n"])
def test_a_mark_that_says_nothing_is_refused_until_the_record_is_put_in_place_on_purpose(
    local, path, mark
):
    state = local.write(local.read().with_entries(Entry(A1)))
    path.with_name(f"{path.name}.mark").write_bytes(mark)
    with pytest.raises(StateError, match="does not say which version") as refusal:
        local.read()
    assert "state push" in refusal.value.hint
    pushed = local.push(state)
    assert local.read() == pushed


# The folder and what may stand in it


@POSIX
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_whatever_the_umask_all_of_it_is_ours_alone(local, path, mask):
    before = os.umask(mask)
    try:
        with local.lock(reason="apply", since="now"):
            local.note(local.write(local.write(local.read())), Entry(A1))
    finally:
        os.umask(before)
    assert ({mode(file) for file in path.parent.iterdir()}, mode(path.parent)) == ({0o600}, 0o700)


EVERYTHING = {
    "read": lambda local: local.read(),
    "write": lambda local: local.write(new_state("local", "local")),
    "lock": lambda local: local.lock(reason="apply", since="now").__enter__(),
}
every_way_in = pytest.mark.parametrize("do", EVERYTHING.values(), ids=EVERYTHING)


@POSIX
@every_way_in
def test_a_folder_that_is_a_link_is_not_used(path, local, tmp_path, do):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    path.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="it is a link"):
        do(local)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@POSIX
@every_way_in
@pytest.mark.parametrize("loose", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_is_not_used(path, local, do, loose):
    path.parent.mkdir()
    path.parent.chmod(loose)
    with pytest.raises(
        StateError, match=f"others may put files beside the record \\(mode {loose:o}\\)"
    ) as refusal:
        do(local)
    assert refusal.value.hint.startswith(f"chmod go-w {path.parent}")
    assert list(path.parent.iterdir()) == []


@POSIX
@pytest.mark.parametrize("suffix", ["", ".journal", ".mark", ".lock", ".1"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_pipe_or_device_is_never_waited_for_nor_read(local, path, suffix, kind):
    state = local.write(local.write(local.read()))
    spot = path.with_name(path.name + suffix)
    spot.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(spot, 0o600)
    elif kind == "folder":
        spot.mkdir()
    else:
        try:
            os.mknod(spot, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # an endless one
        except PermissionError:
            pytest.skip("only root makes devices")

    def use():
        with local.lock(reason="apply", since="now"):
            local.note(local.read(), Entry(A1))
            local.write(state)

    if suffix == ".1":
        use()
        assert local.read().serial == 3
    else:
        with pytest.raises(StateError):
            use()


@pytest.mark.parametrize("suffix", ["", ".journal", ".mark"])
def test_what_is_too_large_to_be_a_state_is_not_read(local, path, suffix):
    local.note(local.write(local.read()), Entry(A1))
    with path.with_name(path.name + suffix).open("r+b") as file:
        file.truncate(safe_files.MAX_BYTES + 1)
    with pytest.raises(StateError, match="is larger than 64 MiB, too large for a state"):
        local.read()


def test_a_journal_is_not_made_larger_than_can_be_read(local, path, monkeypatch):
    state = local.write(local.read())
    local.note(state, Entry(A1))
    journal = path.with_name(f"{path.name}.journal")
    size = journal.stat().st_size
    monkeypatch.setattr(safe_files, "MAX_BYTES", 2 * size - 1)
    with pytest.raises(StateError, match="is full"):
        local.note(state, Entry(A1))
    monkeypatch.setattr(safe_files, "MAX_BYTES", 2 * size)
    local.note(state, Entry(A1))
    monkeypatch.undo()
    assert journal.stat().st_size == 2 * size
    assert local.read().resources == records(A1)


def test_a_full_journal_says_how_large_it_may_be(local, path):
    state = local.write(local.read())
    local.note(state, Entry(A1))
    journal = path.with_name(f"{path.name}.journal")
    with journal.open("r+b") as file:  # a sparse file, whose last byte ends a line
        file.seek(safe_files.MAX_BYTES - 1)
        file.write(b"\n")
    with pytest.raises(StateError) as refusal:
        local.note(state, Entry(A1))
    assert (refusal.value.message, refusal.value.hint) == (
        f"{journal}: the journal of this run is full (64 MiB)",
        "run the same command again: what was done so far is recorded",
    )


class Elsewhere(SystemDisk):
    """A disk whose files are in another folder than their paths say."""

    def __init__(self, named, folder):
        self.named, self.folder = named, folder

    def there(self, path):
        inside = path.is_relative_to(self.named)
        return self.folder / path.relative_to(self.named) if inside else path

    def status(self, path):
        return super().status(self.there(path))

    def open(self, path, *, create=False):
        return super().open(self.there(path), create=create)

    def replace(self, source, target):
        super().replace(self.there(source), self.there(target))

    def unlink(self, path):
        super().unlink(self.there(path))

    def make_folder(self, path):
        super().make_folder(self.there(path))

    def sync_folder(self, path):
        super().sync_folder(self.there(path))


def test_a_state_is_only_on_the_disk_that_it_was_given(tmp_path):
    named, folder = tmp_path / "named", tmp_path / "folder"
    folder.mkdir()
    path = named / "own" / "x.state.json"
    state = LocalState(path, space="local", project="local", disk=Elsewhere(named, folder))
    with state.lock(reason="apply", since="now"), pytest.raises(Refused, match="still running"):
        state.unlock()
    written = state.write(state.read().with_entries(Entry(A1)))
    state.note(written, Entry(removed=A1))
    assert state.read().resources == {}
    last = state.push(state.write(state.read()))
    with (folder / "own" / "x.state.json.lock").open("w") as lock:
        lock.write('{"user": "ada", "host": "h", "process": 7, "since": "then", "reason": "a"}')
    assert state.unlock() == "ada on h (process 7) since then, for a"
    assert (state.read(), last.serial) == (last, 3)
    beside = ["", ".1", ".2", ".lock", ".mark"]
    assert sorted(file.name for file in (folder / "own").iterdir()) == [
        f"x.state.json{suffix}" for suffix in beside
    ]
    assert not named.exists()


@POSIX
def test_every_refusal_says_what_to_do(local, path, monkeypatch):
    state = local.write(local.read())

    def full(*_):
        raise OSError(28, "No space left on device")

    def hint(do):
        with pytest.raises(StateError) as refusal:
            do(local)
        return refusal.value.hint

    ways = (*EVERYTHING.values(), lambda local: local.note(state, Entry(A1)))
    with monkeypatch.context() as broken:
        broken.setattr(os, "open", full)
        assert [way for way in ways if not hint(way)] == []


def test_a_record_that_cannot_be_read_replaces_no_backup(local, path):
    first = local.write(new_state("local", "local"))
    second = local.write(first)
    backup = path.with_name(f"{path.name}.1").read_bytes()
    path.write_bytes(path.read_bytes().replace(b'"serial": 2', b'"serial": 9'))
    damaged = path.read_bytes()
    pushed = local.push(second)
    assert local.read() == pushed
    assert path.with_name(f"{path.name}.1").read_bytes() == backup
    assert path.with_name(f"{path.name}.damaged").read_bytes() == damaged
    assert not path.with_name(f"{path.name}.2").exists()
