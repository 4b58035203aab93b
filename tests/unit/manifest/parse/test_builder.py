import pytest
import yaml

from reconciler.manifest.document import Text
from reconciler.manifest.parse.builder import MAX_NODES, Builder
from reconciler.manifest.parse.documents import read_documents
from reconciler.manifest.parse.events import LOADER, Token, Unreadable, json_tokens, yaml_tokens


def read(text, name="a.yaml"):
    documents, problems, complete = read_documents(Text(name, text))
    return (
        [document.value for document in documents],
        [(p.place.line, p.place.column, p.message) for p in problems],
        complete,
    )


def test_libyaml_is_used_where_it_is_there():
    assert LOADER is yaml.CSafeLoader


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 'x', \"y\"]\nb: {c: &q {x: y}, d: *q}\ne: |\n  text\n---\n- z\n",
        "a:\n  - b: ~\n  - >-\n    folded\n",
        "%YAML 1.2\n---\na\n...\n",
    ],
)
def test_both_loaders_give_the_same_tokens(text):
    assert list(yaml_tokens(text, yaml.SafeLoader)) == list(yaml_tokens(text, yaml.CSafeLoader))


def test_values_and_documents():
    text = "a: 1\nb: [on, 2022-01-01, 1:30, ~, '', \"\\u00e9\"]\n---\n- {x: {y: z}}\n"
    assert read(text) == (
        [{"a": 1, "b": ["on", "2022-01-01", "1:30", None, "", "é"]}, [{"x": {"y": "z"}}]],
        [],
        True,
    )


def test_json_has_the_same_values_and_places_as_yaml():
    text = '{"a": [1, -2.5, true, null, "x\\n\\ud83d\\ude00"],\n\t"b": {"c": "d"}}'
    as_json = read_documents(Text("a.json", text))[0][0]
    assert as_json.value == {"a": [1, -2.5, True, None, "x\n😀"], "b": {"c": "d"}}
    assert as_json.mark.inside["b"][:2] == (2, 2)
    plain = '{"a": [1, {"b": "c"}],\n "d": {}}'
    assert (
        read_documents(Text("a.json", plain))[0][0].mark
        == read_documents(Text("a.yaml", plain))[0][0].mark
    )


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ('{"a" 1}', (1, 6), "not valid JSON"),
        ('{"a": NaN}', (1, 7), "NaN"),
        ('{"a": "b\nc"}', (1, 7), "never closed"),
        ('{"a": "b}', (1, 7), "never closed"),
        ('{"a": [1, 2}', (1, 12), "not valid JSON"),
        ('{"a": [{"b": 1}', (1, 7), "never closed"),
        ("{'a': 1}", (1, 2), "not valid JSON"),
        ("[1] [2]", (1, 5), "text after the end"),
        ('{"a": 1, "a": 2}', (1, 10), "given twice"),
        ('{"a": ' + "9" * 5000 + "}", (1, 7), "too long"),
        ("[" * 30_000, (1, 65), "too deep"),
    ],
)
def test_json_is_strict(text, place, word):
    _, problems, complete = read(text, "a.json")
    assert [problem[:2] for problem in problems] == [place]
    assert word in problems[0][2]
    assert not complete


def test_blank_json_has_no_token():
    assert list(json_tokens(" \n")) == []


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a: 1\nb: 2\na: 3", (3, 1), "first is on line 1"),
        ("{a: 1, 'a': 3}", (1, 8), "given twice"),
        ("1: x", (1, 1), "the key '1' is a number"),
        ("null: x", (1, 1), "is null"),
        ("true: x", (1, 1), "true/false"),
        (".nan: x", (1, 1), "a number"),
        ("?\n: x", (1, 2), "a key is missing"),
        ("? [a]\n: b", (1, 3), "a key must be text"),
        ("a: &x b\n*x : c", (2, 1), "a key must be text"),
        ("a: &x {y: z}\nb: {<<: *x}", (2, 5), "merge keys"),
        ("a: !!str 1", (1, 4), "the tag"),
        ("a: !include x", (1, 4), "the tag '!include'"),
        ("!!map {a: b}", (1, 1), "the tag"),
        ("a: !x [1, {b: c}]", (1, 4), "the tag"),
        ("%TAG ! tag:x,2000:\n---\na: 1", (1, 1), "the tag"),
        ("%YAML 1.3\n---\na: 1", (1, 1), "version of YAML"),
        ("%YAML 2.0\n---\na: 1", (1, 1), "version of YAML"),
        ("a: *nope", (1, 4), "no anchor '&nope'"),
        ("a: &x [*x]", (1, 8), "contains itself"),
        ("a: &x {b: [*x]}", (1, 12), "contains itself"),
        ("a: &x 1\n---\nb: *x", (3, 4), "no anchor"),
        ("a: .inf", (1, 4), "not a number that JSON can hold"),
        ('a: "b\\u202ec"', (1, 4), "U+202E"),
        ('"a\\u200b": c', (1, 1), "U+200B"),
        ("[" * 65, (1, 65), "too deep"),
        ("- " * 65 + "a", (1, 129), "too deep"),
        ("{a: " * 70, (1, 257), "too deep"),
    ],
)
def test_guards(text, place, word):
    _, problems, complete = read(text)
    assert [problem[:2] for problem in problems] == [place]
    assert word in problems[0][2]
    assert not complete


def test_the_pure_loader_refuses_later_versions_too():
    builder = Builder(Text("a.yaml", ""))
    (first, *_) = yaml_tokens("%YAML 1.3\n---\na: 1", yaml.SafeLoader)
    with pytest.raises(Unreadable, match=r"YAML 1\.3 is not supported"):
        builder.take(first)


def test_64_levels_are_allowed():
    values, problems, complete = read("[" * 64 + "]" * 64)
    assert (len(values), problems, complete) == (1, [], True)


def test_alias_bombs_stop_early():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    _, problems, complete = read(bomb)
    assert "stand for more than 100,000 values" in problems[0][2]
    assert not complete


def test_aliases_cannot_nest_deeper_than_text():
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    _, problems, complete = read(chain)
    assert [problem[:2] for problem in problems] == [(64, 12)]
    assert not complete


def test_an_alias_stands_for_its_value_at_its_own_place():
    document = read_documents(Text("a.yaml", "a: &x {b: c}\nd: *x\n"))[0][0]
    assert document.value == {"a": {"b": "c"}, "d": {"b": "c"}}
    assert document.mark.inside["d"][2][:2] == (2, 4)


def test_too_many_values():
    builder = Builder(Text("a.yaml", ""), _nodes=MAX_NODES)
    with pytest.raises(Unreadable, match="more than 1,000,000 values"):
        builder.take(Token("scalar", 1, 1, "a"))


def test_what_stands_before_a_mistake_is_kept():
    values, problems, complete = read("a: 1\n---\nb: [\n")
    assert (values, len(problems), complete) == ([{"a": 1}], 1, False)
