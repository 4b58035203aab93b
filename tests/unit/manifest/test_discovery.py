import os
import socket
import subprocess
import sys

import pytest

from reconciler.manifest import discovery

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: %s}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, name="r"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ROOM % name)


def told(loaded):
    return [(str(problem.place), problem.message) for problem in loaded.problems]


def test_a_folder_is_searched_in_name_order(here, load_paths):
    for number, name in enumerate(("b.yaml", "a/z.yml", "a/y/x.json", "c.yaml/d.yaml", "E.YAML")):
        write(here / "rooms" / name, f"r{number}")
    (here / "rooms/a/y/x.json").write_text(
        '{"apiVersion": "reconciler.dev/v1", "kind": "Room", "metadata": {"name": "j"}}'
    )
    for skipped in (".hidden.yaml", ".git/x.yaml", "notes.txt", "reconciler.yaml"):
        write(here / "rooms" / skipped, "skipped")
    names = ("E.YAML", "a/y/x.json", "a/z.yml", "b.yaml", "c.yaml/d.yaml")
    assert load_paths("rooms").files == tuple(f"rooms/{name}" for name in names)
    assert load_paths("rooms/").files == tuple(f"rooms/{name}" for name in names)
    assert load_paths(here / "rooms").files == tuple(f"{here}/rooms/{name}" for name in names)
    os.chdir(here / "rooms")
    assert load_paths(".").files == names


def test_what_is_reached_twice_is_read_once(here, load_paths):
    write(here / "a.yaml")
    (here / "b.yaml").symlink_to("a.yaml")
    (here / "again").symlink_to(here, target_is_directory=True)
    loaded = load_paths("a.yaml", "./a.yaml", ".", "b.yaml")
    assert (loaded.files, loaded.problems) == (("a.yaml",), ())


def test_what_is_absent_is_never_empty(here, load_paths):
    (here / "empty").mkdir()
    (here / "other").mkdir()
    (here / "other/notes.txt").touch()
    (here / "blank.yaml").write_text("# nothing\n---\n")
    loaded = load_paths("missing.yaml", "empty", "other", "blank.yaml", "blank.yaml/below", "nul\0")
    assert loaded.desired == ()
    assert told(loaded) == [
        ("blank.yaml:1:1", "there is no resource in this file"),
        ("blank.yaml/below:1:1", "this cannot be read: Not a directory"),
        ("empty", "there is no manifest in this folder"),
        ("missing.yaml", "there is no such file or folder"),
        (r"nul\x00:1:1", "this cannot be read: a file cannot have such a name"),
        ("other", "there is no manifest in this folder"),
    ]


def test_no_path_at_all(load_paths):
    assert told(load_paths()) == [(".", "no PATH is given")]


def test_the_project_file_is_no_manifest(here, load_paths):
    (here / "reconciler.yaml").write_text("vars: {}\n")
    assert told(load_paths("reconciler.yaml")) == [
        ("reconciler.yaml:1:1", "this is the project file, not a manifest")
    ]


def test_links_must_stay_inside(here, load_paths):
    write(here / "outside/a.yaml")
    write(here / "in/b.yaml")
    (here / "in/a.yaml").symlink_to(here / "outside/a.yaml")
    (here / "in/folder").symlink_to(here / "outside")
    (here / "in/passwd.yaml").symlink_to("/etc/passwd")
    (here / "in/nowhere.yaml").symlink_to("nothing")
    (here / "in/loop.yaml").symlink_to("loop.yaml")
    loaded = load_paths("in")
    assert loaded.files == ("in/b.yaml",)
    assert [place for place, _ in told(loaded)] == [
        f"in/{name}:1:1"
        for name in ("a.yaml", "folder", "loop.yaml", "nowhere.yaml", "passwd.yaml")
    ]


def test_a_link_named_by_the_user_is_followed(here, load_paths):
    write(here / "outside/a.yaml")
    (here / "a.yaml").symlink_to("outside/a.yaml")
    (here / "in").symlink_to("outside")
    assert load_paths("a.yaml").files == ("a.yaml",)
    assert load_paths("in").files == ("in/a.yaml",)


def test_only_regular_files_are_read(here, load_paths):
    os.mkfifo(here / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.yaml")
        loaded = load_paths(".", "pipe.yaml", "/dev/null")
    assert told(loaded) == [
        ("/dev/null:1:1", "this cannot be read: it is a device, not a regular file"),
        ("pipe.yaml:1:1", "this cannot be read: it is a pipe, not a regular file"),
        ("socket.yaml:1:1", "this cannot be read: No such device or address"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_unreadable_files_and_folders(here, load_paths):
    write(here / "a.yaml")
    write(here / "folder/b.yaml")
    (here / "a.yaml").chmod(0)
    (here / "folder").chmod(0)
    try:
        assert [place for place, _ in told(load_paths("."))] == ["a.yaml:1:1", "folder:1:1"]
    finally:
        (here / "folder").chmod(0o700)


def test_files_and_bytes_are_limited(here, load_paths):
    with (here / "large.yaml").open("wb") as file:
        file.truncate(discovery.MAX_FILE_BYTES + 1)
    assert told(load_paths("large.yaml")) == [("large.yaml:1:1", "this is larger than 16 MiB")]


def test_too_many_files_are_not_parsed(here, load_paths):
    (here / "many").mkdir()
    for number in range(discovery.MAX_FILES + 1):
        (here / f"many/{number:05d}.yaml").touch()
    loaded = load_paths("many", "more")
    assert (loaded.files, told(loaded)) == ((), [("many/10000.yaml:1:1", "more than 10,000 files")])
    assert "name the folders of your manifests" in loaded.problems[0].hint


def test_names_that_are_not_text_are_shown_harmless(here, load_paths):
    write(here / "a\x1b[31m\udcff.yaml")
    assert load_paths(".").files == (r"a\x1b[31m\udcff.yaml",)


def test_standard_input(load_paths):
    def closed():
        raise OSError(9, "Bad file descriptor")

    loaded = load_paths("-", "-", stdin=(ROOM % "a").encode)
    assert (loaded.files, loaded.problems) == (("<stdin>",), ())
    assert told(load_paths("-")) == [("<stdin>:1:1", "standard input cannot be read here")]
    assert told(load_paths("-", stdin=closed)) == [
        ("<stdin>:1:1", "standard input cannot be read: Bad file descriptor")
    ]


def test_a_pipe_swapped_in_never_blocks(here):
    os.mkfifo(here / "pipe.yaml")
    code = """
from reconciler import catalog
from reconciler.manifest.load import load
print(len(load(["pipe.yaml"], kinds=catalog.kinds(), variables={}, environment={}).problems))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "1\n"
