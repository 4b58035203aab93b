"""What a program gets from ``import reconciler``."""

import json
import re
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from werkzeug.test import Client

import reconciler
from reconciler import catalog
from reconciler.core.errors import (
    CredentialsError,
    Incomplete,
    Locked,
    ManifestError,
    ReconcilerError,
    Refused,
)
from reconciler.localspace import Fault, Settings, create_space
from reconciler.state.backends.local import LocalState
from tests.integration.end_to_end.wrapped import booth

PROJECT = Path(__file__).parents[1]
ROOM = (
    "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {{name: {}}}\nspec: {{layout: {}}}\n---\n"
)


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture
def site(space, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    with reconciler.connect(
        "local", project="local", token="local", state=folder / "state.json", application=space
    ) as connected:
        yield connected


@pytest.fixture
def declared(tmp_path):
    def load(**layouts):
        (tmp_path / "rooms.yaml").write_text(
            "".join(ROOM.format(name, layout) for name, layout in layouts.items())
        )
        return reconciler.load([tmp_path / "rooms.yaml"])

    return load


def test_it_plans_applies_and_finds_drift_without_a_word(site, declared, space, capfd):
    manifests = declared(a="2x2", b="3x3")
    assert [(one.action, str(one.address)) for one in site.plan(manifests).actions] == [
        ("create", "Room/a"),
        ("create", "Room/b"),
    ]

    outcomes = site.apply(manifests)

    assert {(one.status, str(one.action.address)) for one in outcomes} == {
        ("done", "Room/a"),
        ("done", "Room/b"),
    }
    assert {one.id for one in outcomes} == {live.id for live in site.observe(manifests)}
    assert site.plan(manifests).actions == site.drift(manifests).actions == ()

    hands = Client(space)
    found = hands.get("/api/video/rooms/a", auth=("p", "t")).json
    hands.put(f"/api/video/rooms/{found['id']}", json={"layout": "5x5"}, auth=("p", "t"))
    assert [str(one.address) for one in site.drift(manifests).actions] == ["Room/a"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ask", ["plan", "drift", "apply", "observe"])
def test_an_error_shows_no_value_that_the_manifests_hide(site, space, monkeypatch, tmp_path, ask):
    monkeypatch.setenv("GREETING", "canary of the day")
    (tmp_path / "rooms.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: a}\n"
        "spec: {description: '${env:GREETING}'}\n"
    )
    body = json.dumps({"error": "no canary of the day here"})
    space.knobs = Settings(faults=(Fault("GET", "/rooms$", status=422, body=body),))

    with pytest.raises(ReconcilerError) as refused:
        getattr(site, ask)(reconciler.load([tmp_path / "rooms.yaml"]))

    assert "no (secret) here" in str(refused.value)
    assert "canary" not in f"{refused.value} {refused.value.hint} {refused.value.args}"


def test_what_needs_consent_is_refused_and_done_with_it(site, declared, space):
    site.apply(declared(a="2x2", b="2x2", c="2x2"))
    less = declared(a="2x2")

    with pytest.raises(Refused) as refused:
        site.apply(less)
    assert "2 of 3 managed Rooms would be deleted" in str(refused.value)
    assert "--allow-delete Room=2" in refused.value.hint
    assert len(space.ledger) == 3

    assert len(site.apply(less, consent=reconciler.Consent(allow_delete={"Room": 2}))) == 2


@pytest.mark.parametrize("named", ["Room/a", reconciler.Address("Room", "a")])
def test_a_consent_is_for_what_it_names(site, declared, space, named):
    hands = Client(space)
    for name in ("a", "b"):
        hands.post("/api/video/rooms", json={"name": name}, auth=("p", "t"))
    manifests = declared(a="2x2", b="2x2")

    with pytest.raises(Refused) as refused:
        site.apply(manifests, consent=reconciler.Consent(adopt=[named]))
    assert "--adopt Room/b" in refused.value.hint
    assert "Room/a" not in refused.value.hint

    assert len(site.apply(manifests, consent=reconciler.Consent(adopt=[named, "Room/b"]))) == 2


def test_only_and_prune_narrow_a_plan(site, declared):
    site.apply(declared(a="2x2", b="2x2"))
    changed = declared(a="3x3", c="3x3")

    assert [str(one.address) for one in site.plan(changed, only=["Room/a"]).actions] == ["Room/a"]
    assert {one.action for one in site.plan(changed, prune=False).actions} == {"update", "create"}


def test_what_was_done_in_part_says_which(site, declared, space):
    space.knobs = Settings(faults=(Fault(method="POST", action="status", status=422, times=1),))

    with pytest.raises(Incomplete) as partly:
        site.apply(declared(a="2x2", b="2x2"))

    assert sorted(one.status for one in partly.value.outcomes) == ["done", "failed"]
    assert len(site.apply(declared(a="2x2", b="2x2"))) == 1


def test_what_ends_a_run_before_its_first_write_is_told_as_it_is(site, declared, space):
    site.apply(declared(a="2x2"))

    with (
        site.connection.state.lock(reason="another run", since="2027-01-01T00:00:00Z"),
        pytest.raises(Locked),
    ):
        site.apply(declared(a="3x3"))


def test_every_problem_of_manifests_comes_at_once(declared):
    with pytest.raises(ManifestError) as wrong:
        declared(a="gird", b="girid")

    assert len(wrong.value.problems) == 2
    assert re.match(
        r"2 problems in the manifests: \S+rooms.yaml:4:16: spec.layout: 'gird' .*; \S+rooms.yaml:9:16: spec",
        str(wrong.value),
    )


def test_a_space_that_cannot_be_is_an_error(tmp_path):
    with pytest.raises(CredentialsError):
        reconciler.connect(
            "http://example.signalwire.com", project="p", token="t", state=tmp_path / "x"
        )


def test_the_programs_signals_stay_its_own(site, declared):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    site.apply(declared(a="2x2"))

    assert {number: signal.getsignal(number) for number in before} == before


def test_importing_it_imports_next_to_nothing():
    asked = "import reconciler, sys; print(sorted({name.split('.')[0] for name in sys.modules} & {'httpx', 'yaml', 'jsonschema', 'click'}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_what_is_not_there_is_said():
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        reconciler.nothing_of_that_name  # noqa: B018


EXAMPLE, OF_PROBLEMS, WITH_KINDS, IN_STEPS = re.findall(
    r"```python\n(.*?)```", (PROJECT / "docs" / "library.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_example_of_the_page_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "example.py").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "examples").symlink_to(PROJECT / "examples")
    monkeypatch.chdir(tmp_path)

    runpy.run_path("example.py")

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["create"] * 3 + ["done"] * 3 + ["3"]


def test_the_example_of_problems_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "example.py").write_text(OF_PROBLEMS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    runpy.run_path("example.py")

    assert capsys.readouterr().out.startswith(
        "lobby.yaml:4:21 'many' is text where a whole number is expected"
    )


def test_the_example_with_own_kinds_runs(tmp_path, monkeypatch, capsys):
    own_kind(tmp_path / "kinds")
    (tmp_path / "booths.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Booth\nmetadata: {name: front}\n"
    )
    (tmp_path / "example.py").write_text(WITH_KINDS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    runpy.run_path("example.py")

    assert capsys.readouterr().out == "['Booth/front']\n"


def test_the_example_in_steps_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "example.py").write_text(IN_STEPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    runpy.run_path("example.py")

    problem, fact = capsys.readouterr().out.splitlines()
    assert problem == "b spec.layout 'wrong' is not a layout"
    assert re.match(r"Room/a \S+ a False 20\S+Z \(\) None", fact)


class Interrupted(LocalState):
    """A record whose owner loses patience while it is written for the third time."""

    waits = 0

    def noting(self, state, *entries):
        kept = super().noting(state, *entries)

        def wait():
            kept()
            if threading.current_thread() is threading.main_thread():
                self.waits += 1
                if self.waits == 3:
                    raise KeyboardInterrupt

        return wait


def test_an_interruption_leaves_no_worker_behind_and_the_next_run_goes_on(
    space, tmp_path, declared
):
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    manifests = declared(**{f"room-{number}": "3x3" for number in range(40)})
    kept = {"space": "local", "project": "local"}
    credentials = {"project": "local", "token": "local", "application": space}

    with (
        reconciler.connect(
            "local", state=Interrupted(folder / "state.json", **kept), **credentials
        ) as site,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        site.apply(manifests)
    assert [
        thread.name for thread in threading.enumerate() if thread.name.startswith("worker")
    ] == []
    begun = len(space.ledger)
    assert caught.value is not None  # whose frames are there still

    with reconciler.connect(
        "local", state=LocalState(folder / "state.json", **kept), **credentials
    ) as site:
        site.apply(manifests)
    assert (begun < 40, len(space.ledger)) == (True, 40)


def own_kind(folder):
    folder.mkdir()
    file = folder / "booth.schema.json"
    file.write_text(json.dumps(booth()))
    return file


@pytest.mark.parametrize("whole_folder", [True, False])
def test_kinds_of_a_project_go_through_every_step(tmp_path, whole_folder):
    file = own_kind(tmp_path / "kinds")
    kinds = reconciler.kinds(file.parent if whole_folder else file)
    value = {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Booth",
        "metadata": {"name": "front"},
        "spec": {"seats": 3},
    }
    (tmp_path / "booth.yaml").write_text(json.dumps(value))
    loaded = reconciler.load([tmp_path / "booth.yaml"], kinds=kinds)
    (in_memory,) = reconciler.load_values({"x": value}, kinds=kinds).desired
    assert (in_memory.address, in_memory.attributes) == (
        loaded.desired[0].address,
        loaded.desired[0].attributes,
    )
    space = create_space(":memory:", kinds=kinds)
    (tmp_path / "kept").mkdir(mode=0o700)
    with reconciler.connect(
        "local",
        project="local",
        token="local",
        state=tmp_path / "kept" / "state.json",
        application=space,
        kinds=kinds,
    ) as site:
        (outcome,) = site.apply(loaded)
        assert (str(outcome.action.address), outcome.status) == ("Booth/front", "done")
        space.set_fields("Booth", "front", seats=9)
        (drifted,) = site.drift(loaded).actions
        assert [one.path for one in drifted.changes] == ["seats"]
        assert [str(one.address) for one in site.observe(loaded)] == ["Booth/front"]
        (deleted,) = site.delete(["Booth/front"])
        assert deleted.status == "done"
    space.close()


def test_without_the_kinds_of_a_project_their_manifests_are_refused():
    value = {"apiVersion": "reconciler.dev/v1", "kind": "Booth", "metadata": {"name": "front"}}
    assert "not a kind" in reconciler.load_values({"x": value}).problems[0].message


def test_faulty_files_of_kinds_are_named(tmp_path):
    file = own_kind(tmp_path / "kinds")
    copy = own_kind(tmp_path / "more")
    with pytest.raises(ReconcilerError, match="there is a kind Booth already"):
        reconciler.kinds(file, copy)
    document = json.loads(copy.read_text())
    copy.write_text(json.dumps(document | {"title": "Stall"}))
    with pytest.raises(ReconcilerError, match="another kind has a file of this name"):
        reconciler.kinds(file, copy)
    assert reconciler.kinds(file, file.parent).keys() == reconciler.kinds(file).keys()
    with pytest.raises(ReconcilerError, match="is not a file NAME"):
        reconciler.kinds(tmp_path / "missing.schema.json")
