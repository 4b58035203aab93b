"""Files that commands write: whole or not at all, and in words why not."""

import errno

import pytest

from reconciler.atomic_write import why_unwritable, write_whole


def a_missing_folder(folder):
    return folder / "no" / "plan.json"


def a_file_as_folder(folder):
    (folder / "taken").write_text("")
    return folder / "taken" / "plan.json"


def a_folder(folder):
    (folder / "plan.json").mkdir()
    return folder / "plan.json"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (a_missing_folder, "its folder does not exist"),
        (a_file_as_folder, "a file stands where its folder should be"),
        (a_folder, "it is a folder"),
    ],
)
def test_why_a_file_cannot_be_written(tmp_path, place, why):
    path = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises((FileNotFoundError, NotADirectoryError, IsADirectoryError)) as failed:
        write_whole(path, b"plan")

    told, fix = why_unwritable(failed.value)
    assert told == why
    assert fix
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (FileExistsError(errno.EEXIST, "File exists"), "a file stands where its folder should be"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (OSError(), "OSError"),
    ],
)
def test_reasons_of_the_system_are_told_with_a_fix(error, why):
    told, fix = why_unwritable(error)
    assert told == why
    assert fix
