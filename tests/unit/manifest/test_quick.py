"""The quick check takes nothing that the whole one refuses, and every manifest that is in order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.manifest.document import Source
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import read_documents
from reconciler.manifest.validate.fast import quick_check
from reconciler.manifest.validate.json_schema import validator_for
from tests.effort import examples

HERE = Path(__file__).parent
KINDS = catalog.kinds()
QUICK = {name: quick_check(kind.schema) for name, kind in KINDS.items()}
WHOLE = {name: validator_for(kind.schema) for name, kind in KINDS.items()}
PATHS = sorted(
    path
    for folder in ("good", "bad")
    for path in (HERE / folder).rglob("*")
    if path.suffix in (".yaml", ".yml", ".json")
)


def documents_of(path):
    file, _ = decode(Source(path.name, path.read_bytes()))
    return [one.value for one in read_documents(file)[0] if isinstance(one.value, dict)]


DOCUMENTS = [
    document for path in PATHS for document in documents_of(path) if len(str(document)) < 5_000
]
BY_KIND = {name: [one for one in DOCUMENTS if one.get("kind") == name] or [{}] for name in KINDS}

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 400)
    | st.sampled_from([0.0, 1.0, 20.0, 0.5, 10**30, -1])
    | st.sampled_from(
        [
            "",
            "x",
            "720p",
            "Room",
            "2027-01-01",
            "#AbCdEf",
            "grid-responsive",
            "a\n",
            "name ",
            "é" * 201,
            "x" * 20_000,
        ]
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


def places(value, path=()):
    yield path
    for key, inner in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield from places(inner, (*path, key))


def changed(value, path, new):
    """``value`` with ``new`` at ``path``; None takes a key out."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.sampled(4)
def test_manifests_are_judged_alike(path):
    for document in documents_of(path):
        kind = document.get("kind")
        if isinstance(kind, str) and kind in KINDS:
            assert QUICK[kind](document) is WHOLE[kind].is_valid(document)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_documents_changed_anywhere_are_judged_alike(name, data):
    document = data.draw(st.sampled_from(BY_KIND[name]))
    path = data.draw(st.sampled_from(list(places(document))))
    one = changed(document, path, data.draw(values))

    assert QUICK[name](one) is WHOLE[name].is_valid(one)


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {}},
        {"type": "string", "if": {}},
        {"$ref": "other.json"},
        {"const": [1]},
        {"$ref": "#"},
    ],
)
def test_of_what_it_does_not_know_it_is_never_sure(schema):
    assert quick_check(schema)("x") is False


def test_whole_numbers_truth_and_line_ends_are_told_apart():
    assert [quick_check({"const": 1})(value) for value in (1, 1.0, True)] == [True, False, False]
    assert [quick_check({"type": "integer"})(value) for value in (1, 1.0, True)] == [
        True,
        False,
        False,
    ]
    assert [quick_check({"pattern": "^a$"})(value) for value in ("a", "a\n", 1)] == [
        True,
        False,
        True,
    ]
