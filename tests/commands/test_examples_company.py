"""What issue 2 shows by examples/company, and that no spelling of the Space's answers makes a difference."""

import contextlib
import shutil
from itertools import product

import pytest

from reconciler.cli.app import run
from reconciler.localspace import Settings, create_space, serve
from tests.commands.words import CREDENTIALS, EXAMPLES, Outside, conference, room

SPELLINGS = [
    {"put": put, "colours": colours, "instants": instants, **answers}
    for put, colours, instants, answers in product(
        ("merge", "replace"),
        ("upper", "lower"),
        ("offset", "fraction"),
        ({"links": "absolute", "created": 200}, {"links": "relative", "created": 201}),
    )
]


@pytest.fixture
def managed(serving, company, done):
    """The company in a served Space, applied from its own folder; gives the Space."""
    assert company

    def applied(**knobs):
        space = serving(**knobs)
        done("apply", ".", "--yes")
        return space

    return applied


def test_after_apply_there_is_nothing_to_do(managed, done):
    managed()

    assert done("plan", ".", "--detailed-exitcode").out.splitlines()[-1].startswith("No changes: ")


def test_a_field_changed_in_the_space_is_drift_and_one_change_in_the_plan(
    managed, reconciler, done
):
    space = managed()
    space.change("Room", "board", quality="720p")

    assert reconciler("drift", ".").code == 2
    document = done("plan", ".", "--format", "json").json
    assert [
        (one["action"], one["name"], change["path"], change["origin"])
        for one in document["actions"]
        for change in one["changes"]
    ] == [("update", "board", "quality", "drift")]


def test_a_field_that_nobody_declared_changed_in_the_space_is_neither(managed, reconciler, done):
    space = managed()
    space.change("Room", "board", description="by hand", layout="3x3")

    assert reconciler("drift", ".").code == 0
    done("plan", ".", "--detailed-exitcode")
    assert reconciler("plan", ".", "--detailed-exitcode").code == 0


def test_the_local_environment_of_the_example_works_from_its_folder(company, done):
    assert company
    done("apply", "--env", "local", "--yes")

    assert (
        done("plan", "--env", "local", "--detailed-exitcode", "--format", "json").json["summary"][
            "noop"
        ]
        >= 40
    )


def contents(space):
    """All that is in a Space, in one spelling and without what differs from run to run."""
    space.space.knobs = Settings(colours="upper")
    apart = {"id", "created_at", "updated_at"}
    return {
        kind: {
            name: {k: v for k, v in one.items() if k not in apart}
            for name, one in space.all(kind).items()
        }
        for kind in ("Room", "Conference")
    }


@pytest.fixture(scope="module")
def reference(kinds, tmp_path_factory):
    """What a Space of the plainest spelling holds after an apply of the company."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(
        EXAMPLES / "company",
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".reconciler"),
    )
    space = create_space(":memory:", kinds=kinds)
    with (
        serve(space, port=0) as server,
        contextlib.chdir(folder),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in zip(
            ("SPACE", "PROJECT_ID", "API_TOKEN"),
            (f"127.0.0.1:{server.port}", *CREDENTIALS),
            strict=True,
        ):
            patch.setenv(f"SIGNALWIRE_{name}", value)
        assert run(["apply", ".", "--yes"]) == 0
    yield contents(Outside(space, kinds))
    space.close()


@pytest.mark.parametrize("knobs", SPELLINGS, ids=lambda knobs: "-".join(map(str, knobs.values())))
def test_every_spelling_of_answers_ends_in_an_empty_plan_at_the_same_place(
    managed, done, reference, knobs
):
    space = managed(**knobs)

    assert done("plan", ".", "--detailed-exitcode").out.splitlines()[-1].startswith("No changes: ")
    assert contents(space) == reference


@pytest.mark.parametrize("put", ["merge", "replace"])
def test_an_update_resets_nothing_that_nobody_declared(apply, serving, put):
    space = serving(put=put)
    apply(room("a", layout="2x2"), conference("b", size="large"))
    space.change(
        "Room",
        "a",
        layout="2x2",
        description="theirs",
        max_members=7,
        meta={"a": 1},
        join_from="2027-01-31T00:00:00Z",
    )
    space.change(
        "Conference",
        "b",
        size="large",
        description="theirs",
        dark_primary="#123456",
        tone_on_entry_and_exit=True,
    )

    apply(room("a", layout="3x3"), conference("b", size="small"))

    a, b = space.get("Room", "a"), space.get("Conference", "b")
    assert [a[name] for name in ("layout", "description", "max_members", "meta", "join_from")] == [
        "3x3",
        "theirs",
        7,
        {"a": 1},
        "2027-01-31T00:00:00Z",
    ]
    assert [
        b[name] for name in ("size", "description", "dark_primary", "tone_on_entry_and_exit")
    ] == ["small", "theirs", "#123456", True]


@pytest.mark.parametrize("put", ["merge", "replace"])
@pytest.mark.parametrize(
    "knobs",
    [
        {"colours": "upper", "instants": "offset", "links": "relative", "created": 201},
        {"colours": "lower", "instants": "fraction", "links": "absolute", "created": 200},
        {
            "colours": "as_sent",
            "instants": "Z",
            "links": "relative",
            "created": 200,
            "clear": "refused",
        },
    ],
    ids=["upper", "lower", "as sent"],
)
def test_the_company_ends_at_the_same_place_however_the_space_answers(
    managed, done, reconciler, put, knobs
):
    space = managed(put=put, **knobs)
    assert done("plan", ".", "--detailed-exitcode").out.splitlines()[-1].startswith("No changes: ")
    space.change("Conference", "town-hall", size="small")
    space.remove("Room", "lobby-oslo")

    assert reconciler("drift", ".").code == 2
    done("apply", ".", "--yes")

    assert done("plan", ".", "--detailed-exitcode").out.splitlines()[-1].startswith("No changes: ")
