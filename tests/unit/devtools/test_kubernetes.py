"""Where the API server of the tests comes from, and what is said where it cannot be built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import kubernetes

ROOT = Path(__file__).parents[3]


def run(tmp_path, **variables):
    """``python -m devtools.kubernetes`` with an empty cache: exit code and the last line."""
    ran = subprocess.run(
        [sys.executable, "-m", "devtools.kubernetes"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, (ran.stdout + ran.stderr).splitlines()[-1]


def a_go(tmp_path, script):
    """A folder with a go command that does ``script``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "go").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "go").chmod(0o755)
    return str(folder)


def test_without_go_it_says_so_with_an_exit_code_of_its_own(tmp_path):
    assert run(tmp_path, PATH=str(tmp_path)) == (3, "Kubernetes for the tests: Go is not installed")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo go1.19.8", "and this is go1.19.8"),
        ("echo 'go.mod requires go >= 1.26.0 (running go 1.21.0)' >&2; exit 1", "running go 1.21"),
    ],
)
def test_with_an_old_go_it_says_which_one_is_needed(tmp_path, script, told):
    code, words = run(tmp_path, PATH=a_go(tmp_path, script))
    assert (code, told in words, "Go 1.26.0 or newer is needed" in words) == (3, True, True)


def test_an_error_of_the_build_is_not_a_reason_to_skip(tmp_path):
    go = a_go(tmp_path, '[ "$1" = build ] && exit 1; echo go1.99.0')
    code, _ = run(tmp_path, PATH=go)
    assert code not in {0, 3}
    assert list((tmp_path / "cache").rglob("*.part")) == []


def test_modules_that_cannot_be_fetched_are_a_reason_to_skip(tmp_path):
    script = 'if [ "$1" = env ]; then echo go1.99.0; else echo no route >&2; exit 1; fi'
    code, words = run(tmp_path, PATH=a_go(tmp_path, script))
    assert (code, words) == (
        3,
        "Kubernetes for the tests: the Go modules cannot be fetched: no route",
    )


def test_what_a_test_says_where_it_is_not_built(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kubernetes.why_missing("etcd") == (
        "etcd: not built: run python3 -m devtools.kubernetes, which needs Go 1.26.0 or newer"
    )
    assert kubernetes.version() in kubernetes.folder().name
