from dataclasses import replace

import pytest

from reconciler.core.errors import (
    Forbidden,
    Invalid,
    NotFound,
    ProtocolError,
    Refused,
    ServerError,
    Unauthorized,
    Unreachable,
)
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import Address, Applied
from reconciler.executor.results import Conflict, InDoubt, failed, succeeded
from reconciler.space.transport_errors import NotSent

LOBBY = Address("Room", "lobby")
RECORD = Applied(LOBBY, "1", {})
ADDED = FieldChange("streams[0]", None, {}, "manifest", child="streams")
LAYOUT = FieldChange("layout", "3x3", "5x5", "manifest")
QUALITY = FieldChange("quality", "720p", "1080p", "manifest")
UPDATE = Action("update", LOBBY, "1", (ADDED,), live_name="lobby", known=RECORD)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unreachable("no"), "unknown"),
        (ServerError("no"), "unknown"),
        (ProtocolError("no"), "unknown"),
        (NotSent("no"), "failed"),
        (NotFound("no"), "failed"),
        (Invalid("no"), "failed"),
        (Refused("no"), "failed"),
        (Conflict("no"), "failed"),
    ],
)
def test_only_a_write_that_may_have_arrived_is_unknown(error, status):
    assert failed(UPDATE, error).outcome.status == status


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (UPDATE, "skipped"),
        (replace(UPDATE, live_name=None), "skipped"),
        (replace(UPDATE, live_name="hall"), "failed"),
        (replace(UPDATE, body={"layout": "5x5"}), "failed"),
        (replace(UPDATE, changes=(ADDED, LAYOUT)), "failed"),
        (replace(UPDATE, changes=(replace(ADDED, before={}),)), "failed"),
    ],
)
def test_what_only_adds_waits_for_a_request_in_doubt(action, status):
    result = failed(action, InDoubt("wait"))
    assert (result.outcome.status, result.in_doubt) == (status, True)


@pytest.mark.parametrize(
    ("attributes", "hint"),
    [
        ((), "see: reconciler explain Room"),
        (("layout",), "see: reconciler explain Room.layout"),
        (("layout", "layout"), "see: reconciler explain Room.layout"),
        (("layout", "quality"), "see: reconciler explain Room"),
        (("layout", "size"), "see: reconciler explain Room.layout"),
    ],
)
def test_a_hint_names_the_one_field_that_was_refused(attributes, hint):
    action = replace(UPDATE, changes=(LAYOUT, QUALITY))
    error = Invalid("no", hint="see: reconciler explain KIND.FIELD", attributes=attributes)
    outcome = failed(action, error).outcome
    assert (outcome.hint, outcome.error, outcome.refused) == (hint, "no", True)


def test_a_hint_names_the_resource():
    action = replace(UPDATE, address=Address("Room", "two words"))
    outcome = failed(action, Refused("no", hint="--adopt KIND/NAME, explain KIND")).outcome
    assert (outcome.hint, outcome.refused) == ("--adopt 'Room/two words', explain Room", False)


def test_what_was_done_before_an_error_replaces_the_old_record():
    assert (failed(UPDATE, Refused("no")).record, failed(UPDATE, Refused("no")).gone) == (
        None,
        None,
    )
    part = failed(UPDATE, Refused("no"), record=RECORD)
    assert (part.record, part.gone) == (RECORD, RECORD)


@pytest.mark.parametrize("error", [Unauthorized("no"), Forbidden("no")])
def test_refused_credentials_are_known_also_as_a_cause(error):
    lost = Unreachable("no")
    lost.__cause__ = error
    assert [failed(UPDATE, one).denied for one in (error, lost, Unreachable("no"))] == [
        True,
        True,
        False,
    ]


def test_a_success_has_the_id_of_its_record():
    done = succeeded(UPDATE, record=RECORD, unsettled=(LAYOUT,))
    assert (done.outcome.status, done.outcome.id, done.outcome.unsettled) == (
        "done",
        "1",
        (LAYOUT,),
    )
    assert (done.record, done.gone) == (RECORD, RECORD)
    assert succeeded(UPDATE).outcome.id is None


def test_a_result_is_not_changed_after_the_fact():
    result = succeeded(UPDATE, record=RECORD)
    for name in ("record", "outcome", "denied"):
        with pytest.raises(AttributeError):
            setattr(result, name, None)
