"""``reconciler fmt``: manifests tidied in place, or only checked."""

import os
import shutil
from pathlib import Path

import pytest

from tests.commands.words import EXAMPLES, room, write_manifests

UNTIDY = "kind: Room   # a room\napiVersion: reconciler.dev/v1\nmetadata:\n    name: a\n"
TIDY = "apiVersion: reconciler.dev/v1\nkind: Room   # a room\nmetadata:\n  name: a\n"


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode())
    return Path(name)


def read(name):
    return Path(name).read_bytes().decode()


def test_files_are_tidied_and_named_and_the_others_not_touched(reconciler):
    write("m/a.yaml", UNTIDY)
    tidy = write("m/b.yaml", TIDY)
    seen = tidy.stat()

    code, out, err = reconciler("fmt", "m")

    assert (code, out, err) == (0, "m/a.yaml\n", "1 file changed, 1 already formatted\n")
    assert (read("m/a.yaml"), read("m/b.yaml")) == (TIDY, TIDY)
    assert (tidy.stat().st_ino, tidy.stat().st_mtime_ns) == (seen.st_ino, seen.st_mtime_ns)
    assert {path.name for path in Path("m").iterdir()} == {"a.yaml", "b.yaml"}


def test_check_changes_nothing_and_exits_with_2(reconciler):
    write("a.yaml", UNTIDY)
    write("b.yaml", TIDY)

    assert reconciler("fmt", "--check", "a.yaml", "b.yaml") == (
        2,
        "a.yaml\n",
        "1 file would change, 1 already formatted\n",
    )
    assert read("a.yaml") == UNTIDY
    assert reconciler("fmt", "--check", "b.yaml").code == 0


def test_once_is_enough(reconciler):
    write_manifests(room("a"), room("b", layout="2x2"), to="m/all.json.yaml")
    write(
        "m/c.json",
        '{"spec": {}, "kind": "Room", "metadata": {"name": "c"}, "apiVersion": "reconciler.dev/v1"}',
    )

    assert reconciler("fmt", "m").code == 0
    assert reconciler("fmt", "--check", "m").code == 0
    assert read("m/c.json").splitlines()[:3] == [
        "{",
        '  "apiVersion": "reconciler.dev/v1",',
        '  "kind": "Room",',
    ]


def test_standard_input_goes_to_standard_output(process):
    ran = process("fmt", "-", input=UNTIDY)

    assert ran == (0, TIDY, "")
    assert process("fmt", "--check", "-", input=UNTIDY).code == 2


def test_the_mode_stays(reconciler):
    path = write("a.yaml", UNTIDY)
    path.chmod(0o640)

    assert reconciler("fmt", "a.yaml").code == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert read("a.yaml") == TIDY


def test_a_link_stays_and_what_it_leads_to_is_tidied(reconciler):
    write("m/real.yaml", UNTIDY)
    Path("m/z.yaml").symlink_to("real.yaml")

    assert reconciler("fmt", "m").code == 0
    assert Path("m/z.yaml").is_symlink()
    assert read("m/real.yaml") == TIDY


def test_a_link_out_of_the_folder_is_not_followed(reconciler):
    write("elsewhere.yaml", UNTIDY)
    write("m/a.yaml", UNTIDY)
    Path("m/link.yaml").symlink_to("../elsewhere.yaml")

    code, _, err = reconciler("fmt", "m")

    assert (code, read("elsewhere.yaml"), read("m/a.yaml")) == (1, UNTIDY, UNTIDY)
    assert "this link leads out of the folder" in err


def test_a_file_that_is_not_yaml_is_told_and_the_others_are_tidied(reconciler):
    write("m/a.yaml", UNTIDY)
    write("m/bad.yaml", "kind: [Room\n")

    code, out, err = reconciler("fmt", "m")

    assert (code, out) == (1, "m/a.yaml\n")
    assert "m/bad.yaml:1:7: " in err
    assert read("m/bad.yaml") == "kind: [Room\n"


def test_a_folder_that_cannot_be_written_loses_nothing(reconciler):
    if os.geteuid() == 0:
        pytest.skip("nothing is unreadable to root")
    path = write("m/a.yaml", UNTIDY)
    path.parent.chmod(0o500)
    try:
        code, _, err = reconciler("fmt", "m")
    finally:
        path.parent.chmod(0o700)
    assert (code, read("m/a.yaml")) == (1, UNTIDY)
    assert "cannot be written" in err


def test_no_path_means_what_the_project_says(reconciler):
    write("reconciler.yaml", "manifests: [rooms]\n")
    write("rooms/a.yaml", UNTIDY)
    write("other/b.yaml", UNTIDY)

    assert reconciler("fmt").out == "rooms/a.yaml\n"


def test_input_and_files_together_make_no_sense(reconciler):
    assert reconciler("fmt", "-", "a.yaml").code == 1


@pytest.mark.parametrize("example", ["quickstart", "company"])
def test_the_examples_say_the_same_once_tidied(reconciler, example, tmp_path):

    shutil.copytree(
        EXAMPLES / example, tmp_path / "x", ignore=shutil.ignore_patterns(".reconciler")
    )
    assert reconciler("fmt", "x").code == 0
    assert reconciler("fmt", "--check", "x").code == 0


FOREIGN = {
    "package.json": '{"name":"x","version":"1.0.0"}\n',
    "docker-compose.yml": "services:\n    web:\n        image: x\n",
    "k8s/cm.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata:\n    name: a\n",
    "k8s/role.yaml": "kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata:\n    name: a\n",
    "chart/templates/x.yaml": "kind: Role\napiVersion: rbac.authorization.k8s.io/v1\n{{- if .x }}\n",
    "list.json": "[1,   2]\n",
    "word.yaml": "word\n",
    "empty.yaml": "",
}
NEVER_SEARCHED = (
    "node_modules/m",
    ".git",
    ".venv/x",
    "venv",
    "vendor/x",
    "__pycache__",
    ".terraform",
    "x/site-packages",
)


def test_what_is_no_manifest_is_left_alone_and_not_counted(reconciler):
    for name, text in FOREIGN.items():
        write(name, text)
    write("a.yaml", UNTIDY)
    checked = reconciler("fmt", "--check")
    assert (checked.code, checked.out) == (2, "a.yaml\n")
    changed = reconciler("fmt")
    assert (changed.code, changed.out) == (0, "a.yaml\n")
    assert "1 file changed, 0 already formatted" in changed.err
    assert {name: read(name) for name in FOREIGN} == FOREIGN
    assert read("package.json") == FOREIGN["package.json"]


@pytest.mark.parametrize("flags", [[], ["--check"], ["--diff"]])
def test_a_named_file_that_is_no_manifest_is_said_to_be_left_alone(reconciler, flags):
    for name, text in FOREIGN.items():
        write(name, text)
    write("a.yaml", TIDY)

    code, out, err = reconciler("fmt", *flags, "a.yaml", "./package.json", "k8s/cm.yaml")

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "package.json is not a manifest, and is left as it is",
        "k8s/cm.yaml is not a manifest, and is left as it is",
        f"0 files {'would change' if flags else 'changed'}, 1 already formatted",
    ]
    assert reconciler("fmt", *flags, "k8s").err.splitlines()[0] == (
        "there is no manifest in k8s, and nothing is changed"
    )
    assert {name: read(name) for name in FOREIGN} == FOREIGN


@pytest.mark.parametrize("command", ["fmt", "validate", "plan"])
def test_folders_of_others_are_never_searched(command, reconciler, local):
    for folder in NEVER_SEARCHED:
        write(f"{folder}/a.yaml", UNTIDY)
    write("python/pyvenv.cfg", "home = x\n")
    write("python/a.yaml", UNTIDY)
    write("own.yaml", TIDY)
    assert reconciler(command).code == 0
    assert {read(f"{folder}/a.yaml") for folder in (*NEVER_SEARCHED, "python")} == {UNTIDY}


def test_a_folder_that_is_named_is_searched_whatever_it_is_called(reconciler):
    write("vendor/a.yaml", UNTIDY)
    assert reconciler("fmt", "vendor").out == "vendor/a.yaml\n"


def test_diff_shows_and_changes_nothing(reconciler):
    write("a.yaml", UNTIDY)
    shown = reconciler("fmt", "--diff")
    assert shown.code == 0
    assert shown.out.startswith("--- a.yaml\n+++ a.yaml\n@@")
    assert read("a.yaml") == UNTIDY
    assert reconciler("fmt", "--diff", "--check").code == 2


def test_what_is_no_manifest_goes_through_as_it_is(process):
    assert process("fmt", "-", input=FOREIGN["k8s/cm.yaml"]).out == FOREIGN["k8s/cm.yaml"]


@pytest.mark.parametrize("example", ["company", "quickstart", "video-demo"])
def test_the_examples_are_tidy(example, reconciler, monkeypatch):
    monkeypatch.chdir(EXAMPLES / example)
    assert reconciler("fmt", "--check").code == 0


def test_a_diff_of_the_final_newline_alone_says_so(reconciler):
    Path("room.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: lobby", encoding="utf-8"
    )

    code, out, _ = reconciler("fmt", "--diff", "room.yaml")

    assert code in (0, 2)
    assert "-  name: lobby\n\\ No newline at end of file\n+  name: lobby\n" in out
