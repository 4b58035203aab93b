"""``reconciler pull``: what was changed outside comes into the manifests, and nothing else in them moves."""

import difflib
import json
import os
import select
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space
from reconciler.manifest.parse.syntax import nodes_of, outlines
from tests.commands.words import (
    LOCAL_FILE,
    MANIFESTS,
    RECONCILER,
    Outside,
    recorded,
    room,
    write_manifests,
)
from tests.effort import examples

ROOM = """\
# our rooms
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: lobby}   # the lobby
spec:
    display_name: 'Lobby'   # on the door

    # the picture
    layout: 2x2
    max_members: 20
    description: |
        One line,
        and another.
    meta: {team: growth,  floor: 1}
"""


def manifests(text, name=MANIFESTS):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode())
    return text


def read(name=MANIFESTS):
    return Path(name).read_bytes().decode()


def changed_lines(before, after):
    """The lines taken out and put in."""
    return [
        line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"
    ]


@pytest.fixture
def applied(done, space):
    """Write this text as the manifests and apply it; gives the text."""

    def apply_text(text, name=MANIFESTS):
        manifests(text, name)
        done("apply", name, "--yes")
        return text

    return apply_text


@pytest.fixture
def pull(reconciler, space):
    """Pull, and see that neither the Space nor the record was written."""

    def ran(*arguments):
        writes, record = list(space.space.ledger), recorded()
        result = reconciler("pull", *arguments)
        assert space.space.ledger == writes
        assert recorded() == record
        return result

    return ran


@pytest.fixture
def settled(reconciler):
    """See that nothing is left to do."""

    def check(*paths):
        planned = reconciler("plan", *(paths or [MANIFESTS]), "--format", "json").json
        assert planned["actions"] == []

    return check


def test_only_the_changed_values_differ(applied, pull, settled, space):
    before = applied(ROOM)
    space.change(
        "Room",
        "lobby",
        layout="5x5",
        display_name="It's on",
        description="New\nlines\n",
        meta={"team": "on", "floor": 1},
    )

    code, out, err = pull("--all", MANIFESTS, "--yes")

    assert (code, err.startswith("Space "), len(err.splitlines())) == (0, True, 1)
    assert read() == before.replace("'Lobby'", "'It''s on'").replace("2x2", "5x5").replace(
        "growth", '"on"'
    ).replace("One line,\n        and another.", "New\n        lines")
    assert 'Room/lobby  layout: "2x2" → "5x5"   rooms.yaml:9:13' in out
    assert "Written: 4 changes in 1 file." in out
    settled()


def test_dry_run_writes_nothing_and_prints_a_diff(applied, pull, space):
    before = applied(ROOM)
    space.change("Room", "lobby", layout="5x5")

    code, out, err = pull("Room/lobby", MANIFESTS, "--dry-run")

    assert (code, read()) == (0, before)
    assert out.splitlines() == [
        "--- rooms.yaml",
        "+++ rooms.yaml",
        "@@ -6,7 +6,7 @@",
        "     display_name: 'Lobby'   # on the door",
        " ",
        "     # the picture",
        "-    layout: 2x2",
        "+    layout: 5x5",
        "     max_members: 20",
        "     description: |",
        "         One line,",
    ]
    assert "Would be written: 1 change in 1 file." in err


def test_without_a_terminal_it_needs_yes(applied, pull, space):
    before = applied(ROOM)
    space.change("Room", "lobby", layout="5x5")

    code, out, err = pull("--all", MANIFESTS)

    assert (code, out, read()) == (1, "", before)
    assert "--yes" in err


@pytest.mark.parametrize("arguments", [[], ["--yes"], ["--drop-deleted"]])
def test_what_to_pull_must_be_said(applied, pull, space, arguments):
    applied(ROOM)

    code, _, err = pull(MANIFESTS, *arguments)

    assert code == 1
    assert "--all" in err


def test_interactive_needs_a_terminal(applied, pull, space):
    applied(ROOM)

    assert "needs a terminal" in pull(MANIFESTS, "--interactive").err


def test_nothing_to_pull_is_no_error(applied, pull):
    before = applied(ROOM)

    code, out, err = pull("--all", MANIFESTS, "--yes")
    assert (code, out, len(err.splitlines())) == (0, "Nothing to pull.\n", 1)
    assert read() == before


def test_only_what_is_named_is_pulled(apply, pull, plan, space):
    apply(room("a", layout="2x2"), room("b", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    space.change("Room", "b", layout="5x5")

    assert pull("Room/a", MANIFESTS, "--yes").code == 0
    assert [one["name"] for one in plan()["actions"]] == ["b"]


def test_names_that_nobody_knows_are_refused(applied, pull):
    applied(ROOM)

    assert "did you mean 'Room/lobby'?" in pull("Room/loby", MANIFESTS, "--yes").err
    assert (
        "'room' is not a kind of resource; did you mean 'Room'?"
        in pull("room/lobby", MANIFESTS, "--yes").err
    )


def test_a_change_of_the_manifest_alone_is_not_pulled(applied, pull, space):
    applied(ROOM)
    after = manifests(ROOM.replace("max_members: 20", "max_members: 30"))

    assert pull("--all", MANIFESTS, "--yes").out == "Nothing to pull.\n"
    assert read() == after


@pytest.fixture
def conflict(applied, space):
    """A field was edited in the manifest, and another way in the Space; a second one was changed in the Space alone."""
    applied(ROOM)
    space.change("Room", "lobby", max_members=40, layout="5x5")
    return manifests(ROOM.replace("max_members: 20", "max_members: 30"))


def test_an_edit_that_was_not_applied_is_never_overwritten_by_all(conflict, pull, plan):
    code, out, err = pull("--all", MANIFESTS, "--yes")

    assert (code, read()) == (4, conflict.replace("2x2", "5x5"))
    assert "max_members: 30 → 40" in err
    assert "conflict: max_members is 30 in the manifest now, and was 20 at the last apply" in err
    assert "reconciler pull Room/lobby; for all conflicts: --all --conflicts" in err
    assert "max_members" not in out
    assert [change["path"] for one in plan()["actions"] for change in one["changes"]] == [
        "max_members"
    ]


@pytest.mark.parametrize("chosen", [["Room/lobby"], ["--all", "--conflicts"]])
def test_a_conflict_is_taken_by_name_or_with_its_flag(conflict, pull, settled, chosen):
    code, out, _ = pull(*chosen, MANIFESTS, "--yes")

    assert (code, read()) == (
        0,
        conflict.replace("2x2", "5x5").replace("max_members: 30", "max_members: 40"),
    )
    assert "conflict: max_members is 30 in the manifest now" in out
    settled()


def test_a_conflict_inside_an_object_is_one(applied, pull, space):
    text = applied(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\nspec:\n  meta: {team: x, floor: 1}\n"
    )
    edited = manifests(text.replace("team: x", "team: y"))
    space.change("Room", "a", meta={"team": "z", "floor": 1})

    assert pull("--all", MANIFESTS, "--yes").code == 4
    assert read() == edited


def test_a_conflict_in_a_preset_stays_there_when_one_of_its_users_is_named(applied, pull, space):
    edited = manifests(
        applied(FRAGMENTS).replace("  layout: 2x2   # for all", "  layout: 4x4   # for all")
    )
    for name in ("a", "b"):
        space.change("Room", name, layout="10x10")

    assert pull("--all", MANIFESTS, "--yes").code == 4
    assert read() == edited
    assert pull("Room/a", MANIFESTS, "--yes").code == 0
    assert read() == edited.replace(
        "  presets: [webinar]\n", "  presets: [webinar]\n  layout: 10x10\n"
    )


def test_what_was_deleted_outside_and_edited_since_is_not_dropped(applied, pull, space):
    applied(ROOM + "---\n" + json.dumps(room("b", layout="2x2")) + "\n")
    edited = manifests(read().replace("max_members: 20", "max_members: 30"))
    space.remove("Room", "lobby")
    space.remove("Room", "b")

    code, _, err = pull("--all", "--drop-deleted", MANIFESTS, "--yes")

    assert (code, "conflict: the manifest was changed since the last apply" in err) == (4, True)
    assert "name: lobby" in read()
    assert '"b"' not in read()
    manifests(edited)
    assert pull("Room/lobby", "--drop-deleted", MANIFESTS, "--yes").code == 0
    assert "name: lobby" not in read()


def test_a_rename_on_both_sides_is_a_conflict(applied, pull, space):
    text = applied(json.dumps(room("a")) + "\n")
    edited = manifests(text.replace('"name": "a"', '"name": "mine", "renamedFrom": "a"'))
    space.ask("PUT", f"/rooms/{space.get('Room', 'a')['id']}", {"name": "theirs"})

    assert pull("--all", MANIFESTS, "--yes").code == 4
    assert read() == edited


def test_json_is_edited_as_well(done, pull, settled, space):
    text = json.dumps(room("lobby", layout="2x2", meta={"a": [1, 2]}), indent=3) + "\n\n"
    manifests(text, "m/a.json")
    done("apply", "m", "--yes")
    space.change("Room", "lobby", layout="5x5", meta={"a": [1, 2], "é": 1})

    assert pull("--all", "m", "--yes").code == 0
    assert changed_lines(text, read("m/a.json")) == [
        '-       "layout": "2x2",',
        '+       "layout": "5x5",',
        "-          ]",
        "+          ],",
        '+          "é": 1',
    ]
    settled("m")


FRAGMENTS = """\
apiVersion: reconciler.dev/v1
kind: Preset
metadata: {name: webinar}
spec:
  layout: 2x2   # for all
  meta: {team: growth, n: 1}
---
apiVersion: reconciler.dev/v1
kind: Theme
metadata: {name: brand}
spec:
  dark: {primary: '#111111'}
---
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: a}
spec:
  presets: [webinar]
  # where it goes
  streams: []
---
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: b}
spec: {presets: [webinar]}
---
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: own}
spec: {presets: [webinar], layout: 3x3}
---
apiVersion: reconciler.dev/v1
kind: Conference
metadata: {name: hall}
spec:
  display_name: Hall
  theme: brand
"""


def test_a_preset_is_changed_where_all_its_users_agree(applied, pull, settled, space):
    before = applied(FRAGMENTS)
    for name in "ab":
        space.change("Room", name, layout="5x5", meta={"team": "design", "n": 1})

    code, out, _ = pull("--all", MANIFESTS, "--yes")

    assert code == 0
    assert "in preset webinar, for Room/a, Room/b" in out
    assert changed_lines(before, read())[:2] == [
        "-   layout: 2x2   # for all",
        "+   layout: 5x5   # for all",
    ]
    settled()


def test_the_users_of_a_field_must_agree_and_those_that_override_it_have_no_say(
    applied, pull, settled, space
):
    before = applied(FRAGMENTS)
    space.change("Room", "a", layout="5x5")
    space.change("Room", "b", layout="5x5")
    space.change("Room", "own", layout="6x6")

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace("layout: 2x2", "layout: 5x5").replace(
        "layout: 3x3", "layout: 6x6"
    )
    settled()


def test_where_they_do_not_agree_each_has_its_own(applied, pull, settled, space):
    before = applied(FRAGMENTS)
    space.change("Room", "a", layout="5x5")

    code, out, _ = pull("--all", MANIFESTS, "--yes")

    assert code == 0
    assert "set on Room/a itself: others that use preset webinar have another value" in out
    assert read() == before.replace(
        "  presets: [webinar]\n", "  presets: [webinar]\n  layout: 5x5\n"
    )
    settled()


def test_an_object_of_a_preset_is_taken_over_whole(applied, pull, settled, space):
    before = applied(FRAGMENTS)
    space.change("Room", "b", meta={"team": "growth", "n": 2, "new": ["on"]})

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace(
        "{presets: [webinar]}", '{presets: [webinar], meta: {team: growth, n: 2, new: ["on"]}}'
    ).replace("n: 2", '"n": 2')
    settled()


def test_a_theme_is_changed_where_all_its_users_agree(applied, pull, settled, space):
    before = applied(FRAGMENTS)
    space.change("Conference", "hall", dark_primary="#abcdef")

    code, out, _ = pull("--all", MANIFESTS, "--yes")

    assert code == 0
    assert read() == before.replace("'#111111'", "'#ABCDEF'")
    assert "in theme brand, for Conference/hall" in out
    settled()


def test_an_anchor_that_others_use_gives_way_to_the_resource_itself(applied, pull, settled, space):
    text = FRAGMENTS.replace(
        "{primary: '#111111'}", "&palette {primary: '#111111'}\n  light: *palette"
    )
    before = applied(text)
    space.change("Conference", "hall", dark_primary="#abcdef")

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace(
        "  theme: brand\n", '  theme: brand\n  dark_primary: "#ABCDEF"\n'
    )
    settled()


def test_variables_are_never_overwritten(done, pull, space, monkeypatch):
    monkeypatch.setenv("TITLE", "Lobby")
    manifests("vars: {size: '20'}\n", "reconciler.yaml")
    text = ROOM.replace("'Lobby'", "${env:TITLE}")
    manifests(text)
    done("apply", MANIFESTS, "--yes")
    space.change("Room", "lobby", display_name="Hall", layout="5x5")

    code, _, err = pull("--all", MANIFESTS, "--yes")

    assert code == 4
    assert read() == text.replace("2x2", "5x5")
    assert "not written: Room/lobby  display_name: (secret) changed   rooms.yaml:6:19" in err
    assert "the manifest has ${env:TITLE} here, which pull keeps" in err


def test_a_text_that_looks_like_a_variable_is_text(applied, pull, settled, space):
    before = applied(ROOM)
    space.change("Room", "lobby", display_name="${env:HOME} and $${", description="${")

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert (
        changed_lines(before, read())[1]
        == "+     display_name: '$${env:HOME} and $$${'   # on the door"
    )
    settled()


def test_streams_are_secret_and_never_written(done, pull, space, monkeypatch):
    monkeypatch.setenv("RTMP", "rtmp://canary.example/one")
    before = manifests(ROOM + "    streams:\n    - url: ${env:RTMP}\n")
    done("apply", MANIFESTS, "--yes")
    space.stream_to("Room", "lobby", "rtmp://canary.example/two")

    code, out, err = pull("--all", MANIFESTS, "--yes")

    assert (code, out, read()) == (4, "Nothing was written.\n", before)
    assert "secrets are never written into manifests" in err
    assert "canary" not in out + err


def test_a_literal_secret_is_not_shown_in_the_diff(done, pull, space):
    manifests("safety: {literal_secrets: allow}\n", "reconciler.yaml")
    manifests(ROOM.replace("    meta:", "    streams: [{url: 'rtmp://host/canary'}]\n    meta:"))
    done("apply", MANIFESTS, "--yes")
    space.change("Room", "lobby", meta={"team": "x", "floor": 1})

    code, out, err = pull("--all", MANIFESTS, "--dry-run")

    assert code == 0
    assert "(not shown: it may hold a secret)" in out
    assert "canary" not in out + err


def test_what_was_deleted_outside_stays_unless_it_shall_be_dropped(applied, pull, settled, space):
    applied(FRAGMENTS)
    space.remove("Room", "b")
    left = pull("--all", MANIFESTS, "--yes")
    assert (left.code, left.out, read()) == (0, "Nothing was written.\n", FRAGMENTS)
    assert "--drop-deleted" in left.err

    assert pull("--all", MANIFESTS, "--yes", "--drop-deleted").code == 0
    gone = "---\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: b}\nspec: {presets: [webinar]}\n"
    assert read() == FRAGMENTS.replace(gone, "")
    settled()


def test_a_file_of_its_own_goes_with_what_was_deleted(done, pull, settled, space):
    write_manifests(room("a"), to="m/a.yaml")
    write_manifests(room("b"), to="m/b.yaml")
    done("apply", "m", "--yes")
    space.remove("Room", "b")

    assert pull("Room/b", "m", "--yes", "--drop-deleted").code == 0
    assert [path.name for path in Path("m").iterdir()] == ["a.yaml"]
    settled("m")


def test_an_unmanaged_resource_is_declared_beside_its_like(applied, pull, reconciler, space):
    before = applied(FRAGMENTS)
    space.create("Room", name="free", max_members=5, layout="2x2", description="a\nb")

    code, _, err = pull("--add", "Room/free", MANIFESTS, "--yes")

    assert code == 0
    assert "--adopt Room/free adopts" in err
    assert read() == before + (
        "---\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: free\n"
        "spec:\n  description: |-\n    a\n    b\n  max_members: 5\n  layout: 2x2\n"
    )
    assert reconciler("apply", MANIFESTS, "--yes", "--adopt", "Room/free").code == 0


def test_where_each_has_a_file_the_new_one_has_one_too(done, pull, space):
    write_manifests(room("a"), to="m/a.yaml")
    done("apply", "m", "--yes")
    space.create("Room", name="free")

    assert "created m/free.yaml" in pull("--add", "Room/free", "m", "--yes").out
    assert read("m/free.yaml").startswith("apiVersion: reconciler.dev/v1\nkind: Room\n")


def test_what_is_added_names_its_schema_as_the_documents_around_it_do(applied, pull, space):
    line = "# yaml-language-server: $schema=../room.schema.json\n"
    two = applied(line + ROOM + "---\n" + line + ROOM.replace("name: lobby", "name: other"))
    space.create("Room", name="later", max_members=5)
    assert pull("--add", "Room/later", MANIFESTS, "--yes").code == 0
    assert read().removeprefix(two).startswith(f"---\n{line}apiVersion: ")


def test_a_new_file_names_the_schema_that_there_is(done, pull, space):
    done("schema", "--write", ".schemas")
    write_manifests(room("a"), to="m/a.yaml")
    done("apply", "m", "--yes")
    space.create("Room", name="free")

    assert pull("--add", "Room/free", "m", "--yes").code == 0
    line = "# yaml-language-server: $schema=../.schemas/manifest.schema.json\n"
    assert read("m/free.yaml").startswith(f"{line}apiVersion: ")


def test_only_what_is_unmanaged_can_be_added_and_the_error_says_what_it_is(done, pull, space):
    write_manifests(room("lobby"), room("gone"), to=MANIFESTS)
    done("apply", MANIFESTS, "--yes")

    declared = pull("--add", "Room/lobby", MANIFESTS, "--yes").err
    absent = pull("--add", "Room/lobbi", MANIFESTS, "--yes").err
    write_manifests(room("lobby"), to=MANIFESTS)
    managed = pull("--add", "Room/gone", MANIFESTS, "--yes").err

    assert "the manifests declare it already" in declared
    assert "reconciler pull Room/lobby" in declared
    assert "the Space has no such resource" in absent
    assert "it is managed, and its manifest is gone" in managed
    assert "reconciler state rm Room/gone, then --add Room/gone again" in managed


def test_a_rename_outside_is_followed(applied, pull, settled, done, space):
    before = applied(ROOM)
    space.ask("PUT", f"/rooms/{space.get('Room', 'lobby')['id']}", {"name": "hall"})
    space.change("Room", "hall", layout="5x5")

    code, out, _ = pull("Room/lobby", MANIFESTS, "--yes")

    assert code == 0
    assert read() == before.replace("{name: lobby}", "{name: hall}").replace("2x2", "5x5")
    assert 'name: "lobby" → "hall"' in out
    settled()
    done("apply", MANIFESTS, "--yes")
    settled()


def renamed(space, **names):
    """Rename rooms outside, all at once."""
    ids = {old: space.get("Room", old)["id"] for old in names}
    for old in names:
        space.ask("PUT", f"/rooms/{ids[old]}", {"name": f"{old}-passing"})
    for old, new in names.items():
        space.ask("PUT", f"/rooms/{ids[old]}", {"name": new})


@pytest.mark.parametrize(
    "names",
    [{"a": "b", "b": "a"}, {"a": "b", "b": "c"}, {"a": "b", "b": "c", "c": "a"}],
    ids=["swap", "chain", "ring"],
)
def test_names_that_others_had_are_followed_with_renamed_from(
    apply, pull, settled, done, space, names
):
    apply(*(room(name, description=f"room {name}") for name in "abc"[: len(set(names) | set())]))
    renamed(space, **names)
    ids = {name: one["id"] for name, one in space.all("Room").items()}

    code, _, err = pull("--all", MANIFESTS, "--yes")

    assert code == 0, err
    settled()
    done("apply", MANIFESTS, "--yes")
    settled()
    assert {name: one["id"] for name, one in space.all("Room").items()} == ids


def test_a_name_that_another_manifest_has_is_not_taken(apply, pull, space):
    apply(room("a"), room("b"))
    space.remove("Room", "b")
    space.ask("PUT", f"/rooms/{space.get('Room', 'a')['id']}", {"name": "b"})
    before = read()

    code, _, err = pull("Room/a", MANIFESTS, "--yes")

    assert (code, read()) == (4, before)
    assert "Room/b is declared already" in err


def test_a_name_that_the_record_still_has_is_taken_once_it_is_forgotten(
    apply, pull, done, settled, space
):
    apply(room("a"), room("b"))
    space.remove("Room", "b")
    space.ask("PUT", f"/rooms/{space.get('Room', 'a')['id']}", {"name": "b"})

    code, _, err = pull("--all", MANIFESTS, "--yes", "--drop-deleted")

    assert (code, read().count("apiVersion")) == (4, 1)
    assert "reconciler state rm Room/b" in err
    done("state", "rm", "Room/b")
    assert pull("--all", MANIFESTS, "--yes").code == 0
    settled()


def test_several_files_are_written_all_or_none(done, pull, settled, space, monkeypatch):
    write_manifests(room("a", layout="2x2"), to="m/a.yaml")
    write_manifests(room("b", layout="2x2"), to="m/b.yaml")
    done("apply", "m", "--yes")
    for name in "ab":
        space.change("Room", name, layout="5x5")
    before = {path: path.read_bytes() for path in Path("m").iterdir()}
    replace = Path.replace

    def failing(path, target):
        if (
            Path(target).name == "b.yaml"
            and path.suffix == ".new"
            and not getattr(failing, "failed", False)
        ):
            failing.failed = True
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    code, _, err = pull("--all", "m", "--yes")

    assert (code, "No space left on device" in err) == (1, True)
    assert {path: path.read_bytes() for path in Path("m").iterdir()} == before

    assert pull("--all", "m", "--yes").code == 0
    settled("m")


def test_null_takes_the_place_of_what_was_unset_outside(applied, pull, settled, space):
    text = ROOM + "    join_until: 2030-01-01\n    remove_after_seconds_elapsed: 60 # soon\n"
    applied(text)
    space.change(
        "Room",
        "lobby",
        join_until=None,
        remove_after_seconds_elapsed=None,
        description=None,
        meta=None,
    )

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == text.replace("2030-01-01", "null").replace("60 # soon", "null # soon").replace(
        "{team: growth,  floor: 1}", "{}"
    ).replace("|\n        One line,\n        and another.", '""')
    settled()


def test_a_key_that_is_gone_outside_goes(applied, pull, settled, space):
    before = applied(ROOM)
    space.change("Room", "lobby", meta={"floor": 1})

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace("{team: growth,  floor: 1}", "{floor: 1}")
    settled()


def test_standard_input_cannot_be_written(applied, pull):
    applied(ROOM)

    assert pull("--all", "-", "--yes").code == 1


def test_what_no_manifest_can_say_is_left_with_words(applied, pull, space):
    before = applied(ROOM)
    space.change("Room", "lobby", display_name="Lob\u200bby", layout="5x5")

    code, _, err = pull("--all", MANIFESTS, "--yes")

    assert (code, read()) == (4, before.replace("2x2", "5x5"))
    assert "this cannot be written in a manifest: the hidden character" in err
    assert "\u200b" not in err


def test_what_was_made_again_outside_can_be_pulled_and_is_adopted_later(
    applied, pull, reconciler, settled, space
):
    before = applied(ROOM)
    space.remove("Room", "lobby")
    space.create(
        "Room",
        name="lobby",
        layout="5x5",
        display_name="Lobby",
        max_members=20,
        description="x",
        meta={"team": "growth", "floor": 1},
    )

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace("2x2", "5x5").replace(
        "One line,\n        and another.\n", "x\n"
    ).replace("|\n        x", "|-\n        x")
    assert reconciler("apply", MANIFESTS, "--yes", "--adopt", "Room/lobby").code == 0
    settled()


def test_an_anchor_and_its_alias_are_changed_together(applied, pull, settled, space):
    before = applied(
        FRAGMENTS.replace(
            "{primary: '#111111'}", "&palette {primary: '#111111'}\n  light: *palette"
        )
    )
    space.change("Conference", "hall", dark_primary="#abcdef", light_primary="#ABCDEF")

    assert pull("--all", MANIFESTS, "--yes").code == 0
    assert read() == before.replace("'#111111'", "'#ABCDEF'")
    settled()


def test_a_file_that_changed_meanwhile_is_not_written(applied, space, monkeypatch, reconciler):
    applied(ROOM)
    space.change("Room", "lobby", layout="5x5")
    later = ROOM + "# somebody types\n"
    read_bytes = Path.read_bytes

    def changing(path):
        if path.name == MANIFESTS:
            path.write_text(later, encoding="utf-8")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", changing)
    code, _, err = reconciler("pull", "--all", MANIFESTS, "--yes")

    assert (code, Path(MANIFESTS).read_text(encoding="utf-8")) == (3, later)
    assert "changed since it was read" in err


def test_a_made_up_kind_is_pulled_without_any_python(
    done, reconciler, tmp_path, monkeypatch, kinds
):
    schemas = tmp_path / "schemas"
    done("schema", "--write", schemas)
    lounge = json.loads((schemas / "room.schema.json").read_text(encoding="utf-8"))
    lounge["title"] = "Lounge"
    lounge["properties"]["kind"] = {"const": "Lounge"}
    lounge["properties"]["spec"]["properties"] = {
        "music": {"type": "string", "description": "What is heard."}
    }
    lounge["x-reconciler"] = {
        "type": "resource",
        "collection": "/lounges",
        "item": "/lounges/{id}",
        "key": "name",
    }
    (schemas / "lounge.schema.json").write_text(json.dumps(lounge), encoding="utf-8")
    monkeypatch.setenv("RECONCILER_SCHEMAS", str(schemas))
    monkeypatch.setenv("SIGNALWIRE_SPACE", "local")
    text = manifests(
        "kind: Lounge\napiVersion: reconciler.dev/v1\nmetadata: {name: front}\nspec: {music: piano} # soft\n"
    )
    done("apply", MANIFESTS, "--yes")
    known = catalog.kinds(schemas)
    local = create_space(LOCAL_FILE, kinds=known)
    client = Outside(local, known)
    client.ask("PUT", f"/lounges/{client.get('Lounge', 'front')['id']}", {"music": "jazz"})
    local.close()

    assert reconciler("pull", "Lounge/front", MANIFESTS, "--yes").code == 0
    assert read() == text.replace("piano", "jazz")


def test_manifests_that_would_not_be_in_order_are_not_written(applied, pull, space):
    text = ROOM + "    join_until: 2030-01-01\n"
    applied(text)
    edited = manifests(text + "    join_from: 2029-01-01\n")
    space.change("Room", "lobby", join_until="2028-01-01")

    code, _, err = pull("--all", MANIFESTS, "--yes")

    assert (code, read()) == (3, edited)
    assert (
        "rooms.yaml would not be valid: spec.join_until: join_until must be later than join_from (rooms.yaml:16:16)"
        in err
    )


def converse(process, ours, answers, sign):
    """Read what a process shows on its terminal to the end; each time it asks (``sign``) it gets the next answer."""
    shown, waiting, end = "", list(answers), time.monotonic() + 20
    while time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.1)
        try:
            part = os.read(ours, 65536).decode() if ready else ""
        except OSError:  # the other side was closed
            break
        shown += part
        if process.poll() is not None and not part:
            break
        if waiting and shown.count(sign) > len(answers) - len(waiting):
            os.write(ours, f"{waiting.pop(0)}\n".encode())
    return shown


@pytest.fixture
def on_a_terminal(space):
    """Run a command on a terminal that gives these answers; its exit code and what was shown."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

    def ran(*arguments, answers, sign):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*RECONCILER, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            try:
                shown = converse(process, ours, answers, sign)
                return process.wait(timeout=20), shown
            finally:
                process.kill()
                os.close(ours)

    return ran


def test_on_a_terminal_it_shows_the_diff_and_asks(applied, on_a_terminal, space):
    before = applied(ROOM)
    space.change("Room", "lobby", layout="5x5")

    code, shown = on_a_terminal("pull", "--all", MANIFESTS, answers=["no"], sign="'yes'")
    assert (code, read()) == (3, before), shown
    assert "+    layout: 5x5" in shown

    code, shown = on_a_terminal("pull", "--all", MANIFESTS, answers=["yes"], sign="'yes'")
    assert (code, read()) == (0, before.replace("2x2", "5x5")), shown


@pytest.mark.usefixtures("conflict")
def test_interactive_tells_a_conflict_before_it_asks(on_a_terminal):
    before = read()

    code, shown = on_a_terminal(
        "pull", MANIFESTS, "--interactive", answers=["l", "l"], sign="[a]ccept"
    )
    assert (code, read()) == (0, before), shown
    assert "conflict: max_members is 30 in the manifest now, and was 20" in shown

    code, shown = on_a_terminal(
        "pull", MANIFESTS, "--interactive", answers=["a", "l"], sign="[a]ccept"
    )
    assert (code, "max_members: 40" in read()) == (0, True), shown


def test_interactive_asks_of_each_change(applied, on_a_terminal, space, plan):
    before = applied(FRAGMENTS + "---\n" + ROOM)
    space.change("Room", "a", layout="5x5")
    space.change("Room", "b", layout="5x5")
    space.change("Room", "lobby", layout="4x4", max_members=7)
    space.remove("Room", "own")

    code, shown = on_a_terminal(
        "pull",
        MANIFESTS,
        "--interactive",
        answers=["accept", "r", "what?", "l", "a", "A"],
        sign="[a]ccept",
    )

    assert code == 0, shown
    gone = "---\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: own}\nspec: {presets: [webinar], layout: 3x3}\n"
    assert read() == before.replace(
        "  presets: [webinar]\n", "  presets: [webinar]\n  layout: 5x5\n"
    ).replace("    max_members: 20", "    max_members: 20").replace(gone, "").replace(
        "    layout: 2x2\n", "    layout: 4x4\n"
    ).replace("    max_members: 20", "    max_members: 20")
    assert "apply sets it back" in shown
    assert shown.count("a  accept: write the live value into the manifest") == 1  # after "what?"
    assert "nothing is written, and it stays different" in shown
    assert [
        (one["name"], [change["path"] for change in one["changes"]]) for one in plan()["actions"]
    ] == [
        ("b", ["layout"]),
        ("lobby", ["max_members"]),
    ]


TEXTS = [
    "Hall",
    "on",
    "it's",
    "a: b # c",
    "1:30",
    "2022-01-01",
    " led",
    "two\nlines",
    "x\n\n  y\n",
    "${env:HOME}",
    "é 😀",
    "'q' \"d\"",
    "- a",
    "5",
]
texts = st.sampled_from(TEXTS)
FIELDS = {
    "display_name": texts,
    "description": texts,
    "max_members": st.integers(1, 300),
    "layout": st.sampled_from(["2x2", "5up", "10x10", "grid-responsive"]),
    "quality": st.sampled_from(["720p", "1080p"]),
    "record_on_start": st.booleans(),
    "join_until": st.sampled_from(
        ["2030-01-31", "2031-06-01T10:00:00Z", "2032-02-29T10:00:00+02:00"]
    ),
}


def spelled(draw, value, margin):
    """A value in one of the ways that people write it."""
    ways = [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, str):
        value = value.replace("${", "$${")
        ways = [json.dumps(value, ensure_ascii=False)]
        if "\n" not in value:
            ways.append("'" + value.replace("'", "''") + "'")
        if value.isalnum() and not value.isdigit() and value != "on":
            ways.append(value)
        if value[:1] != " ":
            lines = value.rstrip("\n").split("\n")
            block = "".join(f"\n{margin}  {line}" if line else "\n" for line in lines)
            ways.append(
                ("|" if value.endswith("\n") else "|-")
                + draw(st.sampled_from(["", "   # a block"]))
                + block
            )
    return draw(st.sampled_from(ways))


def oddly(draw, name, fields, preset):
    """A room's manifest with comments and odd formatting."""
    margin = " " * draw(st.sampled_from([1, 2, 4]))
    lines = [
        draw(st.sampled_from(["# a room", "", "#\ttabs\there"])),
        "kind: Room   # what",
        "apiVersion:  reconciler.dev/v1",
    ]
    lines += [
        f"metadata: {{name: {name},  labels: {{a: 'b'}} }}",
        "spec:" + draw(st.sampled_from(["", "   # its fields"])),
    ]
    lines += [f"{margin}presets: [ {preset} ]"] if preset else []
    for field in draw(st.permutations(list(fields))):
        lines += [
            f"{margin}{line}" if line else ""
            for line in draw(st.sampled_from([[], [""], ["# above", "# two"]]))
        ]
        value = spelled(draw, fields[field], margin)
        tail = (
            "" if value.startswith("|") else draw(st.sampled_from(["", "  # beside", "\t#\ttab"]))
        )
        lines.append(f"{margin}{field}:{draw(st.sampled_from([' ', '    ']))}{value}{tail}")
    return (
        "\n".join([*lines, *draw(st.sampled_from([[], [f"{margin}# below"], ["# the end"]]))])
        + "\n"
    )


def leaves(text):
    """The texts between scalars, and the scalars themselves."""
    spans = [
        (node.start, node.end)
        for one in outlines(text, is_json=False)
        for node in nodes_of(one.root)
        if node.type == "scalar"
    ]
    between = [
        text[end:start]
        for end, start in zip(
            [0, *(end for _, end in spans)],
            [*(start for start, _ in spans), len(text)],
            strict=True,
        )
    ]
    return between, [text[start:end] for start, end in spans]


@given(chosen=st.data())
@settings(
    max_examples=examples(15),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_the_formatting_exactly_the_changed_values_differ_and_the_plan_is_empty(
    chosen, kinds, tmp_path_factory, monkeypatch
):
    draw = chosen.draw
    monkeypatch.chdir(tmp_path_factory.mktemp("property"))
    monkeypatch.setenv("SIGNALWIRE_SPACE", "local")
    shared = draw(
        st.fixed_dictionaries({}, optional={"layout": FIELDS["layout"], "description": texts})
    )
    rooms = {
        name: draw(
            st.fixed_dictionaries(
                {},
                optional={field: values for field, values in FIELDS.items() if field not in shared},
            )
        )
        for name in draw(st.sampled_from([["a"], ["a", "b"], ["c", "a", "b"]]))
    }
    preset = (
        oddly(draw, "shared", shared, "").replace("kind: Room", "kind: Preset") if shared else ""
    )
    documents = [
        oddly(draw, name, fields, "shared" if shared else "") for name, fields in rooms.items()
    ]
    text = draw(st.sampled_from(["---\n", "---   # next\n"])).join(
        [*([preset] if preset else []), *documents]
    )
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    manifests(text, "m.yaml")
    assert run(["apply", "m.yaml", "--yes"]) == 0, text

    space = create_space(LOCAL_FILE, kinds=kinds)
    outside, count = Outside(space, kinds), 0
    together = draw(st.fixed_dictionaries({}, optional={field: FIELDS[field] for field in shared}))
    for name, fields in rooms.items():
        alone = draw(st.fixed_dictionaries({}, optional={field: FIELDS[field] for field in fields}))
        if alone or together:
            outside.change("Room", name, **alone, **together)
        drifted = {field for field in alone if canonical(alone[field]) != canonical(fields[field])}
        count += len(drifted)
    count += sum(canonical(together[field]) != canonical(shared[field]) for field in together)
    space.close()

    assert run(["pull", "--all", "m.yaml", "--yes"]) == 0, text
    (before, old), (after, new) = leaves(text), leaves(read("m.yaml"))
    assert after == before
    assert sum(one != other for one, other in zip(old, new, strict=True)) == count
    assert run(["plan", "m.yaml", "--detailed-exitcode"]) == 0


def canonical(value):
    """A moment by what it means."""
    return {
        "2030-01-31": "2030-01-31T00:00:00Z",
        "2032-02-29T10:00:00+02:00": "2032-02-29T08:00:00Z",
    }.get(value, value)


@pytest.mark.usefixtures("space")
def test_what_was_read_as_a_path_is_named_when_no_resource_is(reconciler, declare):
    declare(room("lobby"))

    code, _, err = reconciler("pull", MANIFESTS)

    assert code == 1
    assert f"no resource is named: {MANIFESTS} was read as a path" in err
