"""A pull request does not choose where passwords and tokens go."""

import json
import os
from pathlib import Path

import pytest

from reconciler.core.errors import CredentialsError, StateError
from reconciler.engine.base_branch import BASE, check_state, hosts
from reconciler.state.backends.postgres import PostgresBackend
from tests.commands.words import MANIFESTS, manifest, room
from tests.integration.end_to_end.wrapped import booth

ADDRESS = "postgresql://u@db.example.com/rooms"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (ADDRESS, {"db.example.com"}),
        ("postgres://u@[2001:db8::1]:5433/x", {"2001:db8::1"}),
        ("postgresql://u@localhost,evil.example:1/x", {"evil.example"}),
        ("postgresql://u@localhost/x?host=evil.example", {"evil.example"}),
        ("postgresql://u@localhost/x?hostaddr=203.0.113.9", {"203.0.113.9"}),
        ("postgresql://u@127.0.0.1:5432/x", set()),
        ("postgresql:///x?host=/var/run/postgresql", set()),
        ("s3://bucket/x", set()),
        ("git", set()),
        ("", set()),
    ],
)
def test_the_hosts_of_a_state(written, named):
    assert hosts(written) == named


@pytest.mark.parametrize(
    "event", [{"GITHUB_EVENT_NAME": "pull_request"}, {"CI_MERGE_REQUEST_IID": "7"}]
)
def test_in_a_pull_request_only_the_base_branchs_hosts_are_connected_to(event, tmp_path):
    base = tmp_path / "base.yaml"
    with pytest.raises(CredentialsError, match=BASE):
        _checked(ADDRESS, event)
    base.write_text(f"state: {ADDRESS}\n")
    known = {**event, BASE: str(base)}
    check_state(ADDRESS, known)
    check_state("postgresql://other@db.example.com/elsewhere", known)
    for strange in (
        "postgresql://u@evil.example/x",
        f"{ADDRESS}?host=evil.example",
        f"{ADDRESS}?hostaddr=203.0.113.9",
    ):
        with pytest.raises(CredentialsError, match="a pull request may not choose one"):
            check_state(strange, known)
    with pytest.raises(CredentialsError, match="a pull request may not choose one"):
        check_state(ADDRESS, {**event, BASE: str(tmp_path / "absent.yaml")})
    check_state("git", event)
    check_state("postgresql://u@localhost/x", event)


def _checked(written, environ):
    try:
        check_state(written, environ)
    except CredentialsError as error:
        raise CredentialsError(f"{error.message} {error.hint}") from error


def test_outside_of_pull_requests_any_host_may_be_named():
    check_state(ADDRESS, {"GITHUB_EVENT_NAME": "push"})


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_no_password_goes_to_another_machine_in_clear(mode):
    with pytest.raises(StateError, match="in clear text"):
        PostgresBackend(f"{ADDRESS}?sslmode={mode}", name="x")
    with pytest.raises(StateError, match="in clear text"):
        PostgresBackend(f"postgresql://u@localhost,db.example.com/x?sslmode={mode}", name="x")
    PostgresBackend(f"postgresql://u@localhost/x?sslmode={mode}", name="x")


@pytest.mark.parametrize(
    "beside", ["hostaddr=203.0.113.9", "service=other", "passfile=/x", "sslkey=/x"]
)
def test_an_address_does_not_say_what_leads_elsewhere(beside):
    with pytest.raises(StateError, match="is not allowed"):
        PostgresBackend(f"postgresql://u@localhost/x?{beside}", name="x")


def test_the_token_goes_to_a_space_that_the_base_branch_names(
    declare, reconciler, monkeypatch, serving
):
    serving()
    place = os.environ["SIGNALWIRE_SPACE"]
    monkeypatch.delenv("SIGNALWIRE_SPACE")
    declare(room("a"))
    text = "environments:\n  prod:\n    space: {}\n    project_id: project\n    api_token: ${{env:SIGNALWIRE_API_TOKEN}}\n"
    Path("reconciler.yaml").write_text(text.format(place))
    Path("base.yml").write_text(text.format("company.signalwire.com"))
    monkeypatch.setenv(BASE, "base.yml")
    refused = reconciler("plan", MANIFESTS, "--env", "prod")
    assert refused.code == 1
    assert "the base branch names no Space" in refused.err
    Path("base.yml").write_text(text.format(place))
    assert reconciler("plan", MANIFESTS, "--env", "prod").code == 0


PROJECT = "kinds: [kinds]\nmanifests: [rooms.yaml]\n"
IN_A_PULL_REQUEST = {"GITHUB_EVENT_NAME": "pull_request"}


@pytest.fixture
def with_kinds(serving, declare, monkeypatch):
    """A Space, a project with a kind of its own, and what the base branch has of it."""
    space = serving()
    declare(room("a"))
    _write(Path(), PROJECT, {"booth": booth()})
    monkeypatch.setenv(BASE, str(Path("base/reconciler.yaml").resolve()))
    return space


def _write(folder, project, kinds):
    (folder / "kinds").mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(project)
    for name, document in kinds.items():
        (folder / "kinds" / f"{name}.schema.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("project", "reviewed"),
    [
        (PROJECT, {"booth": booth(collection="/others")}),
        (PROJECT, {"booth": booth(item="/others/{id}")}),
        (PROJECT, {"booth": booth(page_size=True)}),
        (PROJECT, {}),
        ("manifests: [rooms.yaml]\n", {"booth": booth()}),
        ("kinds: [kinds/gone.schema.json]\n", {"booth": booth()}),
        ("", {}),
    ],
    ids=["path", "item", "type", "no file", "not named", "another named", "empty"],
)
@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_a_pull_request_neither_adds_nor_changes_a_kind(
    with_kinds, reconciler, command, project, reviewed
):
    _write(Path("base"), project, reviewed)
    yes = ("--yes",) if command == "apply" else ()
    refused = reconciler(command, MANIFESTS, *yes)
    assert refused.code == 1
    assert "the base branch has no kind like booth.schema.json" in refused.err
    assert "merge the file of the kind into the base branch first" in refused.err
    assert with_kinds.space.requests == []


def test_a_pull_request_has_a_kind_that_its_base_branch_names(with_kinds, reconciler):
    """Spaces and the order of words in the file do not count, nor does its place."""
    _write(Path("base"), "kinds: [kinds/b.schema.json]\n", {"b": dict(reversed(booth().items()))})
    assert reconciler("plan", MANIFESTS).code == 0


def test_without_a_base_branch_a_pull_request_has_no_own_kind(with_kinds, reconciler, monkeypatch):
    monkeypatch.delenv(BASE)
    assert reconciler("plan", MANIFESTS).code == 0
    for name, value in IN_A_PULL_REQUEST.items():
        monkeypatch.setenv(name, value)
    refused = reconciler("plan", MANIFESTS)
    assert (refused.code, BASE in refused.err) == (1, True)


def test_what_sends_no_token_takes_any_kind(with_kinds, declare, reconciler):
    declare(manifest("Booth", "a", seats=3))
    assert reconciler("validate", MANIFESTS).code == 0
    assert reconciler("plan", MANIFESTS, "--space", "local").code == 0
