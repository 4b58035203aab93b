"""Places, addresses and secrets as they print; what a room that may disappear is."""

import hashlib
import hmac

import pytest

from reconciler.core.ephemeral import may_disappear
from reconciler.core.plan_model import Action
from reconciler.core.refusal import consent_flags, live_address, refusal, removal_phrase
from reconciler.core.resource_usage import Usage
from reconciler.core.resources import Address, Origin, Place, Sealed, Secret, path_text
from reconciler.core.secret_names import is_secret_name
from tests.unit.core.worlds import KEY, applied, desired, live


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Place("a.yaml", 3, 7), "a.yaml:3:7"),
        (Place("folder", 0, 0), "folder"),
        (Origin(Place("a.yaml", 3, 7)), "a.yaml:3:7"),
        (Origin(Place("a.yaml", 3, 7), "preset webinar"), "a.yaml:3:7 (by preset webinar)"),
        (Address("Room", "lobby"), "Room/lobby"),
    ],
)
def test_places_and_addresses(value, text):
    assert str(value) == text


@pytest.mark.parametrize(
    ("steps", "text"),
    [((), "meta"), (("team",), "meta.team"), (("a.b", "c-1"), 'meta["a.b"].c-1')],
)
def test_paths(steps, text):
    assert path_text("meta", steps) == text


def test_a_secret_is_shown_by_nothing_and_compared_by_its_value():
    secret = Secret("canary", "${env:X}")
    sealed = secret.sealed(KEY)
    for value in (secret, sealed, [secret], {"a": sealed}):
        assert "canary" not in f"{value!r} {value}"
        assert hashlib.sha256(b"canary").hexdigest() not in f"{value!r} {value}"
    assert (str(secret), repr(sealed), str(sealed)) == ("(secret)",) * 3
    assert secret == Secret("canary")
    assert secret != Secret("other")
    assert sealed == Sealed(hmac.new(KEY, b"canary", "sha256").hexdigest())
    assert (secret.shown, sealed.shown, Secret("x").shown) == ("${env:X}", "${env:X}", "(secret)")


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("GITHUB_SHA", True),
        ("my_token_2", True),
        ("Api_Key", True),
        ("PGHOST", True),
        ("AWS_REGION", True),
        *(
            (f"MY_{word}S", True)
            for word in ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "KEY")
        ),
        *(
            (f"{owner}_X", True)
            for owner in ("ACTIONS", "AWS", "CI", "GITHUB", "GITLAB", "INPUT", "RECONCILER")
        ),
        *((f"{owner}X", False) for owner in ("ACTIONS", "AWS", "CI", "GITLAB", "RECONCILER")),
        ("PG", True),
        ("TEAM", False),
        ("MY_PG", False),
        ("REGION_AWS_", False),
    ],
)
def test_names_of_secrets(name, secret):
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("created", "started", "disappears"),
    [
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:05Z", True),
        ("2027-01-01T00:00:05Z", "2027-01-01T00:00:00Z", True),
        ("2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00Z", True),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:06Z", False),
        ("2027-01-01T00:00:06Z", "2027-01-01T00:00:00Z", False),
        ("soon", "2027-01-01T00:00:00Z", False),
        ("2027-01-01T00:00:00Z", 7, False),
    ],
)
def test_a_room_that_was_made_for_its_session_may_disappear(created, started, disappears):
    session = {"start_time": started}
    there = live("Room", "lobby", 1, created_at=created, session=session)
    assert may_disappear(there) is disappears
    assert not may_disappear(live("Room", "lobby", 1, created_at=created))


@pytest.mark.parametrize(("sessions", "in_use"), [(None, False), (0, False), (1, True)])
def test_what_had_a_session_is_in_use(sessions, in_use):
    assert Usage(30, sessions).in_use is in_use


# The words of refusals


def rooms(number):
    return [Address("Room", f"r{index}") for index in range(number)]


def test_up_to_ten_of_a_kind_are_named_in_a_consent():
    assert consent_flags("--adopt", rooms(2)) == "--adopt Room/r0 --adopt Room/r1"
    assert consent_flags("--adopt", [Address("Room", "a b")]) == "--adopt 'Room/a b'"
    assert consent_flags("--adopt", rooms(10)).count("--adopt") == 10
    assert consent_flags("--adopt", rooms(11)) == "--adopt Room=11"
    mixed = [*rooms(11), Address("Conference", "c")]
    assert consent_flags("--adopt", mixed) == "--adopt Conference/c --adopt Room=11"


def test_a_refusal_says_the_problem_and_then_the_fix():
    found = refusal("protected", rooms(1), "problem", fix="fix", consent="--flag")
    assert found == ("problem; fix", "--flag", "protected", (rooms(1)[0],), "problem", "fix")
    assert refusal("protected", (), "problem") == ("problem", "", "protected", (), "problem", "")


@pytest.mark.parametrize(
    ("verb", "live_name", "address", "phrase"),
    [
        ("delete", "lobby", "Room/lobby", "Room/lobby is x and would be deleted"),
        ("delete", None, "Room/lobby", "Room/lobby is x and would be deleted"),
        ("rename", "old", "Room/old", "Room/old is x and would be renamed to 'lobby'"),
    ],
)
def test_a_resource_is_called_what_the_space_calls_it(verb, live_name, address, phrase):
    action = Action(verb, Address("Room", "lobby"), "1", live_name=live_name)
    assert (str(live_address(action)), removal_phrase(action, "is x")) == (address, phrase)


@pytest.mark.parametrize("make", [desired, live, applied])
def test_a_resource_is_not_changed_in_place(make):
    arguments = ("Room", "a") if make is desired else ("Room", "a", 1)
    one = make(*arguments)
    for name in ("address", "attributes", "children"):
        with pytest.raises(AttributeError):
            setattr(one, name, None)
