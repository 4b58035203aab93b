import json
import re
from pathlib import Path

import jsonschema
import pytest

from reconciler import catalog
from tests.commands.words import EXAMPLES, MANIFESTS, manifest, room


@pytest.fixture
def managed(apply, space):
    """A room that is desired, live and last applied three different ways."""
    apply(
        manifest("Preset", "wall", quality="1080p"), room("lobby", presets=["wall"], layout="2x2")
    )
    space.change("Room", "lobby", layout="5x5", description="by hand")
    return space


def field(document, path):
    return next(one for one in document["resources"][0]["fields"] if one["path"] == path)


def test_show_sets_desired_live_and_last_applied_side_by_side_with_origins(managed, done, declare):
    declare(
        manifest("Preset", "wall", quality="1080p"), room("lobby", presets=["wall"], layout="3x3")
    )

    document = done("show", "Room/lobby", "--path", MANIFESTS, "--format", "json").json

    assert field(document, "layout") == {
        "path": "layout",
        "desired": "3x3",
        "live": "5x5",
        "applied": "2x2",
        "declared_at": "rooms.yaml:22:13",
    }
    assert field(document, "quality") == {
        "path": "quality",
        "desired": "1080p",
        "live": "1080p",
        "applied": "1080p",
        "declared_at": "rooms.yaml:8:14",
        "declared_via": "preset wall",
    }
    assert field(document, "description") == {
        "path": "description",
        "desired": None,
        "live": "by hand",
        "applied": None,
        "declared_at": None,
        "note": "not managed",
    }
    assert managed.get("Room", "lobby")["layout"] == "5x5"


def test_show_as_text_is_a_line_for_each_field(managed, done):
    lines = done("show", "Room/lobby").out.splitlines()

    layout, quality = (
        next(line for line in lines if f" {name} " in line) for name in ("layout", "quality")
    )
    assert [word for word in ('"2x2"', '"5x5"', "rooms.yaml:22:13") if word not in layout] == []
    assert "preset wall" in quality
    assert managed.writes[-1] == ("PUT", "Room")


def test_show_without_names_shows_all(apply, done, space):
    apply(room("a"), room("b"))

    assert [one["name"] for one in done("show", "--format", "json").json["resources"]] == ["a", "b"]
    assert len(space.writes) == 2


def test_show_of_what_is_not_there_is_answered_with_the_nearest(managed, reconciler):
    code, out, err = reconciler("show", "Room/loby")

    assert (code, out) == (1, "")
    assert "Room/lobby" in err
    assert managed.space


def test_show_offline_needs_no_credentials(declare, done):
    declare(room("lobby", layout="2x2"))

    assert '"2x2"' in done("show", "--offline", "--path", MANIFESTS).out


@pytest.mark.parametrize("kind", catalog.kinds())
def test_explain_a_kind_lists_its_fields(done, kinds, kind):
    out = done("explain", kind).out

    assert [name for name in kinds[kind].fields if name not in out] == []


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Room.layout", ["grid-responsive", "10x10", "default"]),
        ("Room.max_members", ["1", "300", "20"]),
        ("Conference.tone_on_entry_and_exit", ["update"]),
        ("Conference.dark_primary", ["#044EF4"]),
        ("Theme.dark", ["primary"]),
        ("Role.permissions", ["room.self.audio_mute"]),
        ("Stream.url", ["rtmp"]),
        ("Room.presets", ["Preset"]),
    ],
)
def test_explain_a_field_tells_its_values_and_when_it_can_be_written(done, subject, told):
    out = done("explain", subject).out

    assert out.startswith(subject)
    assert [word for word in told if word not in out] == []


@pytest.mark.parametrize(
    ("subject", "near"),
    [("Rom", "'Room'"), ("Room.layuot", "'layout'"), ("Room.layout.x", "layout")],
)
def test_explain_of_what_is_not_there_is_answered_with_the_nearest(reconciler, subject, near):
    code, out, err = reconciler("explain", subject)

    assert (code, out) == (1, "")
    assert near in err


@pytest.mark.parametrize("name", [*catalog.kinds(), "plan", "project"])
def test_schema_prints_a_schema_that_is_one(done, name):
    document = done("schema", name).json

    jsonschema.Draft202012Validator.check_schema(document)
    assert document["title"].lower() == name.lower()


def test_schema_write_makes_the_files_that_editors_read(done):
    done("schema", "--write", "deep/schemas")

    written = sorted(path.name for path in Path("deep", "schemas").iterdir())
    assert [
        f"{name}.schema.json"
        for name in ("conference", "preset", "role", "room", "theme")
        if f"{name}.schema.json" not in written
    ] == []
    for path in Path("deep", "schemas").iterdir():
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_bytes()))


def test_schema_of_what_is_not_there_is_answered_with_the_nearest(reconciler):
    code, out, err = reconciler("schema", "Rom")

    assert (code, out) == (1, "")
    assert "room" in err.lower()


def test_schema_write_over_a_file_is_an_error_that_names_it(reconciler):
    Path("schemas").write_text("", encoding="utf-8")

    code, _, err = reconciler("schema", "--write", "schemas")

    assert code == 1
    assert "schemas" in err


def test_a_schema_judges_the_examples_as_the_tool_does(done):
    validator = jsonschema.Draft202012Validator(done("schema", "Role").json)
    yaml = pytest.importorskip("yaml")

    assert (
        list(
            validator.iter_errors(
                yaml.safe_load((EXAMPLES / "quickstart" / "role.yaml").read_text(encoding="utf-8"))
            )
        )
        == []
    )


def last_words(text):
    """The path of each field and what its last column says."""
    lines = (re.split(r"\s{2,}", line.strip().removeprefix("~ ")) for line in text.splitlines())
    return {words[0]: words[-1] for words in lines if len(words) > 3}


def test_every_field_tells_where_it_comes_from(managed, done, declare):
    declare(room("lobby", layout="3x3"))

    words = last_words(done("show", "Room/lobby").out)

    assert words["layout"] == "rooms.yaml:8:13"
    assert (words["quality"], words["description"], words["max_members"]) == (
        "no longer declared",
        "not managed",
        "default",
    )


def test_what_nobody_manages_is_shown_where_it_is_asked_for_by_name(apply, done, space):
    apply(room("lobby"))
    space.create("Room", name="by-hand", layout="5x5")
    space.stream_to("Room", "by-hand", "rtmp://live.example/canary")

    out = done("show", "Room/by-hand").out

    assert out.startswith(f"Room/by-hand   id {space.get('Room', 'by-hand')['id']}, not managed\n")
    assert last_words(out)["layout"] == "not managed"
    assert last_words(out)["streams[0]"] == "not declared"
    assert "canary" not in out
    assert "by-hand" not in done("show").out


def test_streams_are_set_side_by_side_whatever_their_order(
    apply, declare, done, space, monkeypatch
):
    for name in "abc":
        monkeypatch.setenv(name.upper(), f"rtmp://live.example/{name}")
    urls = [{"url": f"${{env:{name}}}"} for name in "ABC"]
    apply(room("lobby", streams=urls))
    declare(room("lobby", streams=urls[::-1]))
    gone = next(one for one in space.streams("Room", "lobby") if one["url"].endswith("b"))
    space.ask("DELETE", f"/streams/{gone['id']}")
    space.stream_to("Room", "lobby", "rtmp://live.example/another")

    fields = done("show", "Room/lobby", "--format", "json").json["resources"][0]["fields"]

    secret = {"url": "(secret)"}
    sides = {
        one["path"]: (one["desired"], one["live"], one["applied"])
        for one in fields
        if one["path"].startswith("streams")
    }
    assert sides == {
        "streams[0]": (secret, secret, secret),
        "streams[1]": (secret, None, secret),
        "streams[2]": (secret, secret, secret),
        "streams[3]": (None, secret, None),
    }
    marked = [
        line.split()[1]
        for line in done("show", "Room/lobby").out.splitlines()
        if line.startswith("  ~")
    ]
    assert marked == ["streams[1]"]


def test_explain_alone_lists_the_kinds(done, kinds):
    assert [name for name in kinds if name not in done("explain").out] == []


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("room", "Room"),
        ("room.Layout", "Room.layout"),
        ("CONFERENCE.Streams.URL", "Conference.streams.url"),
        ("theme.Dark.primary", "Theme.dark.primary"),
        ("metadata", "metadata"),
        ("metadata.renamedfrom", "metadata.renamedFrom"),
        ("reconciler.yaml", "reconciler.yaml"),
    ],
)
def test_explain_takes_large_and_small_letters_and_all_that_the_reference_has(done, subject, title):
    assert done("explain", subject).out.splitlines()[0] == title


def test_explain_tells_each_field_of_the_project_file(done):
    out = done("explain", "reconciler.yaml").out

    assert [
        name
        for name in ("manifests", "safety.max_delete_count", "environments.NAME.api_token")
        if f"  {name} " not in out
    ] == []
    assert "manifests" not in done("explain", "reconciler.yaml.safety").out.partition("\n\n")[2]


def test_explain_of_a_field_that_the_project_file_lacks_is_answered_with_the_nearest(reconciler):
    code, out, err = reconciler("explain", "reconciler.yaml.manifest")

    assert (code, out) == (1, "")
    assert "reconciler.yaml has no field 'manifest'; did you mean 'manifests'?" in err


def test_explain_cuts_no_description_where_no_terminal_reads_it(done, kinds):
    whole = max((schema["description"] for schema in kinds["Room"].fields.values()), key=len)

    assert len(whole) > 100
    assert whole in done("explain", "Room").out
