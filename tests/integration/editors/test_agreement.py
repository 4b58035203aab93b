"""The exported schemas and ``validate`` agree on random manifests, valid and invalid.

Limits of a schema, which the generator keeps clear of: rules between two fields or two documents
(join_from before join_until, names that are used twice or nowhere), the size of ``meta`` when
serialised, a reference whose value is missing or wrong, 20.0 for a whole number, an empty value.
"""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.core.combined_schema import combined_schema
from reconciler.core.editor_schema import editor_schemas
from reconciler.core.errors import ManifestError
from reconciler.core.kinds import resolve
from reconciler.manifest.load import load
from reconciler.manifest.project import load_project
from tests.effort import examples

DOCUMENTS = catalog.documents()
KINDS = catalog.kinds()
MANIFESTS = sorted(name for name, kind in KINDS.items() if kind.type != "child")
EDITOR = editor_schemas(DOCUMENTS)
COMBINED = Draft202012Validator(combined_schema(EDITOR.values()))
SEPARATE = {
    document["title"]: Draft202012Validator(document)
    for document in EDITOR.values()
    if document.get("title") in MANIFESTS
}

MALFORMED = ("${x}", "a ${env:}", "${var:a b}", "${env:A", "${", "${Var:a}", "$$${", "${env:A|b}")
ESCAPED = ("$${x}", "cost: $5", "$", "$$", "$$${x}", "a $${var:nowhere")
OF_ANY_TYPE = (None, True, 3, 2.5, "text", "", [], ["a"], {}, {"a": 1}, "#12345G", "#044ef4")
MOMENTS = (
    "2027-01-31",
    "2024-02-29",
    "2023-02-29",
    "2000-02-29",
    "1900-02-29",
    "2027-04-31",
    "2027-13-01",
    "0000-01-01",
    "0004-02-29",
    "2027-1-1",
    "2027-01-31T09:00:00Z",
    "2027-01-31T09:00:00.123456+02:00",
    "2027-01-31T09:00:00-23:59",
    "2027-01-31T24:00:00Z",
    "2027-01-31T09:60:00Z",
    "2027-01-31T09:00:60Z",
    "2027-01-31T09:00Z",
    "2027-01-31T09:00:00",
    "2027-01-31t09:00:00z",
    "2027-01-31 09:00:00Z",
    "2027-01-31T09:00:00+24:00",
    "2027-01-31T09:00:00+0200",
    "2027-01-31T09:00:00Z ",
    "2027-01-31T09:00:00,5Z",
)
ADDRESSES = (
    "rtmp://live.example.com/app/key",
    "rtmps://user@[::1]:443?k=v",
    "rtmp://h",
    "http://live.example.com",
    "rtmp:///app",
    "rtmp://a b/c",
    "rtmp://h/a b",
    "rtmp://h:x/a",
    "rtmp://h#f",
    "RTMP://h",
    " rtmp://h",
)
NAMES = (
    "a",
    "town-hall",
    "A_1",
    "",
    "a b",
    "ä",
    "a.b",
    "n" * 100,
    "n" * 101,
    "0b57a3f2-6f0e-4f4e-9f39-0a4a4c0a3b11",
    "0b57a3f2-6f0e-4f4e-9f39-0a4a4c0a3b1g",
    "0b57a3f2_6f0e_4f4e_9f39_0a4a4c0a3b11",
)
FRAGMENTS = [
    {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Preset",
        "metadata": {"name": "there"},
        "spec": {"display_name": "There"},
    },
    {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Theme",
        "metadata": {"name": "palette"},
        "spec": {"dark": {"primary": "#000000"}},
    },
]
# The fields that name fragments (presets, theme), in whatever kind they stand.
NAMING = {part.field: part.kind for kind in KINDS.values() for part in kind.compose}
REFERRED = {"Preset": "there", "Theme": "palette"}


def _valid(schema, document):
    """A valid value of the schema of a kind."""
    schema = resolve(schema, document)
    if "examples" in schema:
        return copy.deepcopy(schema["examples"][0])
    if "default" in schema:
        return copy.deepcopy(schema["default"])
    if "enum" in schema:
        return schema["enum"][0]
    if "items" in schema:
        return [_valid(schema["items"], document)]
    if "properties" in schema:
        return {key: _valid(inner, document) for key, inner in schema["properties"].items()}
    return {"string": "a text", "integer": 2, "boolean": True, "object": {"a": "b"}}[
        schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    ]


class Writer:
    """Draws values; ``variables`` are those that its references need."""

    def __init__(self, draw):
        self.draw, self.variables = draw, {}

    def one_of(self, *options):
        return self.draw(st.sampled_from(options))

    def mostly(self, right, *other):
        """``right``, or now and then one of ``other``, which are mostly wrong."""
        return self.one_of(*other) if self.draw(st.integers(0, 11)) == 7 else right

    def reference(self, value, *, words=("env", "var")):
        """A text that becomes ``value``, by one reference or two."""
        first, second = f"A{len(self.variables)}", f"B{len(self.variables)}"
        cut = self.one_of(0, len(value) // 2) if value else 0
        before, after = value[:cut], value[cut:]
        if not after.strip():
            return value
        self.variables[second] = after
        if not before.strip():
            return f"{before}${{{self.one_of(*words)}:{second}}}"
        self.variables[first] = before
        return f"${{{self.one_of(*words)}:{first}}}${{{self.one_of(*words)}:{second}}}"

    def text(self, schema, valid, *, words=("env", "var")):
        right = self.one_of(valid, self.reference(valid, words=words))
        limit = schema.get("maxLength")
        if limit:
            right = self.one_of(right, *ESCAPED[:-1], "x" * limit)
        if "enum" in schema:
            right = self.one_of(right, *schema["enum"])
        long = ["x" * (limit + 1)] if limit else []
        return self.mostly(
            right, *MALFORMED, *ESCAPED, *OF_ANY_TYPE, *long, f"{valid}x", str(valid).upper()
        )

    def value(self, schema, document, field=""):
        """A value for ``schema``, mostly near to a valid one."""
        schema = resolve(schema, document)
        kind = KINDS[document["title"]]
        named = NAMING.get(field)
        if named in REFERRED:
            return self.fragment(schema, REFERRED[named])
        if any(field in one.url_schemes for one in KINDS.values()):
            right = self.one_of(*ADDRESSES[:4], self.reference(ADDRESSES[0]))
            return self.mostly(right, *ADDRESSES, *MALFORMED)
        if kind.spellings.get(field) == "instant":
            right = self.one_of(*MOMENTS[:5], self.reference(MOMENTS[0]))
            return self.mostly(right, *MOMENTS, *MALFORMED, *OF_ANY_TYPE)
        return self.of_type(schema, document, field)

    def fragment(self, schema, name):
        written = self.mostly(self.one_of(name, self.reference(name)), *MALFORMED, 7)
        return [written] if "array" in schema["type"] else written

    def of_type(self, schema, document, field):
        types = [schema.get("type", "string")]
        types = types[0] if isinstance(types[0], list) else types
        if "object" in types and "properties" in schema:
            return self.mapping(schema, document)
        if "object" in types:
            return self.free()
        if "array" in types:
            items = resolve(schema["items"], document)
            many = self.one_of(0, 1, 1, 1, 2)
            listed = [self.value(items, document, f"{field}[]") for _ in range(many)]
            return self.mostly(listed, *OF_ANY_TYPE)
        if "string" in types:
            return self.text(schema, _valid(schema, document))
        if "integer" in types:
            low, high = schema["minimum"], schema["maximum"]
            wrong = (low - 1, high + 1, "3", "${var:A0}", *OF_ANY_TYPE)
            return self.mostly(self.one_of(low, high), *wrong)
        return self.mostly(self.one_of(True, False), "yes", 1, "${var:A0}", *OF_ANY_TYPE)

    def free(self):
        """An object of any content."""
        right = self.one_of("plain", self.reference("filled"), *ESCAPED)
        text = self.mostly(right, *MALFORMED)
        return {"a": self.one_of(text, 1, None, [text], {"b": [{"c": text}]})}

    def mapping(self, schema, document):
        names = self.draw(st.sets(st.sampled_from(sorted(schema["properties"])), max_size=4))
        if {"join_from", "join_until"} <= names:
            names.discard("join_until")
        names |= self.mostly({*schema.get("required", ())}, set())
        if document["title"] == "Conference" and schema["properties"].keys() >= {"presets"}:
            names |= self.mostly({"display_name"}, {"presets"}, set())
        names |= {min(schema["properties"])} if schema.get("minProperties") else set()
        made = {
            name: self.value(schema["properties"][name], document, name) for name in sorted(names)
        }
        return self.mostly(made, {**made, "unknown_field": 1})

    def metadata(self, kind):
        right = self.one_of(*NAMES[:3], self.reference("named", words=("var",)))
        name = self.mostly(right, "${env:A0}", *NAMES, *MALFORMED, *OF_ANY_TYPE)
        right = self.one_of("a", "$${x}", "${var:A0}")
        label = self.mostly(right, "${env:A0}", *MALFORMED, 3)
        made = {"name": name, "labels": {"team": label}}
        known = KINDS[kind].schema["$defs"].keys() & {"resourceMetadata"}
        extra = {
            "renamedFrom": self.mostly("old", *NAMES, *MALFORMED, 3),
            "protect": self.mostly(True, "yes"),
        }
        return {**made, **self.mostly(extra if known else {}, extra, {"other": 1})}

    def manifest(self):
        title = self.one_of(*MANIFESTS)
        document = KINDS[title].schema
        spec = self.mapping(resolve(document["properties"]["spec"], document), document)
        made = {
            "apiVersion": self.mostly(
                "reconciler.dev/v1", self.reference("reconciler.dev/v1"), "v1", 1
            ),
            "kind": title,
            "metadata": self.metadata(title),
            "spec": spec,
        }
        left_out = self.mostly("", "apiVersion", "metadata", "spec")
        return {key: value for key, value in made.items() if key != left_out}


@st.composite
def manifests(draw):
    writer = Writer(draw)
    return writer.manifest(), writer.variables


# A schema cannot compare two values.
NOT_IN_A_SCHEMA = ("'s own name", "each needs its own")


def faults(folder, manifest, variables):
    """What ``validate`` finds in the file of ``manifest`` (and in what it may refer to)."""
    for number, fragment in enumerate(FRAGMENTS):
        (folder / f"{number}.json").write_text(json.dumps(fragment), encoding="utf-8")
    file = folder / "made.json"
    file.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    known = {**dict.fromkeys(("A0", "B0"), "-"), **variables}
    loaded = load(
        [str(folder)], kinds=KINDS, variables=known, environment=known, literal_secrets="allow"
    )
    return [
        f"{problem.pointer}: {problem.message}"
        for problem in loaded.problems
        if problem.severity == "error"
    ]


@settings(max_examples=examples(3000), deadline=None)
@given(made=manifests())
@pytest.mark.long
def test_a_schema_takes_what_validate_takes_and_refuses_what_it_refuses(made, tmp_path_factory):
    manifest, variables = made
    folder = tmp_path_factory.mktemp("made")
    found = faults(folder, manifest, variables)

    if found and all(one.endswith(NOT_IN_A_SCHEMA) for one in found):
        return
    told = [error.message for error in COMBINED.iter_errors(manifest)]
    own = [error.message for error in SEPARATE[manifest["kind"]].iter_errors(manifest)]

    assert bool(told) == bool(own) == bool(found), (manifest, variables, found, told, own)


@pytest.mark.parametrize("title", MANIFESTS)
def test_every_text_may_be_a_reference(title, tmp_path):
    """Each text of a manifest in turn, names, choices, colours and moments among them."""
    schema = KINDS[title].schema
    spec = resolve(schema["properties"]["spec"], schema)
    tried = 0
    for field, inner in spec["properties"].items():
        value = _valid(inner, schema)
        named = NAMING.get(field)
        if named in REFERRED:
            value = [REFERRED[named]] if isinstance(value, list) else REFERRED[named]
        base = {"display_name": "needed"} if "display_name" in KINDS[title].required else {}
        for path, text in texts_in(value):
            for word in ("env", "var"):
                written = with_text(value, path, f"${{{word}:VALUE}}")
                manifest = {
                    "apiVersion": "${var:VERSION}",
                    "kind": title,
                    "metadata": {"name": "${var:NAME}"},
                    "spec": {**base, field: written},
                }
                variables = {
                    "VALUE": text if "${" not in text else ADDRESSES[0],
                    "VERSION": "reconciler.dev/v1",
                    "NAME": "a",
                }
                assert faults(tmp_path, manifest, variables) == []
                assert [one.message for one in COMBINED.iter_errors(manifest)] == []
                assert [one.message for one in SEPARATE[title].iter_errors(manifest)] == []
                tried += 1
    assert tried


def texts_in(value, path=()):
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_in(inner, (*path, key))


def with_text(value, path, text):
    if not path:
        return text
    made = copy.deepcopy(value)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = text
    return made


PROJECT = Draft202012Validator(EDITOR["project.schema.json"])


@pytest.mark.parametrize(
    "project",
    [
        {},
        {"manifests": ["rooms"]},
        {"manifests": ["${env:ROOMS}"]},
        {"manifests": []},
        {"state": "git"},
        {"state": "${env:STATE}"},
        {"vars": {"company": "Example $5"}},
        {"vars": {"company": "${env:COMPANY}"}},
        {"vars": {"company": "$${literal}"}},
        {"vars": {"a b": "c"}},
        {"env": ["TOWN_HALL"]},
        {"env": ["${env:A}"]},
        {"safety": {"literal_secrets": "refuse"}},
        {"safety": {"literal_secrets": "${env:A}"}},
        {"safety": {"max_delete_share": 2}},
        {"connection": {"proxy": "http://u:${env:PASSWORD}@h:3128"}},
        {"connection": {"ca_file": "${env:CA}"}},
        {"environments": {"a": {"space": "${env:SPACE}", "project_id": "${env:ID}"}}},
        {"environments": {"a": {"space": "local", "api_token": "${env:TOKEN}"}}},
        {"environments": {"a": {"space": "local", "api_token": "PT0"}}},
        {"environments": {"a": {"state": "${env:STATE}"}}},
        {"environments": {"a b": {}}},
        {"environment": {}},
    ],
    ids=json.dumps,
)
def test_the_schema_of_the_project_file_agrees_with_what_reads_it(project, tmp_path):
    file = tmp_path / "reconciler.yaml"
    file.write_text(json.dumps(project), encoding="utf-8")
    try:
        load_project(file, schema=DOCUMENTS["project.schema.json"])
        is_taken = True
    except ManifestError:
        is_taken = False

    assert PROJECT.is_valid(project) == is_taken
