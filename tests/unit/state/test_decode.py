"""Each part of a record is read as it was written, or the whole record is refused with a reason."""

import json
from dataclasses import replace

import pytest

from reconciler.core.errors import StateError
from reconciler.core.intents import Intent
from reconciler.core.json_errors import InvalidValue
from reconciler.core.resources import Address, Applied, AppliedChild, Sealed
from reconciler.state.decode import (
    decode_intent,
    decode_resource,
    decode_stamp,
    decode_state,
    unique,
)
from reconciler.state.record import (
    Stamp,
    checksum,
    encode_intent,
    encode_resource,
    encode_state,
    new_state,
)
from tests.unit.core.worlds import ident

LOBBY = Address("Room", "lobby")
PLAIN = Applied(LOBBY, ident(1), {"layout": "3x3", "max_members": 3, "meta": None})
RICH = replace(
    PLAIN,
    attributes={"meta": {"a": [1, {"b": Sealed("d")}]}, "tags": ["x", {"$sealed": 1, "y": 2}]},
    children={"streams": (AppliedChild(ident(2), {"url": Sealed("u")}),)},
    protect=True,
    renamed_from="old",
    rename_target="next",
)


@pytest.mark.parametrize(
    "record",
    [
        PLAIN,
        RICH,
        replace(PLAIN, protect=True),
        replace(PLAIN, renamed_from="old"),
        replace(PLAIN, rename_target="next"),
        replace(PLAIN, attributes={"meta": {"$sealed": "mine"}}),
        replace(PLAIN, attributes={"meta": {"$value": {"$sealed": "mine"}}}),
        replace(PLAIN, children={"streams": ()}),
        replace(PLAIN, id=ident(1).upper()),
    ],
)
def test_a_resource_comes_back_as_it_was_written(record):
    assert decode_resource(json.loads(json.dumps(encode_resource(record)))) == record


def broken(record=PLAIN, *, without=None, **parts):
    document = encode_resource(record) | parts
    document.pop(without, None)
    with pytest.raises((InvalidValue, KeyError)) as found:
        decode_resource(document)
    return found.value.args[0]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"kind": ""}, "a kind is empty"),
        ({"kind": 1}, "a kind is not text"),
        ({"name": ""}, "a name is empty"),
        ({"id": "x"}, "'x' is not the id of a resource"),
        ({"id": None}, "'None' is not the id of a resource"),
        ({"id": f"{ident(1)}0"}, f"'{ident(1)}0' is not the id of a resource"),
        ({"protect": 1}, "protect of Room/lobby is neither true nor false"),
        ({"attributes": []}, "attributes of Room/lobby is not an object"),
        ({"children": []}, "children of Room/lobby is not an object"),
        ({"children": {"streams": {}}}, "streams of Room/lobby is not a list"),
        ({"children": {"streams": [1]}}, "a sub-resource of Room/lobby is not an object"),
        ({"renamed_from": ""}, "renamed_from of Room/lobby is empty"),
        ({"heading": 1}, "heading of Room/lobby is not text"),
        ({"more": 1}, "a resource has a field that is not known: 'more'"),
    ],
)
def test_a_resource_of_another_form_is_refused(parts, words):
    assert broken(**parts) == words


@pytest.mark.parametrize(
    "name", ["kind", "name", "id", "protect", "renamed_from", "attributes", "children"]
)
def test_a_resource_without_a_part_is_refused(name):
    assert broken(without=name) == name
    assert broken(RICH, without=name) == name


def test_a_sub_resource_has_an_id_of_its_own():
    child = {"id": ident(2), "attributes": {}}
    twice = {"streams": [child], "others": [child | {"id": ident(2).upper()}]}
    assert broken(children=twice) == "a sub-resource is in Room/lobby twice"
    assert broken(children={"streams": [child | {"more": 1}]}) == (
        "a sub-resource of Room/lobby has a field that is not known: 'more'"
    )


def nested(levels):
    value = "end"
    for _ in range(levels):
        value = [value]
    return value


def test_a_value_may_be_nested_as_deep_as_a_record_that_was_written():
    record = decode_resource(encode_resource(PLAIN) | {"attributes": {"meta": nested(320)}})
    assert record.attributes["meta"] == nested(320)
    for value in (nested(321), {"a": nested(320)}):
        assert broken(attributes={"meta": value}) == "a value is nested too deep"


def test_stamps_are_texts_or_missing():
    assert decode_stamp({}) == Stamp("", "")
    assert decode_stamp({"applied_at": "now", "commit": "c"}) == Stamp("now", "c")
    for name in ("applied_at", "commit"):
        with pytest.raises(InvalidValue, match=f"{name} is not text"):
            decode_stamp({name: 1})


INTENT = Intent(
    LOBBY,
    {"layout": "3x3", "url": Sealed("u")},
    "2027-01-01T00:00:00Z",
    "2027-01-01T00:01:00Z",
    "streams",
)


@pytest.mark.parametrize("intent", [INTENT, Intent(LOBBY, {})])
def test_an_intent_comes_back_as_it_was_written(intent):
    assert decode_intent(encode_intent(intent)) == intent


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"since": "soon"}, "an intent has a time that is not valid"),
        ({"until": 7}, "an intent has a time that is not valid"),
        ({"child": 1}, "child is not text"),
        ({"name": ""}, "a name is empty"),
        ({"attributes": None}, "attributes of Room/lobby is not an object"),
        ({"more": 1}, "an intent has a field that is not known: 'more'"),
    ],
)
def test_an_intent_of_another_form_is_refused(parts, words):
    with pytest.raises(InvalidValue) as found:
        decode_intent(encode_intent(INTENT) | parts)
    assert str(found.value) == words


def test_an_address_and_an_id_are_in_a_record_once():
    other = replace(PLAIN, address=Address("Room", "hall"), id=ident(2))
    assert unique([PLAIN, other]) == {PLAIN.address: PLAIN, other.address: other}
    # Ids are unique by kind.
    hall = replace(PLAIN, address=Address("Conference", "lobby"))
    assert len(unique([PLAIN, hall])) == 2
    with pytest.raises(InvalidValue, match="Room/lobby and Room/hall have the same id, "):
        unique([replace(PLAIN, id=ident(1).upper()), replace(other, id=ident(1))])
    with pytest.raises(InvalidValue, match="Room/lobby is in it twice"):
        unique([PLAIN, replace(PLAIN, id=ident(2))])


STATE = replace(
    new_state("a.example", "p"),
    intents={INTENT.key: INTENT},
    resources={LOBBY: PLAIN},
    stamps={LOBBY: Stamp("then", "c")},
    serial=3,
    environment="prod",
)


def edited(**parts):
    document = json.loads(encode_state(STATE)) | parts
    document = {name: value for name, value in document.items() if value is not ...}
    return json.dumps(document | {"checksum": checksum(document)})


def refusal(text, **options):
    with pytest.raises(StateError) as found:
        decode_state(text, where="here", **options)
    return found.value.message


def test_a_record_has_all_that_was_written():
    assert decode_state(encode_state(STATE), where="here") == STATE
    assert decode_state(edited(), where="here") == STATE
    assert decode_state(edited(environment=..., intents=...), where="here") == replace(
        STATE, environment="", intents={}
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"lineage": ...}, "lineage is missing"),
        ({"lineage": ""}, "lineage is empty"),
        ({"serial": -1}, "serial is not a whole number"),
        ({"space": 1}, "space is not text"),
        ({"project": ...}, "project is missing"),
        ({"environment": ""}, "environment is empty"),
        ({"resources": {}}, "resources is not a list"),
        ({"intents": {}}, "intents is not a list"),
        ({"key": "xyz"}, "its 'key' is not a hexadecimal number"),
        ({"key": "00" * 15}, "the key is too short to seal anything"),
        ({"more": 1}, "the record has a field that is not known: 'more'"),
    ],
)
def test_a_record_of_another_form_is_refused(parts, words):
    assert refusal(edited(**parts)) == f"here: is not a usable state record: {words}"


def test_the_shortest_key_has_sixteen_bytes():
    assert decode_state(edited(key="00" * 16), where="here").key == bytes(16)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "here: is not a state record: it has no format_version"),
        ("{}", "here: is not a state record: it has no format_version"),
        ('{"format_version": true}', "here: is not a state record: it has no format_version"),
        ('{"format_version": 0}', "here: is not a state record: it has no format_version"),
        ("[" * 100_000, "here: is not a state record: it is nested too deep"),
        ('{"a": 1, "a": 2}', "here: is not a state record: the key 'a' is given twice"),
        (
            '{"format_version": 99}',
            "here: the state has format 99, and this version of the tool reads format 1",
        ),
        (
            '{"format_version": 1000000}',
            "here: the state has another format, and this version of the tool reads format 1",
        ),
        ("{\n<<<<<<< a\n=======\n>>>>>>> b\n}", "here:2: holds unresolved merge markers"),
    ],
)
def test_what_is_no_record_is_told_as_what_it_is(text, words):
    assert refusal(text) == words


def test_one_kind_of_merge_marker_alone_is_a_text():
    assert "merge" not in refusal('{"a": "<<<<<<<"}')
    assert "merge" not in refusal('{"a": ">>>>>>>"}')


@pytest.mark.parametrize("written", ["0" * 64, 7, None, ...])
def test_a_record_that_was_changed_by_hand_is_taken_only_where_that_is_meant(written):
    document = json.loads(encode_state(STATE)) | {"checksum": written}
    if written is ...:
        del document["checksum"]
    text = json.dumps(document)
    assert refusal(text) == "here: was damaged or edited: its checksum does not match"
    assert decode_state(text, where="here", edited=True) == STATE


def test_the_hint_names_the_backup_if_there_is_one():
    for backup, named in (("", "FILE"), ("x.bak", "x.bak")):
        with pytest.raises(StateError) as found:
            decode_state("[]", where="here", backup=backup)
        assert f"reconciler state push {named}" in found.value.hint
