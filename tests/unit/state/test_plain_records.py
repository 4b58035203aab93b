"""Records that are decoded together are what they are one by one; a text is parsed or refused alike."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.errors import StateError
from reconciler.core.resources import Address, Applied, AppliedChild
from reconciler.core.text import UUID
from reconciler.state import decode, strict_json
from reconciler.state.plain_records import decode_plain
from reconciler.state.record import Entry, Stamp, encode_resource, encode_state, new_state
from tests.unit.core.worlds import ident

FORMS = [
    {},
    {"protect": True},
    {"applied_at": "2026-01-01T00:00:00Z", "commit": "c"},
    {"attributes": {"meta": {"a": 1}}},
    {"attributes": {"tags": ["a", {"$sealed": "d"}]}},
    {"children": {"streams": [{"id": ident(900), "attributes": {}}]}},
    {"children": {"streams": []}},
    {"renamed_from": "old"},
    {"heading": "next"},
    {"id": ident(7).upper()},
]
WRONG = [
    {"kind": ""},
    {"kind": 1},
    {"name": None},
    {"id": "x"},
    {"id": 5},
    {"attributes": []},
    {"children": []},
    {"children": None},
    {"protect": 1},
    {"renamed_from": ""},
    {"heading": {}},
    {"applied_at": 1},
    {"commit": None},
    {"more": 1},
]


def item(number, **parts):
    record = Applied(Address("Room", f"r{number}"), ident(number + 1), {"layout": "3x3"})
    return encode_resource(record, Stamp("", "")) | parts


def one_by_one(items):
    return list(map(decode.decode_resource, items)), list(map(decode.decode_stamp, items))


def told(function, items):
    try:
        return function(json.loads(json.dumps(items)))
    except (ValueError, KeyError) as error:
        return type(error), error.args


@given(st.lists(st.sampled_from(FORMS + WRONG), max_size=5), st.integers(0, 700))
def test_together_is_as_one_by_one(forms, plain):
    items = [item(number, **form) for number, form in enumerate([*forms, *([{}] * plain)])]
    assert told(decode._decode_resources, items) == told(one_by_one, items)


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_what_is_not_of_the_common_form_is_left_to_others(number):
    found = decode_plain([item(0), item(1, **FORMS[number])], is_id=bool)
    assert (found is not None) == (number in (0, 1, 2, 9))


@pytest.mark.parametrize("form", WRONG)
def test_a_wrong_one_is_never_decoded_with_others(form):
    assert decode_plain([item(0), item(1, **form)], is_id=UUID.fullmatch) is None


def test_a_field_that_is_missing_is_never_made_up():
    for name in item(0):
        lacking = item(0)
        del lacking[name]
        assert decode_plain([lacking, item(1)], is_id=bool) is None
        assert decode_plain([{**lacking, "more": 1}, item(1)], is_id=bool) is None


def parsed(function, text):
    try:
        return repr(function(text))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


KEYS = st.sampled_from(["a", "b", "attributes", "resources", 'q"', "c:", "s\\", ":", "é", "\ud800"])
TEXTS = st.sampled_from(
    ['"', ":", '":', '\\":', "x y", " :", "\n:", "\x7f", "\ud83d\ude00", "\udc00"]
)
SPACES = st.sampled_from(["", " ", "\n", "\t", "\r", "\n  "])


@st.composite
def objects(draw, inner):
    """The text of an object: keys may repeat, and have any space around them."""
    pairs = draw(st.lists(st.tuples(KEYS, SPACES, SPACES, inner), max_size=4))
    return (
        "{"
        + ",".join(f"{json.dumps(key)}{one}:{two}{value}" for key, one, two, value in pairs)
        + "}"
    )


VALUES = st.recursive(
    st.sampled_from(["1", "null", "NaN", "-Infinity", "[]", "{}"]) | TEXTS.map(json.dumps),
    lambda inner: (
        objects(inner) | st.lists(inner, max_size=3).map(lambda all_: f"[{','.join(all_)}]")
    ),
    max_leaves=12,
)


@given(
    st.lists(objects(VALUES).map(lambda text: f'{{"attributes":{text},"x":1}}'), max_size=3),
    st.sampled_from(
        ["", ',"resources":[]', ',"a":1,"a" :2', ',"a":1,"a":2', ',"a\\"":1', ",", "}"]
    ),
    SPACES,
)
def test_a_record_is_parsed_or_refused_as_any_json(resources, rest, space):
    text = f'{{"resources"{space}:[{",".join(resources)}]{rest}}}'
    assert parsed(strict_json.parse_record, text) == parsed(strict_json.parse, text)


@given(VALUES)
def test_what_is_no_record_is_parsed_or_refused_as_any_json(text):
    assert parsed(strict_json.parse_record, text) == parsed(strict_json.parse, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"kind":"Room"', '"kind":"Room","kind":"Room"'),
        ('"kind":"Room"', '"kind":"Room","kind" :"Room"'),
        ('"layout":"3x3"', '"layout":"3x3","layout":"3x3"'),
        ('"layout":"3x3"', '"layout" :"3x3","layout":"5x5"'),
        ('"layout":"3x3"', '"layout":{"a":1,"a":2}'),
        ('"serial": 0', '"serial": 0, "serial": 1'),
        *(
            (f'"{key}":{value}', f'"{key}"{space}:{value},"{key}":{value}')
            for key, value in (("layout", '"3x3"'), ("kind", '"Room"'))
            for space in (" ", "\t", "\n", "\r", "\r\n", "\t ")
        ),
        ('"serial": 0', '"serial": 0, "serial"\n: 1'),
    ],
)
def test_a_key_that_is_given_twice_is_refused(before, after):
    state = new_state("space", "project")
    record = Applied(Address("Room", "a"), ident(1), {"layout": "3x3"})
    text = encode_state(state.with_entries(Entry(record)))
    assert before in text
    with pytest.raises(StateError, match="is given twice"):
        decode.decode_state(text.replace(before, after), where="here", edited=True)


def test_sub_resources_come_back_beside_plain_records():
    state = new_state("space", "project")
    plain = [Applied(Address("Room", f"r{n}"), ident(n + 1), {"layout": "3x3"}) for n in range(600)]
    child = AppliedChild(ident(999), {"url": "u"})
    rich = Applied(Address("Room", "rich"), ident(800), {"meta": {"a": 1}}, {"streams": (child,)})
    state = state.with_entries(*map(Entry, [*plain, rich]))
    assert decode.decode_state(encode_state(state), where="here") == state
