"""What dev.py gives the tests to be fast: byte code that is kept, and folders in memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import running_tests


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"A": "1"}, {"A": "1"}),
        ({"PYTHONDONTWRITEBYTECODE": ""}, {}),
        ({"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONPYCACHEPREFIX": "cache"}),
        (
            {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/mine"},
            {"PYTHONPYCACHEPREFIX": "/mine"},
        ),
    ],
)
def test_byte_code_is_kept_where_the_user_lets_it(tmp_path, environ, expected):
    expected = {
        name: str(tmp_path) if value == "cache" else value for name, value in expected.items()
    }

    assert running_tests.with_bytecode(environ, tmp_path) == expected


def test_nothing_is_written_beside_the_source_of_a_user_who_wants_none(tmp_path):
    source, cache = tmp_path / "source", tmp_path / "cache"
    source.mkdir()
    (source / "module.py").write_text("")
    environ = running_tests.with_bytecode(os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, cache)
    environ["PYTHONPYCACHEPREFIX"] = str(cache)

    subprocess.run([sys.executable, "-c", "import module"], cwd=source, env=environ, check=True)

    assert [file.name for file in source.iterdir()] == ["module.py"]
    assert len(list(cache.rglob("module.*.pyc"))) == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "cache"},
        {"PYTHONPYCACHEPREFIX": "cache"},
    ],
)
def test_byte_code_is_kept_in_one_folder_wherever_a_process_starts(tmp_path, monkeypatch, environ):
    monkeypatch.chdir(tmp_path)

    found = running_tests.with_bytecode(environ, Path("cache"))

    assert found == {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}


def test_a_folder_in_memory_is_gone_at_the_end(tmp_path):
    with running_tests.folder_in_memory(tmp_path, room=1) as folder:
        assert folder.parent == tmp_path
        assert list(folder.iterdir()) == []
        (folder / "left").mkdir()

    assert list(tmp_path.iterdir()) == []


def test_without_room_or_such_a_folder_there_is_none(tmp_path):
    with running_tests.folder_in_memory(tmp_path, room=1 << 80) as folder:
        assert folder is None
    with running_tests.folder_in_memory(tmp_path / "none", room=1) as folder:
        assert folder is None


def test_where_no_program_runs_there_is_none(tmp_path, monkeypatch):
    def no_right(_command):
        raise PermissionError

    monkeypatch.setattr(subprocess, "call", no_right)

    with running_tests.folder_in_memory(tmp_path, room=1) as folder:
        assert folder is None

    assert list(tmp_path.iterdir()) == []
