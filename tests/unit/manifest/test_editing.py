"""What an edit may do to a file, whatever the file looks like."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from reconciler.core.export import literal
from reconciler.core.text import hidden_characters
from reconciler.manifest.document import Source
from reconciler.manifest.editing.apply import edited, read_source
from reconciler.manifest.editing.operations import (
    Append,
    Drop,
    Put,
    Remove,
    copied,
    identical,
    references_in,
    value_at,
    with_value,
    without,
)
from reconciler.manifest.editing.text_edits import Uneditable
from tests.effort import examples
from tests.unit.manifest.test_properties import texts, values, visible

SETTINGS = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)

HEAD = "apiVersion: reconciler.dev/v1\nkind: Room   # what\nmetadata: {name: a}\n"
SHAPES = [
    "spec:\n  a: {value} # tail\n  # own line\n  z: 1\n",
    "spec:\n    # above\n    a:    {value}\n\n\n    z: 1   #\ttab\n",
    "spec: {{a: {value},   z: 1 }}   # flow\n",
    "spec: {{ z: 1, # one\n  a: {value} # two\n  }}\n",
    "spec:\n  ? a # key\n  : {value}\n  ? z\n  : 1\n# end\n",
    "spec:\n  a: &x {value}\n  z: 1\n---\nb: c\n",
]
OLD = ["2x2", "'it''s'", '"two \\" words"', "5", "true", "~", "[1, 2]", "{k: v}"]


def contents(source):
    return [copied(document.value) for document in read_source(source)[1]]


@given(
    shape=st.sampled_from(SHAPES),
    old=st.sampled_from(OLD),
    new=visible | st.integers() | st.booleans() | st.none(),
    crlf=st.booleans(),
)
@SETTINGS
def test_only_the_characters_of_the_value_differ(shape, old, new, crlf):
    ends = "\r\n" if crlf else "\n"
    before, behind = (
        part.format().replace("\n", ends)
        for part in (HEAD.replace("{", "{{").replace("}", "}}") + shape).split("{value}")
    )

    result = edited(
        Source("a.yaml", f"{before}{old}{behind}".encode()), [Put(0, ("spec", "a"), literal(new))]
    ).decode()

    assert result.startswith(before)
    assert result.endswith(behind)
    assert contents(Source("a.yaml", result.encode()))[0]["spec"] == {"a": literal(new), "z": 1}


def paths_of(value, path=()):
    """Every path inside a value."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, inner in pairs:
        yield (*path, step)
        yield from paths_of(inner, (*path, step))


@given(text=texts, new=values, picked=st.randoms(use_true_random=False), removes=st.booleans())
@SETTINGS
def test_whatever_the_text_the_edit_is_made_exactly_or_refused(text, new, picked, removes):
    source = Source("a.yaml", text.encode("utf-8", "ignore"))
    try:
        before = contents(source)
    except Uneditable:
        return
    number = picked.randrange(len(before)) if before else 0
    paths = list(paths_of(before[number])) if before else []
    assume(paths)
    path = picked.choice(paths)
    edit = Remove(number, path) if removes else Put(number, path, literal(new))
    try:
        result = contents(Source("a.yaml", edited(source, [edit])))
    except Uneditable:
        return
    wanted = list(before)
    wanted[number] = (
        without(before[number], path) if removes else with_value(before[number], path, literal(new))
    )
    assert identical(
        [one for one in result if one is not None], [one for one in wanted if one is not None]
    )
    assert references_in(value_at(before[number], path)) == []


@given(
    new=st.dictionaries(visible, values, max_size=4),
    old=st.dictionaries(visible, values, max_size=4),
)
@SETTINGS
@example(new={"": [0.0]}, old={"": [{"": None}]})
@example(new={"a": ["x", 1]}, old={"a": [{"b": {"c": [1]}, "d": "e"}, {"f": None}]})
@example(new={"a": ["x"]}, old={"a": [[{"b": 1}], 2]})
def test_any_object_becomes_any_other(new, old):
    source = Source(
        "a.yaml",
        edited(
            Source("a.yaml", b"kind: Room\nspec:\n  z: 1\n"),
            [Put(0, ("spec", "meta"), literal(old))],
        ),
    )

    result = edited(source, [Put(0, ("spec", "meta"), literal(new))])

    assert contents(Source("a.yaml", result)) == [
        {"kind": "Room", "spec": {"z": 1, "meta": literal(new)}}
    ]


@given(
    text=visible | st.text(st.sampled_from("ab \n#:-'\""), max_size=20),
    style=st.sampled_from(["|", "|-", "|+", ">", ">-", ">+"]),
)
@SETTINGS
def test_a_block_takes_any_text(text, style):
    assume(not hidden_characters(text))
    source = Source(
        "a.yaml", f"kind: Room\nspec:\n  a: {style} # why\n    old\n\n    text\n  z: 1\n".encode()
    )

    result = edited(source, [Put(0, ("spec", "a"), literal(text))])

    assert contents(Source("a.yaml", result))[0]["spec"] == {"a": literal(text), "z": 1}
    assert result.endswith(b"\n  z: 1\n")


def test_a_later_edit_of_the_same_place_builds_on_the_earlier_one():
    edits = [
        Put(0, ("a",), ["x"]),
        Put(0, ("a",), [1, {"z": [2]}]),
        Put(0, ("a", 1, "z", 0), 3),
        Remove(0, ("b",)),
        Put(0, ("b",), {"c": 1}),
    ]

    result = edited(Source("a.yaml", b"a: 1 # one\nb: 2\n"), edits)

    assert result == b"a: [1, {z: [3]}] # one\nb:\n  c: 1\n"


def test_many_edits_of_many_documents_at_once():
    text = "---\n".join(f"kind: Room\nspec:\n  a: {number}\n  b: [x]\n" for number in range(200))
    edits = [Put(number, ("spec", "a"), number + 1) for number in range(200)] + [
        Drop(7),
        Append({"kind": "Room"}),
    ]

    result = contents(Source("a.yaml", edited(Source("a.yaml", text.encode()), edits)))

    assert [one["spec"]["a"] for one in result[:-1]] == [
        number + 1 for number in range(200) if number != 7
    ]
    assert result[-1] == {"kind": "Room"}


def test_the_last_document_leaves_an_empty_file():
    assert (
        edited(Source("a.yaml", b"# all there is\nkind: Room\n---\n# nothing\n"), [Drop(0)]) == b""
    )


@pytest.mark.parametrize(
    ("text", "edit", "why"),
    [
        ("a: [1\n", Put(0, ("a",), 1), "the file is not valid"),
        ("a: text\n", Put(0, ("a", "b"), 1), "there is no a.b to change here"),
        ("a: 1\n", Remove(0, ("b",)), "there is no b to change here"),
        ("a: 1\n", Put(0, ("a",), "x\u200by"), "this cannot be written in a manifest"),
        ("a: &x {b: 1}\nc: *x\n", Put(0, ("a", "b"), 2), "the value is anchored as '&x'"),
        ("a: &x {b: 1}\nc: *x\n", Remove(0, ("a",)), "the value is anchored as '&x'"),
        (
            "a: {b: '${env:A}'}\n",
            Put(0, ("a",), 2),
            "the manifest has ${env:A} here, which pull keeps",
        ),
        (
            "a: {b: '${env:A}'}\n",
            Remove(0, ("a",)),
            "the manifest has ${env:A} here, which pull keeps",
        ),
    ],
)
def test_what_would_harm_is_refused_with_words(text, edit, why):
    with pytest.raises(Uneditable) as refused:
        edited(Source("a.yaml", text.encode()), [edit])

    assert refused.value.message.startswith(why)
    assert refused.value.edit in (edit, None)


def test_json_holds_one_document():
    with pytest.raises(Uneditable, match="a JSON file holds one document"):
        edited(Source("a.json", b'{"kind": "Room"}'), [Append({"kind": "Room"})])
