"""What is compared before a record is used: owner, environment, kinds, lineage and serial."""

from dataclasses import replace

import pytest

from reconciler.core.errors import StateError
from reconciler.state.checks import (
    ForeignRecord,
    check_environment,
    check_history,
    check_kinds,
    check_newest,
    check_owner,
    check_unchanged,
)
from reconciler.state.record import new_state
from tests.unit.core.worlds import applied, records

STATE = replace(
    new_state("example.com", "p-1"),
    lineage="line",
    serial=3,
    environment="prod",
    resources=records(applied("Room", "a", 1)),
)


def told(check, *arguments, **options):
    with pytest.raises(StateError) as found:
        check(*arguments, where="x.json", **options)
    assert found.value.hint
    assert found.value.message.startswith("x.json: ")
    return found.value.message.removeprefix("x.json: ")


@pytest.mark.parametrize(("space", "project"), [("other.com", "p-1"), ("example.com", "p-2")])
def test_a_record_of_another_space_or_project_is_refused(space, project):
    message = told(check_owner, STATE, space=space, project=project)
    assert message == (
        f"this state belongs to project p-1 on example.com, and you are on {space} with project"
        f" {project}"
    )
    with pytest.raises(ForeignRecord):
        check_owner(STATE, where="x.json", space=space, project=project)
    check_owner(STATE, where="x.json", space="example.com", project="p-1")


@pytest.mark.parametrize(
    ("own", "there", "known", "refused"),
    [
        ("dev", "prod", ("dev", "prod"), True),
        ("dev", "prod", ("dev",), False),  # it was renamed
        ("prod", "prod", ("dev", "prod"), False),
        ("dev", "", ("dev", ""), False),
        ("", "prod", ("prod",), False),
    ],
)
def test_a_record_of_another_environment_is_refused_while_that_one_exists(
    own, there, known, refused
):
    state = replace(STATE, environment=there)
    if refused:
        message = told(check_environment, state, own, known)
        assert message == "this record is of environment 'prod', and you are in 'dev'"
    else:
        check_environment(state, own, known, where="x.json")


def test_a_record_of_kinds_that_there_are_no_more_is_refused():
    assert told(check_kinds, STATE, ["Conference"]) == (
        "holds Room/a, but there is no kind of resource 'Room'"
    )
    assert "Room/a" in told(check_kinds, STATE, [])
    for kinds in (None, ["Room"], ["Conference", "Room"]):
        check_kinds(STATE, kinds, where="x.json")


def test_an_older_record_and_one_of_another_lineage_are_refused():
    assert told(check_newest, STATE, lineage="line", serial=4) == (
        "was rolled back to an older copy (serial 3; the last one had 4)"
    )
    assert told(check_newest, STATE, lineage="other", serial=0) == (
        "has another history (lineage line) than the state that was written here last"
    )
    for lineage, serial in (("line", 3), ("line", 2), ("", 0), ("", 9)):
        check_newest(STATE, where="x.json", lineage=lineage, serial=serial)


@pytest.mark.parametrize("other", [{"serial": 4}, {"serial": 2}, {"lineage": "other"}])
def test_a_record_that_another_run_wrote_is_not_overwritten(other):
    message = told(check_unchanged, STATE, replace(STATE, **other))
    assert message == (
        f"was changed by another run (serial {other.get('serial', 3)}, this run read 3)"
    )
    for stored in (None, STATE, replace(STATE, resources={})):
        check_unchanged(STATE, stored, where="x.json")


def test_a_record_is_not_replaced_by_one_with_another_history():
    assert told(check_history, STATE, "other") == (
        "the record there has another history (lineage other, not line)"
    )
    for lineage in ("", "line"):
        check_history(STATE, lineage, where="x.json")
