import os
import socket
import subprocess
import sys
import threading

import pytest

from reconciler.manifest import file_reading, pipes
from reconciler.manifest.search_rules import SearchRules

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
    assert load_paths(here / "rooms").files == tuple(f"rooms/{name}" for name in names)
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
    assert load_paths("a.yaml").files == ("outside/a.yaml",)
    assert load_paths("in").files == ("outside/a.yaml",)


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
        file.truncate(file_reading.MAX_FILE_BYTES + 1)
    assert told(load_paths("large.yaml")) == [("large.yaml:1:1", "this is larger than 16 MiB")]


def test_too_many_files_are_not_parsed(here, load_paths):
    (here / "many").mkdir()
    for number in range(file_reading.MAX_FILES + 1):
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
    (here / "rooms").mkdir()
    os.mkfifo(here / "rooms/pipe.yaml")
    code = """
from reconciler import catalog
from reconciler.manifest.load import load
print(len(load(["rooms"], kinds=catalog.kinds(), variables={}, environment={}).problems))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "1\n"


def test_a_path_has_one_name_and_the_files_one_digest_however_it_is_spelled(here, load_paths):
    write(here / "rooms/a.yaml")
    write(here / "rooms/deep/b.yaml", "other")
    (here / "link").symlink_to("rooms")
    expected = load_paths("rooms")
    assert expected.files == ("rooms/a.yaml", "rooms/deep/b.yaml")
    for spelled in (
        "./rooms",
        "rooms/",
        "rooms/../rooms",
        here / "rooms",
        "link",
        here / "link",
        "rooms/deep/..",
    ):
        loaded = load_paths(spelled)
        assert loaded.files == expected.files, spelled
        assert loaded.digest == expected.digest, spelled
        assert [one.origins for one in loaded.desired] == [one.origins for one in expected.desired]
    os.chdir(here / "rooms/deep")
    assert load_paths("..").digest == expected.digest
    assert load_paths(here / "rooms").digest == expected.digest


def test_what_is_wrong_is_told_at_one_place_however_the_path_is_spelled(here, load_paths):
    (here / "rooms").mkdir()
    (here / "rooms/a.yaml").write_text("kind: Rom\n")
    (here / "empty").mkdir()
    for spelled in ("rooms", "./rooms", here / "rooms"):
        assert {place.partition(":")[0] for place, _ in told(load_paths(spelled))} == {
            "rooms/a.yaml"
        }
    for spelled in ("empty", "./empty", here / "empty"):
        assert told(load_paths(spelled)) == [("empty", "there is no manifest in this folder")]


def test_a_volume_of_kubernetes_keeps_the_names_that_it_is_given(here, load_paths):
    write(here / "volume/..2026_11_29/a.yaml")
    (here / "volume/..data").symlink_to("..2026_11_29")
    (here / "volume/a.yaml").symlink_to("..data/a.yaml")
    assert load_paths("volume").files == ("volume/a.yaml",)
    assert load_paths("volume/a.yaml").files == ("volume/a.yaml",)


def test_links_are_followed_to_the_folders_that_were_agreed_to(here, load_paths):
    write(here / "shared/a.yaml")
    write(here / "secret/b.yaml", "b")
    (here / "shared/to-secret").symlink_to("../secret")
    (here / "envs/prod").mkdir(parents=True)
    (here / "envs/prod/common").symlink_to("../../shared")
    (here / "envs/prod/one.yaml").symlink_to("../../secret/b.yaml")
    rules = SearchRules(str(here), follow_links=("shared",))
    loaded = load_paths("envs/prod", rules=rules)
    assert loaded.files == ("envs/prod/common/a.yaml",)
    assert told(loaded) == [
        ("envs/prod/common/to-secret:1:1", "this link leads out of the folder"),
        ("envs/prod/one.yaml:1:1", "this link leads out of the folder"),
    ]
    assert "follow_links" in loaded.problems[0].hint


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ((), ["a.yaml", "k8s/b.yaml", "rooms/k8s/c.yaml", "rooms/d.tmpl.yaml"]),
        (("k8s",), ["a.yaml", "rooms/d.tmpl.yaml"]),
        (("k8s/",), ["a.yaml", "rooms/d.tmpl.yaml"]),
        (("/k8s",), ["a.yaml", "rooms/d.tmpl.yaml", "rooms/k8s/c.yaml"]),
        (("k8s/*.yaml",), ["a.yaml", "rooms/d.tmpl.yaml", "rooms/k8s/c.yaml"]),
        (("**/k8s/*",), ["a.yaml", "rooms/d.tmpl.yaml"]),
        (("*.tmpl.yaml",), ["a.yaml", "k8s/b.yaml", "rooms/k8s/c.yaml"]),
        (("rooms/**",), ["a.yaml", "k8s/b.yaml"]),
        (("?.yaml", "rooms"), []),
    ],
)
def test_what_is_excluded_is_not_read(here, load_paths, patterns, left):
    for number, name in enumerate(
        ("a.yaml", "k8s/b.yaml", "rooms/k8s/c.yaml", "rooms/d.tmpl.yaml")
    ):
        write(here / name, f"r{number}")
    rules = SearchRules(str(here), exclude=patterns)
    assert sorted(load_paths(".", rules=rules).files) == sorted(left)
    os.chdir(here / "rooms")
    assert sorted(load_paths("..", rules=rules).files) == sorted(
        name.removeprefix("rooms/") if name.startswith("rooms/") else f"../{name}" for name in left
    )


def test_a_file_that_is_named_is_read_although_it_is_excluded(here, load_paths):
    write(here / "a.yaml")
    assert load_paths("a.yaml", rules=SearchRules(str(here), exclude=("*.yaml",))).files == (
        "a.yaml",
    )


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("envs/*", ["envs/a/r.yaml", "envs/b/r.yaml"]),
        ("envs/*/r.yaml", ["envs/a/r.yaml", "envs/b/r.yaml"]),
        ("./envs/[a]", ["envs/a/r.yaml"]),
        ("**/r.yaml", ["envs/a/r.yaml", "envs/b/r.yaml", "top/r.yaml"]),
        ("top/*.y?ml", ["top/r.yaml"]),
    ],
)
def test_patterns_stand_for_files_and_folders(here, load_paths, pattern, found):
    for number, name in enumerate(
        ("envs/a/r.yaml", "envs/b/r.yaml", "top/r.yaml", "node_modules/x/r.yaml", ".git/r.yaml")
    ):
        write(here / name, f"r{number}")
    loaded = load_paths(pattern)
    assert (list(loaded.files), loaded.problems) == (found, ())
    assert list(load_paths(here / pattern).files) == found


def test_a_pattern_that_stands_for_nothing_is_an_error(here, load_paths):
    (here / "envs/empty").mkdir(parents=True)
    assert told(load_paths("nowhere/*")) == [
        ("nowhere/*", "no file or folder matches this pattern")
    ]
    assert told(load_paths("envs/*")) == [
        ("envs/*", "there is no manifest in what this pattern matches")
    ]


def test_a_pattern_follows_no_link_out_of_its_folder(here, load_paths):
    write(here / "secret/a.yaml")
    (here / "envs").mkdir()
    (here / "envs/x").symlink_to("../secret")
    assert told(load_paths("envs/*")) == [("envs/x:1:1", "this link leads out of the folder")]
    assert load_paths("envs/*", rules=SearchRules(str(here), follow_links=("secret",))).files == (
        "secret/a.yaml",
    )


def test_a_pipe_that_is_named_is_read_once(here, load_paths):
    os.mkfifo(here / "pipe")
    writing = threading.Thread(target=(here / "pipe").write_text, args=(ROOM % "a",))
    writing.start()
    loaded = load_paths("pipe", "pipe")
    writing.join()
    assert (loaded.files, loaded.problems) == (("pipe",), ())


def test_an_open_pipe_is_read_by_its_descriptor(load_paths):
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:
        file.write(ROOM % "a")
    loaded = load_paths(f"/dev/fd/{reading}")
    os.close(reading)
    assert [str(one.address) for one in loaded.desired] == ["Room/a"]


def test_a_pipe_that_nobody_writes_to_is_told_and_given_up(here, load_paths, monkeypatch):
    monkeypatch.setattr(pipes, "NOTICE_SECONDS", 0.01)
    monkeypatch.setattr(pipes, "NO_WRITER_SECONDS", 0.1)
    monkeypatch.setattr(pipes, "SILENT_SECONDS", 0.1)
    os.mkfifo(here / "pipe")
    reading, writing = os.pipe()
    heard = []
    loaded = load_paths("pipe", f"/dev/fd/{reading}", rules=SearchRules(notify=heard.append))
    os.close(reading)
    os.close(writing)
    assert [message for _, message in told(loaded)] == [
        "this cannot be read: nothing was written to it within 0 s"
    ] * 2
    assert heard == [
        "waiting for input from pipe",
        f"waiting for input from /dev/fd/{reading}",
    ]


def test_the_file_that_output_goes_to_is_passed_over(here, load_paths):
    write(here / "a.yaml")
    (here / "plan.json").touch()
    status = (here / "plan.json").stat()
    rules = SearchRules(outputs=frozenset({(status.st_dev, status.st_ino)}))
    loaded = load_paths(".", rules=rules)
    assert (loaded.files, loaded.problems) == (("a.yaml",), ())
