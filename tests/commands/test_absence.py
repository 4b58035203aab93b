"""That something is gone is believed of a 404 by its id alone: lists lag, and lack parts without saying so."""

from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, actions, counts, room, rooms


@pytest.fixture
def lagging(serving):
    """A Space whose lists do not show what was made lately."""
    return serving(lag_lists=1000)


def test_what_a_list_leaves_out_is_not_missing(apply, plan, reconciler, lagging):
    apply(*rooms("a", "b", "c"))

    assert lagging.all("Room") == {}
    assert (plan()["actions"], plan()["summary"]) == ([], counts(noop=3))
    assert reconciler("drift", MANIFESTS).code == 0
    assert [method for method, _ in lagging.writes] == ["POST"] * 3


def test_what_a_list_leaves_out_is_not_forgotten(apply, declare, reconciler, done, lagging):
    apply(room("a", protect=True), room("b"), room("c"))
    declare(room("b"), room("c"))

    assert reconciler("apply", MANIFESTS, "--yes").code == 3
    assert "Room/a" in done("state", "list").out


def test_what_a_list_leaves_out_can_be_deleted(apply, plan, lagging):
    apply(*rooms("a", "b", "c"))
    apply(*rooms("a", "b"))

    lagging.space.knobs = Settings()
    assert (lagging.names(), plan()["summary"]) == ({"Room/a", "Room/b"}, counts(noop=2))


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_by_its_id_is_missing(apply, plan, space, status):
    apply(*rooms("a", "b"))
    space.remove("Room", "a")
    space.space.knobs = Settings(faults=(Fault("GET", r"/rooms/[\w-]+$", status=status),))

    assert actions(plan()) == [("create", "Room/a", [])]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_when_it_is_to_be_deleted_is_deleted(
    apply, declare, reconciler, space, status
):
    apply(*rooms("a", "b", "c"))
    declare(*rooms("b", "c"))
    fault = Fault("DELETE", r"/rooms/[\w-]+$", times=1, status=status, committed=True)
    space.space.knobs = Settings(faults=(fault,))

    assert reconciler("apply", MANIFESTS, "--yes").code == 0
    assert space.names() == {"Room/b", "Room/c"}


@pytest.mark.parametrize("status", [404, 410])
def test_a_list_that_is_gone_is_no_empty_list(apply, reconciler, space, status):
    apply(*rooms("a", "b"))
    space.space.knobs = Settings(faults=(Fault("GET", "/rooms$", status=status),))

    assert reconciler("plan", MANIFESTS).code == 1
    assert reconciler("apply", MANIFESTS, "--yes").code == 1
    space.space.knobs = Settings()
    assert space.names() == {"Room/a", "Room/b"}


def test_an_environment_tightens_one_word_of_safety_and_keeps_the_others(
    apply, declare, reconciler, space, monkeypatch
):
    apply(*rooms("a", "b", "c"))
    declare(*rooms("a", "b"))
    Path("reconciler.yaml").write_text(
        "safety: {max_delete_count: 0}\nenvironments: {prod: {state: s.json, safety: {literal_secrets: refuse}}}\n",
        encoding="utf-8",
    )
    Path(next(Path(".reconciler").glob("*.state.json"))).rename("s.json")

    code, _, err = reconciler("apply", MANIFESTS, "--yes", "--env", "prod")

    assert (code, "--allow-delete Room=1" in err, "Room/c" in space.names()) == (3, True, True)


@pytest.mark.parametrize("name", ["SIGNALWIRE_API_TOKEN", "COPY_OF_IT", "PROD_TOKEN"])
def test_no_credential_reaches_a_manifest(declare, reconciler, space, monkeypatch, name):
    monkeypatch.setenv("COPY_OF_IT", "Bearer PTcanary-of-every-test")
    monkeypatch.setenv("PROD_TOKEN", "another-canary")
    Path("reconciler.yaml").write_text(
        "environments: {prod: {api_token: '${env:PROD_TOKEN}'}}\n", encoding="utf-8"
    )
    declare(room("a", display_name=f"${{env:{name}}}"))

    code, out, err = reconciler("plan", MANIFESTS)

    assert (code, "canary" in out + err, name in err) == (1, False, True)
