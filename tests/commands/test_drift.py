from pathlib import Path

import pytest

from reconciler.reports.formats import DRIFT_FORMATS
from tests.commands.words import MANIFESTS, conference, counts, room, rooms


@pytest.fixture
def drift(reconciler):
    """The exit code and the document of ``drift --format json``."""

    def reported(*flags):
        result = reconciler("drift", MANIFESTS, "--format", "json", *flags)
        return result.code, result.json

    return reported


def test_nothing_changed_is_exit_0(apply, reconciler, space):
    apply(room("lobby"), conference("hall"))

    code, out, err = reconciler("drift", MANIFESTS)
    space_line, words = out.splitlines()
    assert (code, space_line.startswith("Space 127.0.0.1:"), err) == (0, True, "")
    assert words == "No drift: 2 resources are as last applied."
    assert len(space.writes) == 2


def test_changed_missing_and_unmanaged_stand_apart(apply, reconciler, space):
    apply(room("a", layout="2x2"), room("b"), room("c"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    space.create("Room", name="free")

    code, out, err = reconciler("drift", MANIFESTS, "--unmanaged")

    assert (code, err) == (2, "")
    assert [
        word
        for word in (
            "Room/a",
            "Room/b",
            "Room/free",
            '"2x2"',
            '"5x5"',
            "1 changed",
            "1 missing",
            "1 unmanaged",
        )
        if word not in out
    ] == []
    assert "Room/c" not in out


def test_the_document_has_the_shape_of_the_contract(apply, drift, space):
    apply(room("a", layout="2x2"), room("b"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    space.create("Room", name="free")

    code, document = drift()

    assert code == 2
    assert document["format_version"] == "1.0"
    assert document["summary"] == counts(update=1, create=1, drifted=2, unmanaged=1)
    assert document["drift"] == [
        {
            "action": "update",
            "kind": "Room",
            "name": "a",
            "id": space.get("Room", "a")["id"],
            "active_session": None,
            "updated_at": space.get("Room", "a")["updated_at"],
            "changes": [
                {
                    "path": "layout",
                    "before": "5x5",
                    "after": "2x2",
                    "origin": "drift",
                    "declared_at": "rooms.yaml:8:13",
                }
            ],
        },
        {
            "action": "create",
            "kind": "Room",
            "name": "b",
            "id": None,
            "active_session": None,
            "reason": "deleted outside",
            "changes": [],
        },
    ]


def test_the_document_lists_the_unmanaged_on_request(apply, drift, space):
    apply(room("a"))
    space.create("Room", name="free")
    space.create("Conference", name="also-free", display_name="Free")

    code, document = drift("--unmanaged")

    assert (code, document["drift"]) == (0, [])
    assert sorted(document["unmanaged"]) == ["Conference/also-free", "Room/free"]
    assert "unmanaged" not in drift()[1]


def test_a_field_that_nobody_declared_gives_neither_drift_nor_plan(apply, drift, plan, space):
    apply(room("a", layout="2x2"), conference("hall"))
    space.change("Room", "a", quality="1080p")
    space.change("Conference", "hall", size="large")

    code, document = drift()
    assert (code, document["drift"]) == (0, [])
    assert plan()["summary"] == counts(noop=2)


def test_a_change_of_the_manifests_is_no_drift(apply, declare, drift, space):
    apply(room("a", layout="2x2"), room("b"))
    declare(room("a", layout="3x3"), room("new"))

    code, document = drift()

    assert (code, document["drift"]) == (0, [])
    assert space.writes == [("POST", "Room")] * 2


def test_a_change_on_both_sides_is_drift_and_a_conflict(apply, declare, drift, space):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    declare(room("a", layout="3x3"))

    code, document = drift()

    assert code == 2
    assert [
        (change["path"], change["origin"]) for one in document["drift"] for change in one["changes"]
    ] == [("layout", "conflict")]


def test_a_change_on_both_sides_to_the_same_value_leaves_nothing_to_do(apply, declare, plan, space):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    declare(room("a", layout="5x5"))

    assert plan()["actions"] == []


def test_a_resource_deleted_outside_is_missing_also_where_it_is_declared_no_longer(
    apply, declare, plan, done, space
):
    apply(*rooms("a", "b", "c"))
    space.remove("Room", "b")
    declare(*rooms("a", "c"))

    assert plan()["actions"] == []
    done("apply", MANIFESTS, "--yes")
    assert space.names() == {"Room/a", "Room/c"}


def test_a_resource_deleted_and_made_again_outside_is_never_taken_for_ours(
    apply, reconciler, declare, space
):
    apply(*rooms("a", "b", "c"))
    space.remove("Room", "b")
    space.create("Room", name="b", layout="5x5")

    assert reconciler("drift", MANIFESTS).code == 2
    declare(*rooms("a", "c"))
    reconciler("apply", MANIFESTS, "--yes")
    assert space.get("Room", "b")["layout"] == "5x5"


def test_spelling_is_no_drift(apply, drift, space):
    apply(conference("a", dark_primary="#aabbcc", join_from="2027-01-31"))
    space.change("Conference", "a", dark_primary="#AABBCC", join_from="2027-01-31T02:00:00+02:00")

    assert drift()[0] == 0


def test_apply_undoes_drift(apply, done, drift, space):
    apply(room("a", layout="2x2"), room("b", layout="3x3"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")

    done("apply", MANIFESTS, "--yes")

    assert {name: one["layout"] for name, one in space.all("Room").items()} == {
        "a": "2x2",
        "b": "3x3",
    }
    assert drift()[0] == 0


def test_drift_writes_nothing_and_sends_nothing_but_get(apply, drift, space, tmp_path):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    before = (
        {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()},
        len(space.space.requests),
    )

    drift()

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before[0]
    assert {request.method for request in space.space.requests[before[1] :]} == {"GET"}


@pytest.mark.parametrize("form", DRIFT_FORMATS)
@pytest.mark.parametrize("existing", [0, 1])
def test_drift_of_what_was_never_applied_is_not_said_to_be_none(
    declare, reconciler, space, form, existing
):
    for _ in range(existing):
        space.create("Room", name="a")
    declare(room("a"), room("b"))

    code, out, err = reconciler("drift", MANIFESTS, "--format", form, "--report", "drift.md")

    assert (code, out, Path("drift.md").exists()) == (1, "", False)
    assert [
        words
        for words in (
            ".state.json: nothing is recorded for Space 127.0.0.1:",
            "drift of 2 declared resources cannot be determined",
            "1 exists" if existing else "none exists",
            "a first run or a forgotten --env",
            f"reconciler apply {MANIFESTS}",
            "--env NAME",
        )
        if words not in err
    ] == []


def test_nothing_declared_and_nothing_recorded_is_no_drift(reconciler, space):
    Path(MANIFESTS).write_text(
        "apiVersion: reconciler.dev/v1\nkind: Preset\nmetadata: {name: p}\nspec: {quality: 720p}\n",
        encoding="utf-8",
    )

    assert reconciler("drift", MANIFESTS).code == 0


def test_what_is_destroyed_and_still_declared_is_not_without_drift(apply, done, reconciler, space):
    apply(room("a"))
    done("destroy", MANIFESTS, "--yes")

    assert reconciler("drift", MANIFESTS).code == 1


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("text", "live 77, last applied 5"),
        ("json", '"before": 77'),
        ("markdown", "+     5"),
        ("junit", "live 77"),
        ("sarif", "max_members was changed outside"),
        ("html", "77"),
    ],
)
def test_what_is_declared_no_longer_and_was_changed_outside_is_drift(
    apply, declare, reconciler, space, form, told
):
    apply(room("a"), room("b", max_members=5))
    declare(room("a"))
    assert reconciler("drift", MANIFESTS).code == 0
    space.change("Room", "b", max_members=77)

    code, out, _ = reconciler("drift", MANIFESTS, "--format", form)

    assert (code, told in out) == (2, True)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("text", "77"),
        ("markdown", "max_members was changed outside: 77"),
        ("json", '"origin": "drift"'),
    ],
)
def test_a_deletion_says_what_somebody_changed_of_it(apply, declare, reconciler, space, form, told):
    apply(room("a"), room("b", max_members=5))
    declare(room("a"))
    space.change("Room", "b", max_members=77)

    code, out, _ = reconciler("plan", MANIFESTS, "--format", form)

    assert (code, told in out) == (0, True)


@pytest.mark.parametrize(
    "theirs",
    [
        {"owner": "ann", "x": None},
        {"x": None, "owner": "ann"},
        {"owner": "ann", "x": None, "y": None},
    ],
)
def test_a_null_inside_an_object_is_no_difference_for_any_command(
    apply, drift, plan, reconciler, space, theirs
):
    apply(room("a", meta={"owner": "ann"}))
    space.change("Room", "a", meta=theirs)

    assert drift()[0] == 0
    assert plan()["summary"] == counts(noop=1)
    assert reconciler("pull", "--all", MANIFESTS, "--yes").out == "Nothing to pull.\n"
    assert reconciler("apply", MANIFESTS, "--yes").code == 0


def test_a_null_inside_an_object_hides_no_other_drift(apply, drift, plan, reconciler, space):
    apply(room("a", meta={"owner": "ann", "deep": {"n": 1}}))
    space.change("Room", "a", meta={"owner": "bob", "deep": {"n": 1, "x": None}, "list": [None]})

    code, document = drift()

    assert code == 2
    assert [
        (one["path"], one["before"], one["after"]) for one in document["drift"][0]["changes"]
    ] == [
        ("meta.list", [None], None),
        ("meta.owner", "bob", "ann"),
    ]
    assert reconciler("pull", "--all", MANIFESTS, "--yes").code == 0
    assert plan()["summary"] == counts(noop=1)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "junit", "html"])
def test_every_format_says_when_it_changed_what_was_applied_and_what_to_do(
    form, apply, reconciler, space, monkeypatch
):
    monkeypatch.setenv("GITHUB_SHA", "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678")
    apply(room("a", layout="2x2"), room("b"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    changed = space.get("Room", "a")["updated_at"]

    out = reconciler("drift", MANIFESTS, "--format", form).out

    at = changed if form == "json" else f"{changed[:10]} {changed[11:16]} UTC"
    for words in (
        at,
        "1a2b3c4d5e6f",
        f"reconciler apply {MANIFESTS}",
        f"reconciler pull Room/a {MANIFESTS}",
        f"reconciler pull Room/b {MANIFESTS} --drop-deleted",
    ):
        assert words in out
    if form == "text":
        assert out.splitlines()[-3].startswith("Undo: ")


@pytest.mark.parametrize("number", [1, 4])
def test_what_was_created_again_outside_is_adopted_by_the_command_that_the_report_names(
    apply, reconciler, space, number
):
    names = [f"r{at}" for at in range(number)]
    apply(*rooms(*names, "other"))
    for name in names:
        space.remove("Room", name)
        space.create("Room", name=name)

    out = reconciler("drift", MANIFESTS).out
    command = out.partition("Adopt: reconciler ")[2].splitlines()[0]

    assert "Undo:" not in out
    assert reconciler(*command.split(), "--yes").code == 0
    assert reconciler("drift", MANIFESTS).code == 0


def test_what_was_changed_and_what_was_created_again_have_a_step_each(apply, reconciler, space):
    apply(room("a", layout="2x2"), room("b"))
    space.change("Room", "a", layout="5x5")
    space.remove("Room", "b")
    space.create("Room", name="b")

    out = reconciler("drift", MANIFESTS).out

    assert f"Undo: reconciler apply {MANIFESTS}\n" in out
    assert f"Adopt: reconciler apply {MANIFESTS} --adopt Room/b\n" in out
    assert f"Keep: reconciler pull Room/a {MANIFESTS}\n" in out


def test_what_was_created_again_is_not_said_to_be_a_further_resource(
    apply, declare, reconciler, space
):
    apply(room("a"))
    space.remove("Room", "a")
    space.create("Room", name="a")

    assert "not managed yet" not in reconciler("drift", MANIFESTS).err

    space.create("Room", name="b")
    declare(room("a"), room("b"))

    assert "1 declared resource exists in the Space but is" in reconciler("drift", MANIFESTS).err
