import contextlib
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.errors import StateError
from reconciler.core.resources import Address, Applied, AppliedChild, Sealed
from reconciler.state.decode import decode_resource, decode_state
from reconciler.state.record import (
    FORMAT_VERSION,
    Entry,
    Stamp,
    State,
    checksum,
    checksum_of_text,
    encode_resource,
    encode_state,
    new_state,
    placeholder,
)
from tests.effort import examples
from tests.unit.core.worlds import applied, ident, records

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SEALED = st.text("0123456789abcdef", min_size=64, max_size=64).map(Sealed)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["layout", "meta", "url", "description"]), JSON | SEALED, max_size=4
)
NAMES = st.text("abcXYZ019_-", min_size=1, max_size=12)


@st.composite
def states(draw):
    addresses = draw(
        st.lists(st.tuples(st.sampled_from(["Room", "Conference"]), NAMES), unique=True, max_size=4)
    )
    ids = draw(st.lists(st.uuids().map(str), unique=True, min_size=20, max_size=20))
    resources = {}
    for kind, name in addresses:
        children = draw(st.none() | st.lists(ATTRIBUTES, max_size=3))
        resources[Address(kind, name)] = Applied(
            Address(kind, name),
            ids.pop(),
            draw(ATTRIBUTES),
            {}
            if children is None
            else {"streams": tuple(AppliedChild(ids.pop(), one) for one in children)},
            draw(st.booleans()),
            draw(st.none() | NAMES),
        )
    stamps = {
        address: Stamp(*draw(st.tuples(st.sampled_from(["", "2027-01-01T00:00:00Z"]), TEXTS)))
        for address in resources
    }
    head = (
        draw(st.uuids().map(str)),
        draw(st.integers(0, 10**6)),
        "local",
        draw(NAMES),
        draw(st.binary(min_size=32, max_size=32)),
    )
    return State(*head, resources, stamps)


@settings(max_examples=examples(300), deadline=None)
@given(states())
def test_a_record_comes_back_as_it_was_written(state):
    assert decode_state(encode_state(state), where="here") == state


@settings(max_examples=examples(300), deadline=None)
@given(states())
def test_the_bytes_of_a_record_have_its_checksum(state):
    text = encode_state(state)
    document = json.loads(text)
    # A record without resources has no lines to read it from.
    assert checksum_of_text(text, document) in (
        checksum(document),
        *([""] if not state.resources else []),
    )


@settings(max_examples=examples(300), deadline=None)
@given(states(), st.data())
def test_a_changed_byte_is_found_as_by_encoding_each_resource(state, data):
    text = encode_state(state)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from('x",}]{[: \n\x7f')) + text[at + 1 :]
    try:
        document = json.loads(changed)
    except ValueError:
        return
    if not isinstance(document, dict) or document.get("checksum") == checksum(document):
        return
    assert checksum_of_text(changed, document) != document.get("checksum")


def test_a_record_in_the_form_of_others_is_read_as_well():
    state = begun(A1, B2)
    for indent in (None, 4):
        assert (
            decode_state(json.dumps(json.loads(encode_state(state)), indent=indent), where="")
            == state
        )


@settings(max_examples=examples(100), deadline=None)
@given(states())
def test_the_same_record_is_the_same_bytes_whatever_the_order(state):
    turned = replace(state, resources=dict(reversed(state.resources.items())))
    assert encode_state(turned) == encode_state(state)


@pytest.mark.parametrize(
    "meta", [{"$sealed": "x"}, {"$sealed": None}, {"$sealed": {"$sealed": "x"}}]
)
def test_what_looks_like_a_seal_in_somebodys_own_object_stays_what_it_is(meta):
    record = applied("Room", "lobby", 1, meta=meta)
    assert decode_resource(encode_resource(record)) == record


def test_a_new_record_is_empty_and_has_a_key_and_a_name_of_its_own():
    one, other = new_state("local", "p"), new_state("local", "p")
    assert (one.serial, dict(one.resources), len(one.key)) == (0, {}, 32)
    assert (one.lineage != other.lineage, one.key != other.key) == (True, True)


def begun(*ones):
    return replace(
        new_state("local", "p"),
        resources=records(*ones),
        stamps={one.address: THEN for one in ones},
    )


LETTERS = "abcdef00-0000-4000-8000-00000000abcd"
THEN, NOW = Stamp("2027-01-01T00:00:00Z", "a1b2c3"), Stamp("2027-02-01T00:00:00Z", "d4e5f6")
A1, A2, B2, C1 = (
    applied("Room", name, number) for name, number in (("a", 1), ("a", 2), ("b", 2), ("c", 1))
)


def test_an_address_given_to_another_id_is_not_forgotten_with_the_old_one():
    state = begun(A2)
    assert state.with_entries(Entry(removed=A1)) == state


def test_what_is_gone_is_forgotten_whatever_it_was_meanwhile():
    after = begun(A1, B2).with_entries(Entry(removed=applied("Room", "a", 1, layout="3x3")))
    assert (dict(after.resources), dict(after.stamps)) == (records(B2), {B2.address: THEN})


def test_a_rename_takes_the_place_of_what_it_was():
    after = begun(A1, B2).with_entries(Entry(C1, A1, NOW))
    assert (dict(after.resources), dict(after.stamps)) == (
        records(B2, C1),
        {B2.address: THEN, C1.address: NOW},
    )


def test_what_is_only_known_better_keeps_its_stamp():
    assert begun(A1).with_entries(Entry(replace(A1, protect=True))).stamps == {A1.address: THEN}


def test_two_names_can_be_swapped():
    swapped = begun(A1, B2).with_entries(
        Entry(replace(B2, address=A1.address), B2), Entry(replace(A1, address=B2.address), A1)
    )
    assert {address.name: one.id for address, one in swapped.resources.items()} == {
        "a": B2.id,
        "b": A1.id,
    }


GOOD = json.loads(
    encode_state(
        begun(applied("Room", "a", 1, streams=[(2, "rtmp://h/x")]), applied("Room", "b", 3))
    )
)


def summed(document):
    return json.dumps(document | {"checksum": checksum(document)})


def edited(**changes):
    return summed(GOOD | changes)


def resource(index, **changes):
    return [one | changes if spot == index else one for spot, one in enumerate(GOOD["resources"])]


def nested(levels):
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


def without(key):
    return summed({name: value for name, value in GOOD.items() if name != key})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a state record: it is empty"),
        ("\0\0\0", "is not a state record"),
        ("[]", "is not a state record: it has no format_version"),
        ("{}", "is not a state record: it has no format_version"),
        (
            json.dumps(GOOD | {"serial": GOOD["serial"] + 1}),
            "was damaged or edited: its checksum does not match",
        ),
        (
            json.dumps({name: value for name, value in GOOD.items() if name != "checksum"}),
            "its checksum does not match",
        ),
        ('{"format_version": "1"}', "it has no format_version"),
        (json.dumps(GOOD)[:-20], "is not a state record"),
        ("<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", "holds unresolved merge markers"),
        (
            edited(format_version=FORMAT_VERSION + 1),
            f"has format {FORMAT_VERSION + 1}, and this version of the tool reads format {FORMAT_VERSION}",
        ),
        (without("lineage"), "lineage is missing"),
        (without("key"), "key is missing"),
        (without("resources"), "resources is missing"),
        (edited(key="xyz"), "its 'key' is not a hexadecimal number"),
        (edited(serial="many"), "serial is not a whole number"),
        (edited(resources=None), "resources is not a list"),
        (edited(resources=[None]), "is not a usable state record"),
        (edited(resources=[{}]), "is missing"),
        (edited(resources=resource(0, id="../../x")), "'../../x' is not the id of a resource"),
        (edited(resources=resource(0, id="")), "'' is not the id of a resource"),
        (edited(resources=resource(0, id=None)), "'None' is not the id of a resource"),
        (
            edited(resources=resource(0, children={"streams": [{"id": "?", "attributes": {}}]})),
            "'?' is not the id of a resource",
        ),
        (
            edited(resources=resource(1, id=ident(1))),
            f"Room/a and Room/b have the same id, {ident(1)}",
        ),
        (edited(resources=resource(1, name="a")), "Room/a is in it twice"),
        ("[" * 100_000, "is not a state record"),
        (edited(resources="[" * 10), "is not a usable state record"),
        (edited(resources=resource(0, attributes={"meta": nested(350)})), "nested too deep"),
        (json.dumps(GOOD | {"resources": nested(900)}), "its checksum does not match"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_a_reason(text, words):
    with pytest.raises(StateError) as refusal:
        decode_state(text, where="here.json")
    assert refusal.value.message.startswith("here.json:")
    assert (words in refusal.value.message, bool(refusal.value.hint)) == (True, True)


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_a_record_with_a_byte_changed_is_never_taken_for_another(data):
    raw = bytearray(json.dumps(GOOD).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 127))
    with contextlib.suppress(StateError):
        assert decode_state(raw.decode(), where="here") == decode_state(
            json.dumps(GOOD), where="here"
        )


@pytest.mark.parametrize("levels", [350, 400, 900])
def test_a_pushed_record_that_is_nested_too_deep_is_refused(levels):
    text = json.dumps(GOOD | {"resources": resource(0, attributes={"meta": nested(levels)})})
    with pytest.raises(StateError, match="nested too deep"):
        decode_state(text, where="here", edited=True)


def test_what_a_person_edited_is_taken_only_where_that_is_meant():
    text = json.dumps(GOOD | {"serial": 7})
    assert decode_state(text, where="here", edited=True).serial == 7
    with pytest.raises(StateError, match="its checksum does not match"):
        decode_state(text, where="here")


# What an address is taken from


def addresses(state):
    return {address.name: one.id for address, one in state.resources.items()}


def test_what_an_address_is_taken_from_is_not_forgotten():
    after = begun(A1, B2).with_entries(Entry(applied("Room", "b", 1), A1))
    assert addresses(after) == {"b": ident(1), f"b-moved-{ident(2)[:6]}": ident(2)}
    assert after.stamps[Address("Room", f"b-moved-{ident(2)[:6]}")] == THEN
    assert addresses(after.with_entries(Entry(applied("Room", "a", 2)))) == {
        "a": ident(2),
        "b": ident(1),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.text(max_size=4) | st.just("checksum"),
        JSON | st.lists(JSON, max_size=1).map(lambda one: one * 101),
        max_size=5,
    )
)
def test_the_checksum_is_that_of_the_whole_as_one_text(document):
    rest = {name: value for name, value in document.items() if name != "checksum"}
    whole = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert checksum(document) == hashlib.sha256(whole.encode()).hexdigest()


def test_what_stands_aside_is_forgotten_where_it_is_gone_for_good():
    taken = begun(A1, B2).with_entries(Entry(applied("Room", "b", 1), A1))
    assert addresses(taken.with_entries(Entry(removed=B2))) == {"b": ident(1)}


def test_one_id_has_one_address():
    assert addresses(begun(A1).with_entries(Entry(applied("Room", "c", 1)))) == {"c": ident(1)}


@pytest.mark.parametrize("name", ["a", "b"])
def test_one_id_in_other_letter_case_has_one_address(name):
    lower, upper = (
        replace(applied("Room", one, 1), id=spelled)
        for one, spelled in (("a", LETTERS), (name, LETTERS.upper()))
    )
    state = begun(lower, B2) if name == "a" else begun(lower)
    after = state.with_entries(Entry(upper))
    assert after.resources[upper.address] == upper
    assert after.stamps[upper.address] == THEN
    assert len(after.resources) == len(state.resources)
    assert decode_state(encode_state(after), where="") == after
    assert (
        upper.address not in after.with_entries(Entry(removed=replace(upper, id=LETTERS))).resources
    )


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.booleans()), max_size=8))
def test_whatever_moves_each_id_stands_once_and_nothing_is_lost(steps):
    state = begun()
    known = set()
    for name, number, away in steps:
        record = applied("Room", name, number)
        spots = (state.resources.get(address) for address in (record.address, placeholder(record)))
        gone = away and any(there is not None and there.id == record.id for there in spots)
        state = state.with_entries(Entry(removed=record) if away else Entry(record))
        known = (known - {record.id}) if gone else known if away else known | {record.id}
        assert sorted(one.id for one in state.resources.values()) == sorted(known)
        assert decode_state(encode_state(state), where="") == state


def test_what_is_only_known_by_another_name_keeps_its_stamp():
    assert begun(A1).with_entries(Entry(C1), Entry(removed=A1)).stamps == {C1.address: THEN}


def test_names_that_were_swapped_keep_the_stamps_of_their_ids():
    state = replace(begun(A1, B2), stamps={A1.address: THEN, B2.address: NOW})
    after = state.with_entries(Entry(applied("Room", "b", 1)), Entry(applied("Room", "a", 2)))
    assert after.stamps == {B2.address: THEN, A1.address: NOW}
