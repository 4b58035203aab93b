import hashlib
import json
from pathlib import Path

import jsonschema
import pytest

from reconciler import catalog
from tests.commands.words import MANIFESTS, conference, counts, room

NOON = "1767268800"  # 2026-01-01T12:00:00Z


@pytest.fixture
def valid():
    """Check a document against the plan's schema."""
    schema = jsonschema.Draft202012Validator(
        catalog.documents()["plan.schema.json"], format_checker=jsonschema.FormatChecker()
    )

    def check(document):
        assert [
            f"{error.json_path}: {error.message}" for error in schema.iter_errors(document)
        ] == []
        return document

    return check


@pytest.fixture
def everything(apply, declare, space):
    """Manifests and a Space between which every action is due."""
    apply(
        room("update", layout="2x2"),
        room("old"),
        room("gone"),
        room("same"),
        room("missing"),
        conference("hall"),
    )
    space.create("Room", name="adopt", layout="5x5")
    space.create("Room", name="free")
    space.remove("Room", "missing")
    space.change("Room", "update", layout="3x3")
    space.space.start_session("Room", "old", members=2)
    declare(
        room("update", layout="2x2", quality="1080p"),
        room("new", renamed_from="old", description="moved"),
        room("same"),
        room("missing"),
        room("adopt", layout="2x2"),
        room("create", max_members=5),
        conference("hall"),
    )
    return space


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    "flags",
    [[], ["--unmanaged"], ["--no-prune"], ["--target", "Room/update"], ["--refresh-only"]],
    ids=" ".join,
)
def test_every_plan_holds_to_the_schema(plan, valid, flags):
    valid(plan(*flags))


@pytest.mark.usefixtures("space")
def test_an_empty_plan_holds_to_the_schema(apply, plan, valid):
    apply(room("lobby"))

    document = valid(plan())

    assert (document["summary"], document["actions"]) == (counts(noop=1), [])


@pytest.mark.usefixtures("everything")
def test_the_summary_counts_everything_once(plan):
    assert plan()["summary"] == counts(
        create=2, update=1, rename=1, adopt=1, delete=1, noop=2, drifted=2, unmanaged=1
    )


def test_an_action_has_the_fields_of_the_contract(everything, plan):
    ids = {name: one["id"] for name, one in everything.all("Room").items()}
    found = {(one["action"], one["name"]): one for one in plan()["actions"]}

    assert {key: one["id"] for key, one in found.items()} == {
        ("update", "update"): ids["update"],
        ("rename", "new"): ids["old"],
        ("delete", "gone"): ids["gone"],
        ("adopt", "adopt"): ids["adopt"],
        ("create", "create"): None,
        ("create", "missing"): None,
    }
    assert found["update", "update"]["changes"] == [
        {
            "path": "quality",
            "before": "720p",
            "after": "1080p",
            "origin": "manifest",
            "declared_at": "rooms.yaml:9:14",
        },
        {
            "path": "layout",
            "before": "3x3",
            "after": "2x2",
            "origin": "drift",
            "declared_at": "rooms.yaml:8:13",
        },
    ]
    assert found["create", "create"]["changes"] == [
        {
            "path": "max_members",
            "before": None,
            "after": 5,
            "origin": "manifest",
            "declared_at": "rooms.yaml:61:18",
        }
    ]
    assert {
        key: one["active_session"] is not None
        for key, one in found.items()
        if key[0] in ("rename", "delete")
    } == {
        ("rename", "new"): True,
        ("delete", "gone"): False,
    }
    assert found["create", "missing"]["reason"] == "deleted outside"


@pytest.mark.usefixtures("everything")
def test_a_rename_and_an_adoption_can_carry_changes(plan):
    paths = {
        one["action"]: {change["path"] for change in one["changes"]}
        for one in plan()["actions"]
        if one["action"] in ("rename", "adopt")
    }

    assert paths == {"rename": {"name", "description"}, "adopt": {"layout"}}


@pytest.mark.usefixtures("everything")
def test_refusals_name_the_flag_that_consents(plan):
    assert {refusal["consent"] for refusal in plan()["refusals"]} == {
        "--adopt Room/adopt",
        "--allow-live Room/old",
    }


@pytest.mark.usefixtures("everything")
def test_the_digest_is_that_of_the_contents(plan):
    document, apart = (
        plan(),
        {
            "created_at",
            "made_by",
            "commit",
            "digest",
            "summary",
            "unmanaged",
            "refusals",
            "suggestions",
        },
    )
    said = {key: value for key, value in document.items() if key not in apart}
    beside = {"active_session", "updated_at"}
    said["actions"] = [
        {key: value for key, value in one.items() if key not in beside}
        for one in document["actions"]
    ]

    text = json.dumps(said, sort_keys=True, separators=(",", ":"))

    assert document["digest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("form", ["json", "text"])
def test_equal_input_gives_byte_equal_plans(done, monkeypatch, form):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOON)

    first, second = (
        done("plan", MANIFESTS, "--format", form),
        done("plan", MANIFESTS, "--format", form),
    )

    assert first == second
    if form == "json":
        assert first.json["created_at"] == "2026-01-01T12:00:00Z"


@pytest.mark.usefixtures("space")
def test_the_order_of_manifests_makes_no_difference_but_for_positions(plan, declare):
    declare(room("a"), room("b"), conference("c"))
    first = plan()
    declare(conference("c"), room("b"), room("a"))

    assert [one["name"] for one in plan()["actions"]] == [one["name"] for one in first["actions"]]


@pytest.mark.usefixtures("everything")
def test_out_writes_the_plan_as_json_whatever_is_printed(done, valid, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOON)

    text = done("plan", MANIFESTS, "--out", "plan.json").out

    assert (
        valid(json.loads(Path("plan.json").read_text(encoding="utf-8")))
        == done("plan", MANIFESTS, "--format", "json").json
    )
    assert "Plan: " in text


@pytest.mark.usefixtures("space")
def test_out_into_a_folder_that_is_not_there_is_an_error_that_names_it(reconciler, declare):
    declare(room("lobby"))

    code, _, err = reconciler("plan", MANIFESTS, "--out", "nowhere/plan.json")

    assert code == 1
    assert "nowhere/plan.json" in err


@pytest.mark.usefixtures("space")
def test_nothing_stands_on_standard_output_but_the_document(done, declare):
    declare(room("lobby"))

    code, out, err = done("plan", MANIFESTS, "--format", "json")

    assert (code, err) == (0, "")
    assert json.loads(out)["format_version"] == "1.0"
    assert out.endswith("}\n")


def test_the_space_and_the_project_are_named(plan, declare, space, monkeypatch):
    declare(room("lobby"))
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p-1")

    document = plan()

    assert document["space"].startswith("127.0.0.1:")
    assert document["project"] == "p-1"
    assert space.writes == []
