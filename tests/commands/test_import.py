import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.core.errors import StateError
from reconciler.core.plan import make_plan
from reconciler.core.resources import Address, Live, Secret
from reconciler.engine.connection import Connection
from reconciler.engine.importer.drafts import check_drafts
from reconciler.engine.importer.importer import _record_adoptions
from reconciler.localspace import Settings, serve
from reconciler.state.backends.local import LocalState
from reconciler.state.record import new_state
from tests.commands.words import counts, manifest, recorded, room, write_manifests
from tests.effort import examples
from tests.integration.end_to_end.driver import Site
from tests.integration.end_to_end.worlds import documents, texts
from tests.unit.core.worlds import UNDOCUMENTED, desired, ident, live

KINDS = catalog.kinds()
OUT = "manifests"
URL = "rtmp://live.example/app/canary-key"


@pytest.fixture
def set_variables(monkeypatch):
    """Set what a file of ``export NAME=VALUE`` lines says."""

    def done(file):
        for name, value in exported(file).items():
            monkeypatch.setenv(name, value)

    return done


def exported(file):
    words = subprocess.run(
        ["sh", "-c", f". ./{file} && env"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return dict(line.split("=", 1) for line in words.stdout.splitlines() if "_URL" in line)


def written():
    """Every manifest below the folder by its path."""
    return {
        str(path.relative_to(OUT)): path.read_text(encoding="utf-8")
        for path in sorted(Path(OUT).rglob("*.yaml"))
    }


def empty(reconciler, *paths):
    result = reconciler("plan", *(paths or (OUT,)), "--format", "json")
    assert result.code == 0, result.err
    return {
        name: number
        for name, number in result.json["summary"].items()
        if number and name not in ("noop", "unmanaged")
    } == {}


LOBBY = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata:
  name: lobby
spec:
  display_name: The lobby
  quality: 1080p
  join_from: "2027-01-31T00:00:00Z"
"""


def test_a_live_room_becomes_a_tidy_manifest_and_is_managed(space, done, reconciler):
    space.create(
        "Room",
        name="lobby",
        display_name="The lobby",
        quality="1080p",
        join_from="2027-01-31",
        max_members=20,
    )
    writes = len(space.writes)

    out = done("import", "--all", "--out", OUT).out

    assert written() == {"rooms/lobby.yaml": LOBBY}
    assert (
        out
        == f"Imported 1 resource into 1 file below {OUT}.\nThe next plan is empty unless something changes before it.\n"
    )
    assert empty(reconciler)
    assert reconciler("plan", OUT, "--format", "json").json["summary"] == counts(noop=1)
    assert len(space.writes) == writes


def test_full_writes_defaults_and_nothing_that_only_the_space_sets(space, done, reconciler):
    space.create("Room", name="lobby")

    done("import", "Room/lobby", "--out", OUT, "--full")

    fields = re.findall(
        r"^  (\w+):", written()["rooms/lobby.yaml"].partition("spec:")[2], re.MULTILINE
    )
    assert fields == [*KINDS["Room"].attributes, "streams"]
    assert empty(reconciler)


def test_one_file_for_each_kind_in_name_order(space, done, reconciler):
    for name in ("b", "a"):
        space.create("Room", name=name)
    space.create("Conference", name="c", display_name="C")

    done("import", "--all", "--out", OUT, "--per", "kind")

    assert list(written()) == ["conferences.yaml", "rooms.yaml"]
    assert re.findall(r"name: (\w+)", written()["rooms.yaml"]) == ["a", "b"]
    assert empty(reconciler)


@pytest.mark.parametrize("flag", ["--matching", "--selector"])
def test_a_pattern_of_names_chooses(space, done, flag):
    for name in ("web-a", "web-b", "other"):
        space.create("Room", name=name)
    space.create("Conference", name="web-c", display_name="C")

    done("import", flag, "Room/web-*", "--out", OUT)

    assert list(written()) == ["rooms/web-a.yaml", "rooms/web-b.yaml"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "no resource is named"),
        (["Room/loby"], "did you mean 'Room/lobby'?"),
        (["--matching", "x*"], "no name in the Space matches 'x*'"),
        (["lobby"], "is not KIND/NAME"),
        (["--all", "--preset", "a/b"], "is not a valid name"),
        (["--all", "--preset", "p"], "no other values are shared by several resources"),
        (["--all", "--preset", "p=lob*"], "have nothing in common that differs from the defaults"),
        (["--all", "--theme", "t=x*"], "are not among those that are imported"),
    ],
)
def test_words_that_make_no_sense_write_nothing(space, reconciler, words, told):
    space.create("Room", name="lobby")

    code, _, err = reconciler("import", *words, "--out", OUT)

    assert (code, written(), recorded()) == (1, {}, {})
    assert told in err


def test_secrets_become_variables_whose_names_are_told_and_whose_values_are_not(
    space, done, reconciler, monkeypatch
):
    space.create("Room", name="lobby")
    space.stream_to("Room", "lobby", URL)

    result = done("import", "--all", "--out", OUT)

    assert "    - url: ${env:ROOM_LOBBY_STREAM_URL}\n" in written()["rooms/lobby.yaml"]
    assert "\n  ROOM_LOBBY_STREAM_URL\n" in result.out
    assert reconciler("plan", OUT).code == 1
    monkeypatch.setenv("ROOM_LOBBY_STREAM_URL", URL)
    assert empty(reconciler)
    kept = b"".join(recorded().values()).decode()
    assert "canary-key" not in kept + result.out + result.err + "".join(written().values())


def test_values_are_written_to_a_new_private_file_where_that_is_asked_for(
    space, done, reconciler, set_variables
):
    space.create("Room", name="lobby")
    space.stream_to("Room", "lobby", URL + "?a='b'&c=$d")

    result = done("import", "--all", "--out", OUT, "--write-env", "secrets.env")

    assert stat.S_IMODE(Path("secrets.env").stat().st_mode) == 0o600
    assert exported("secrets.env") == {"ROOM_LOBBY_STREAM_URL": URL + "?a='b'&c=$d"}
    assert "canary-key" not in result.out + result.err
    set_variables("secrets.env")
    assert empty(reconciler)


def test_a_file_of_values_is_never_written_over(space, reconciler):
    space.create("Room", name="lobby")
    Path("secrets.env").write_text("mine", encoding="utf-8")

    code, _, err = reconciler(
        "import", "--all", "--out", OUT, "--write-env", "secrets.env", "--overwrite"
    )

    assert (code, written(), Path("secrets.env").read_text(encoding="utf-8")) == (3, {}, "mine")
    assert "secrets.env exists already" in err


def test_a_file_of_values_that_git_would_take_is_warned_of(space, done):
    space.create("Room", name="lobby")
    space.stream_to("Room", "lobby", URL)
    subprocess.run(["git", "init", "-q", "."], check=True)
    Path(".gitignore").write_text("*.ignored\n", encoding="utf-8")

    assert (
        "git does not ignore secrets.env"
        in done("import", "--all", "--out", OUT, "--write-env", "secrets.env").err
    )
    done("state", "rm", "Room/lobby")
    assert (
        "git"
        not in done(
            "import", "--all", "--out", OUT, "--overwrite", "--write-env", "secrets.ignored"
        ).err
    )


def test_an_existing_file_is_written_over_only_where_that_is_said(space, reconciler, done):
    space.create("Room", name="lobby")
    Path(OUT, "rooms").mkdir(parents=True)
    file = Path(OUT, "rooms", "lobby.yaml")
    write_manifests(room("another"), to=file)
    before = file.read_text(encoding="utf-8")

    code, _, err = reconciler("import", "--all", "--out", OUT)

    assert (code, file.read_text(encoding="utf-8"), recorded()) == (3, before, {})
    assert "rooms/lobby.yaml" in err
    assert "--overwrite" in err
    code, _, err = reconciler("import", "--all", "--out", OUT, "--overwrite")
    assert (code, file.read_text(encoding="utf-8"), recorded()) == (3, before, {})
    assert "also declares Room/another" in err
    file.write_text("# nothing\n---\n" + LOBBY.replace("The lobby", "Old"), encoding="utf-8")
    assert (
        "name Room/lobby to overwrite it"
        in done("import", "--all", "--out", OUT, "--overwrite").out
    )
    out = done("import", "Room/lobby", "--out", OUT, "--overwrite").out
    assert f"Overwritten:\n  {OUT}/rooms/lobby.yaml, which was edited since its import\n" in out
    assert written() == {
        "rooms/lobby.yaml": "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: lobby\nspec: {}\n"
    }


def test_what_is_managed_or_declared_is_left_alone_and_said(
    space, apply, declare, done, reconciler
):
    apply(room("managed"))
    declare(room("managed"), room("declared"), room("new-name", renamed_from="old-name"))
    for name in ("declared", "free", "old-name"):
        space.create("Room", name=name)

    out = done("import", "--all", "--out", OUT).out

    assert list(written()) == ["rooms/free.yaml"]
    assert "  Room/managed: managed already, declared at rooms.yaml:5:11\n" in out
    assert (
        "  Room/declared: declared already, at rooms.yaml:14:11; apply --adopt Room/declared adopts it\n"
        in out
    )
    assert (
        "  Room/old-name: declared already, at rooms.yaml:23:11; apply --adopt Room/new-name adopts it\n"
        in out
    )
    assert empty(reconciler, OUT, "rooms.yaml") is False  # the other two are still to be adopted
    assert reconciler("plan", OUT, "rooms.yaml", "--format", "json").json["summary"] == counts(
        adopt=2, noop=2
    )


def test_an_import_again_has_nothing_left_to_do(space, done):
    space.create("Room", name="lobby")
    done("import", "--all", "--out", OUT)
    before, record = written(), recorded()

    out = done("import", "--all", "--out", OUT).out

    assert out.startswith("Nothing was imported.\nNot imported:\n  Room/lobby: managed already")
    assert (written(), recorded()) == (before, record)


def test_an_empty_space_has_nothing_to_import(space, done):
    assert done("import", "--all", "--out", OUT).out == "There is nothing to import.\n"
    assert not Path(OUT).exists()
    assert space.writes == []


def test_what_is_shared_is_offered_and_the_words_of_the_offer_make_it(space, done, reconciler):
    for number in range(3):
        space.create(
            "Conference",
            name=f"web-{number}",
            display_name=str(number),
            layout="5x5",
            quality="1080p",
            dark_primary="#abcdef",
        )
    space.create("Conference", name="other", display_name="other", dark_primary="#abcdef")

    offered = done("import", "--all", "--out", OUT).out

    assert "  3 resources with the same quality, layout: --preset 'web=web-*'\n" in offered
    assert "  4 resources with the same dark_primary: --theme brand\n" in offered
    out = done(
        "import", "--all", "--out", OUT, "--overwrite", "--preset", "web=web-*", "--theme", "brand"
    ).out
    assert out.startswith(
        f"Imported 4 resources into 6 files below {OUT}, with Preset/web, Theme/brand.\n"
    )
    assert "Possible presets" not in out
    assert written()["conferences/web-1.yaml"].partition("spec:\n")[2] == (
        '  presets:\n    - web\n  theme: brand\n  display_name: "1"\n'
    )
    assert written()["themes/brand.yaml"].endswith('spec:\n  dark:\n    primary: "#ABCDEF"\n')
    assert empty(reconciler)


def test_a_preset_that_is_declared_already_is_not_made_again(space, declare, reconciler):
    declare(manifest("Preset", "web", layout="5x5"))
    for number in range(3):
        space.create("Room", name=f"web-{number}", layout="5x5", quality="1080p")

    for flags in ([], ["--overwrite"]):
        code, _, err = reconciler("import", "--all", "--out", OUT, "--preset", "web", *flags)
        assert (code, written()) == (1, {})
        assert "Preset/web is declared already" in err


def by_hand(declare, apply):
    """A room that somebody declared and applied, in the file that an import would choose: with a preset and a comment."""
    declare(manifest("Preset", "base", quality="1080p"), to=f"{OUT}/presets/base.yaml")
    file = Path(OUT, "rooms", "lobby.yaml")
    declare(room("lobby", presets=["base"], max_members=8), to=file)
    file.write_text("# the front door\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    apply(paths=[OUT])
    return file.read_text(encoding="utf-8")


def test_the_words_of_an_offer_leave_alone_what_a_person_wrote(space, declare, done, reconciler):
    mine = by_hand(declare, lambda paths: done("apply", *paths, "--yes"))
    for number in range(3):
        space.create("Room", name=f"web-{number}", layout="5x5", quality="1080p")
    space.change("Room", "lobby", layout="5x5")
    assert "--preset 'web=web-*'" in done("import", "--all", "--out", OUT, "--path", OUT).out

    for flag in ("--all", "--matching=*"):
        out = done(
            "import", flag, "--out", OUT, "--path", OUT, "--overwrite", "--preset", "web=web-*"
        ).out

        assert out.startswith(f"Imported 3 resources into 4 files below {OUT}, with Preset/web.\n")
        assert (
            f"  Room/lobby: managed already, declared at {OUT}/rooms/lobby.yaml:6:11; the file was edited since its import: "
            in out
        )
        assert (
            "Overwritten:\n" + "".join(f"  {OUT}/rooms/web-{number}.yaml\n" for number in range(3))
            in out
        ) is (flag == "--all")
        assert written()["rooms/lobby.yaml"] == mine
        assert empty(reconciler)


@pytest.mark.parametrize(
    "change", [lambda text: text + "# mine\n", lambda text: text.replace("5x5", "3x3")]
)
def test_a_file_of_an_import_that_was_changed_since_is_a_persons(space, done, change):
    for number in range(2):
        space.create("Room", name=f"web-{number}", layout="5x5")
    done("import", "--all", "--out", OUT)
    file = Path(OUT, "rooms", "web-0.yaml")
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    changed = written()

    out = done("import", "--all", "--out", OUT, "--overwrite", "--full").out

    assert out.startswith(
        f"Imported 1 resource into 1 file below {OUT}.\nOverwritten:\n  {OUT}/rooms/web-1.yaml\nNot imported:\n"
    )
    assert written()["rooms/web-0.yaml"] == changed["rooms/web-0.yaml"]


def test_without_a_memory_nothing_is_written_over_unasked(space, done):
    space.create("Room", name="lobby")
    done("import", "--all", "--out", OUT)
    memory = Path(".reconciler", "imported.json")
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600

    for damaged in ("[]", '{"files": 1}', "{"):
        memory.write_text(damaged, encoding="utf-8")
        assert done("import", "--all", "--out", OUT, "--overwrite", "--full").out.startswith(
            "Nothing was imported.\n"
        )


def test_a_preset_that_a_person_wrote_is_not_written_over(space, declare, done, reconciler):
    mine = by_hand(declare, lambda paths: done("apply", *paths, "--yes"))
    for number in range(3):
        space.create("Room", name=f"web-{number}", layout="5x5", quality="1080p")

    code, _, err = reconciler(
        "import", "--all", "--out", OUT, "--path", OUT, "--overwrite", "--preset", "base=web-*"
    )

    assert (code, list(written())) == (1, ["presets/base.yaml", "rooms/lobby.yaml"])
    assert "Preset/base is declared already" in err
    assert written()["rooms/lobby.yaml"] == mine


def test_a_file_with_all_of_a_kind_that_was_changed_is_not_written_over_for_what_is_new(
    space, done, reconciler
):
    space.create("Room", name="lobby")
    done("import", "--all", "--out", OUT, "--per", "kind")
    file = Path(OUT, "rooms.yaml")
    file.write_text("# mine\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    space.create("Room", name="new")

    code, _, err = reconciler("import", "--all", "--out", OUT, "--per", "kind", "--overwrite")

    assert (code, file.read_text(encoding="utf-8").startswith("# mine\n")) == (3, True)
    assert "also declares Room/lobby" in err
    done("import", "Room/lobby", "Room/new", "--out", OUT, "--per", "kind", "--overwrite")
    assert empty(reconciler)


def test_text_of_every_sort_comes_back_as_it_was(space, done, reconciler):
    texts = [
        "a ${x}\n$${y}\n",
        "- a: b # c\n\n  d",
        "\ttab",
        "on",
        "'\"",
        "\u00a0",
        "a\r\nb",
        "${env:HOME}",
        "# a\n---\nb",
        "🙂\u200d🙂",
    ]
    for number, text in enumerate(texts):
        space.create("Room", name=f"r{number}", description=text, meta={text: [text]})

    out = done("import", "--all", "--out", OUT).out

    assert "Left out of the manifests" not in out
    assert sorted(text.count("description:") for text in written().values()) == [1] * len(texts)
    assert empty(reconciler)
    assert reconciler("fmt", OUT, "--check").code == 0


def test_importing_again_keeps_labels_and_protection_and_names_of_variables(
    space, declare, apply, done, reconciler, monkeypatch
):
    monkeypatch.setenv("ROOM_LOBBY_STREAM_URL", URL)
    space.create("Room", name="lobby")
    space.stream_to("Room", "lobby", URL)
    done("import", "--all", "--out", OUT)
    file = Path(OUT, "rooms", "lobby.yaml")
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("name: lobby", "name: lobby\n  labels:\n    team: growth\n  protect: true"),
        encoding="utf-8",
    )
    marked = file.read_text(encoding="utf-8")

    done("import", "Room/lobby", "--out", OUT, "--overwrite")

    assert file.read_text(encoding="utf-8") == marked
    assert empty(reconciler)


def test_names_that_no_file_can_have_get_one_that_can(space, done, reconciler):
    for name in ("reconciler", "CON", "con_", "-dash", "007"):
        space.create("Room", name=name)

    done("import", "--all", "--out", OUT)

    assert list(written()) == [
        "rooms/-dash.yaml",
        "rooms/007.yaml",
        "rooms/CON_.yaml",
        "rooms/con__.yaml",
        "rooms/reconciler_.yaml",
    ]
    assert empty(reconciler)


def test_names_that_differ_only_by_case_are_imported_each_into_its_own_file(
    space, done, reconciler
):
    for name in ("lobby", "Lobby", "LOBBY"):
        space.create("Room", name=name)

    done("import", "--all", "--out", OUT)

    assert list(written()) == ["rooms/LOBBY.yaml", "rooms/Lobby_.yaml", "rooms/lobby__.yaml"]
    assert empty(reconciler)


def test_a_name_that_differs_by_case_has_the_same_file_however_much_is_imported(
    space, done, reconciler
):
    for name in ("lobby", "Lobby"):
        space.create("Room", name=name)

    done("import", "Room/lobby", "--out", OUT)
    done("import", "Room/Lobby", "--out", OUT)

    assert list(written()) == ["rooms/Lobby.yaml", "rooms/lobby_.yaml"]
    assert empty(reconciler)


def test_a_folder_that_the_project_does_not_read_is_said(space, done):
    space.create("Room", name="lobby")
    Path("reconciler.yaml").write_text("manifests: [elsewhere]\n", encoding="utf-8")

    assert (
        f"{OUT} is not under 'manifests' in reconciler.yaml"
        in done("import", "--all", "--out", OUT).out
    )


def test_broken_manifests_stop_an_import(space, reconciler):
    space.create("Room", name="lobby")
    Path("broken.yaml").write_text("kind: [", encoding="utf-8")

    code, _, err = reconciler("import", "--all", "--out", OUT)

    assert (code, written()) == (1, {})
    assert "broken.yaml:1:7" in err
    assert "--path PATH" in err
    assert reconciler("import", "--all", "--out", OUT, "--path", OUT).code == 0


def test_where_the_record_cannot_be_written_no_file_stays(space, reconciler, done):
    space.create("Room", name="lobby")
    space.create("Room", name="other")
    done("import", "Room/other", "--out", OUT)
    before = written()
    state = next(Path(".reconciler").glob("*.state.json"))
    state.with_name(f"{state.name}.4").write_text("", encoding="utf-8")
    state.with_name(f"{state.name}.5").mkdir()

    code, _, err = reconciler("import", "Room/lobby", "--out", OUT, "--write-env", "secrets.env")

    assert (code, written(), Path("secrets.env").exists()) == (1, before, False)
    assert "cannot be written" in err


class LateStore:
    """A record whose disk fails in the middle of a write; ``kept`` says what a reader finds then."""

    def __init__(self, kept):
        self.kept = kept

    def write(self, state):
        self.kept = self.kept(state)
        raise StateError("the disk is gone")

    def read(self):
        if self.kept is None:
            raise StateError("it cannot be read")
        return self.kept


@pytest.mark.parametrize("kept", [lambda state: state, lambda _: None])
def test_where_the_record_may_have_been_written_the_files_stay(kept):
    world, state = Connection(None, None, LateStore(kept)), new_state("s", "p")
    plan = make_plan(
        (desired("Room", "a"),), {}, (live("Room", "a", 1),), kinds=KINDS, key=state.key
    )

    assert str(_record_adoptions(world, state, plan)) == "the disk is gone"


def test_a_folder_that_cannot_be_made_is_named_and_what_was_written_is_taken_back(
    space, reconciler
):
    space.create("Room", name="lobby")
    space.create("Conference", name="hall", display_name="Hall")
    Path(OUT).mkdir()
    Path(OUT, "rooms").write_text("", encoding="utf-8")

    code, _, err = reconciler("import", "--all", "--out", OUT)

    assert (code, recorded()) == (1, {})
    assert [path.name for path in Path(OUT).iterdir()] == ["rooms"]
    assert f"{OUT}/rooms" in err


def test_another_run_keeps_an_import_away(space, reconciler, done):
    space.create("Room", name="lobby")
    done("plan", "--space", "local", "-h")
    host = os.environ["SIGNALWIRE_SPACE"].replace(":", "_")
    store = LocalState(
        Path(".reconciler", f"{host}.state.json"),
        space=os.environ["SIGNALWIRE_SPACE"],
        project="project",
    )
    with store.lock(reason="apply", since="now"):
        code, _, err = reconciler("import", "--all", "--out", OUT)
    assert (code, written()) == (3, {})
    assert "apply" in err


def test_a_crash_between_files_and_record_leaves_what_can_be_adopted(space, done, reconciler):
    space.create("Room", name="lobby")
    done("import", "--all", "--out", OUT)
    for file in Path(".reconciler").glob("*.state.json*"):
        file.unlink()

    assert reconciler("plan", OUT, "--format", "json").json["summary"] == counts(adopt=1)
    assert "apply --adopt Room/lobby adopts it" in done("import", "--all", "--out", OUT).out
    done("import", "--all", "--out", OUT, "--overwrite")
    assert empty(reconciler)


def odd(kind="Room", name="a", number=1, **attributes):
    return live(kind, name, number, **attributes)


@pytest.mark.parametrize(
    ("there", "spec", "left_out"),
    [
        (
            odd(layout="7x7", quality="1080p"),
            {"quality": "1080p"},
            {"layout": "'7x7' is not a layout"},
        ),
        (odd(max_members=301), {}, {"max_members": "301"}),
        (
            odd(join_from="2027-02-01T00:00:00Z", join_until="2027-01-01T00:00:00Z"),
            {},
            {"join_from": "earlier", "join_until": "later"},
        ),
        (odd(join_from="soon"), {}, {"join_from": "not a date and time"}),
        (odd(meta={"a": "x" * 2000}), {}, {"meta": "characters long"}),
        (odd(meta={"k" * 1500: 1}), {}, {}),
        (
            odd(streams=[(8, "rtmp://h/a"), (9, "rtmp://h/a")], quality="1080p"),
            {"quality": "1080p"},
            {"streams": "the same url"},
        ),
        (odd(streams=[(8, "http://h/a")]), {}, {"streams": "does not start with"}),
        (
            odd("Conference", display_name="x", dark_primary="red"),
            {"display_name": "x", **UNDOCUMENTED},
            {"dark_primary": "'RED'"},
        ),
    ],
)
def test_what_the_loader_refuses_is_left_out_and_said(there, spec, left_out):
    found = check_drafts(KINDS, [there, odd(name="fine", number=2, quality="1080p")], full=False)

    if not left_out:
        assert list(found.refused) == [there.address]
        return
    draft, fine = found.drafts
    assert (draft.spec, fine.spec, found.refused) == (spec, {"quality": "1080p"}, {})
    assert draft.left_out.keys() == left_out.keys()
    assert [name for name, words in left_out.items() if words not in draft.left_out[name]] == []


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (
            odd("Conference", display_name=None),
            "its display_name cannot be declared, and is required: it is not set",
        ),
        (
            odd("Conference", display_name="x" * 201),
            "its display_name cannot be declared, and is required: ",
        ),
        (odd(name="x" * 101), "101"),
    ],
)
def test_a_resource_that_no_manifest_can_declare_is_refused_with_its_reason(there, told):
    found = check_drafts(KINDS, [there], full=False)

    assert found.drafts == ()
    assert told in found.refused[there.address]


def test_a_secret_that_is_refused_is_not_told():
    there = Live(
        Address("Room", "a"),
        ident(1),
        {"name": "a"},
        {"streams": (Live(Address("Stream", ident(2)), ident(2), {"url": Secret(f"x {URL}")}),)},
    )

    assert "canary" not in str(check_drafts(KINDS, [there], full=False))


KNOBS = st.builds(
    Settings,
    put=st.sampled_from(["merge", "replace"]),
    colours=st.sampled_from(["as_sent", "upper", "lower"]),
    instants=st.sampled_from(["Z", "offset", "fraction"]),
    links=st.sampled_from(["absolute", "relative"]),
    empty_page=st.none() | st.just(0),
)


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(st.data(), KNOBS)
def test_whatever_is_in_the_space_the_plan_after_an_import_is_empty(tmp_path_factory, data, knobs):
    folder = tmp_path_factory.mktemp("import")
    found = data.draw(documents())
    with (
        Site(knobs) as site,
        serve(site.space, port=0) as server,
        pytest.MonkeyPatch.context() as patched,
    ):
        site.give(
            data.draw(texts(found)),
            KA="rtmp://h/a",
            KB="rtmp://h/b",
            KC="rtmp://h/c",
            KD="rtmp://h/d",
        )
        patched.chdir(folder)
        for name, value in (
            ("SPACE", f"127.0.0.1:{server.port}"),
            ("PROJECT_ID", "p"),
            ("API_TOKEN", "PTcanary"),
        ):
            patched.setenv(f"SIGNALWIRE_{name}", value)
        mark = site.mark
        flags = data.draw(st.lists(st.sampled_from(["--full", "--per=kind"]), unique=True))
        assert run(["import", "--all", "--out", OUT, "--write-env", "x.env", *flags]) == 0
        for name, value in (exported("x.env") if Path("x.env").exists() else {}).items():
            patched.setenv(name, value)
        expected = 0 if any(KINDS[one["kind"]].type == "resource" for one in found) else 1
        assert run(["plan", OUT, "--detailed-exitcode"]) == expected
        assert run(["drift", OUT]) == expected
        assert site.sent(mark) == []


LINE = "# yaml-language-server: $schema=../.schemas/manifest.schema.json\n"


@pytest.mark.parametrize("has_schemas", [True, False])
def test_each_document_names_the_schema_that_there_is(done, space, has_schemas):
    """Where ``init`` or ``schema --write .schemas`` put it; a line that leads nowhere helps no editor."""
    space.create("Room", name="lobby", max_members=5)
    space.create("Room", name="lounge", max_members=6)
    if has_schemas:
        done("schema", "--write", ".schemas")

    done("import", "--all", "--out", OUT, "--per", "kind")

    parts = written()["rooms.yaml"].split("---\n")
    assert len(parts) == 2
    assert all(part.startswith(f"{LINE if has_schemas else ''}apiVersion: ") for part in parts)
