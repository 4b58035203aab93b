import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.core.errors import UsageError
from reconciler.core.kinds import kind_from, resolve
from reconciler.reports.text.explain import explain_text, kinds_text
from reconciler.reports.text.schema_words import example_value, yaml_lines

KINDS = catalog.kinds()


def _fields():
    for kind in KINDS.values():
        for name, schema in kind.fields.items():
            yield kind.name, name
            yield from (
                (kind.name, f"{name}.{inner}")
                for inner in resolve(schema, kind.schema).get("properties", {})
            )
        yield from ((kind.name, name) for name in kind.answers)


FIELDS = list(_fields())


def example_of(text):
    return yaml.safe_load("\n".join(text.split("example\n")[1].splitlines()))


@pytest.mark.parametrize(("kind", "path"), FIELDS)
@pytest.mark.sampled(6)
def test_every_field_is_explained(kind, path):
    lines = explain_text(KINDS[kind], path, kinds=KINDS).splitlines()
    assert lines[0] == f"{kind}.{path}"
    assert any(line.startswith("  type") for line in lines)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].type != "child"])
def test_the_example_of_a_kind_is_a_manifest_that_its_schema_takes(kind):
    Draft202012Validator(KINDS[kind].schema).validate(example_of(explain_text(KINDS[kind])))


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, path in FIELDS if KINDS[kind].type != "child"]
)
@pytest.mark.sampled(6)
def test_the_example_of_a_field_is_one_that_its_schema_takes(kind, path):
    text = explain_text(KINDS[kind], path, kinds=KINDS)
    first = path.split(".")[0]
    if first in KINDS[kind].fields:
        Draft202012Validator(
            {
                **KINDS[kind].schema["properties"]["spec"]["properties"][first],
                "$defs": KINDS[kind].schema.get("$defs", {}),
            }
        ).validate(example_of(text)["spec"][first])
    else:
        assert "example" not in text


@pytest.mark.parametrize(
    ("kind", "path", "message"),
    [
        ("Conference", "layuot", "Conference has no field 'layuot'; did you mean 'layout'?"),
        ("Conference", "streams.ulr", "Stream has no field 'ulr'; did you mean 'url'?"),
        ("Theme", "dark.primry", "Theme.dark has no field 'primry'; did you mean 'primary'?"),
        ("Room", "layout.x", "Room.layout has no field 'x'"),
        ("Room", "layout.", "Room.layout has no field ''"),
    ],
)
def test_an_unknown_field_is_named_with_its_near_miss(kind, path, message):
    with pytest.raises(UsageError) as caught:
        explain_text(KINDS[kind], path, kinds=KINDS)
    assert caught.value.message == message


def test_a_secret_inside_a_list_is_told_to_be_one():
    assert "secret" in explain_text(KINDS["Conference"], "streams[0].url", kinds=KINDS)


def test_a_made_up_kind_is_explained_from_its_schema_alone():
    kind = kind_from(
        {
            "title": "Lamp",
            "description": "A lamp.",
            "properties": {
                "apiVersion": {"const": "v1"},
                "kind": {"const": "Lamp"},
                "metadata": {
                    "type": "object",
                    "properties": {"name": {"type": "string", "examples": ["desk"]}},
                },
                "spec": {
                    "type": "object",
                    "properties": {
                        "watts": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": 100,
                            "description": "How bright.",
                        }
                    },
                },
            },
            "x-reconciler": {"type": "resource", "create_only": ["watts"], "required": ["watts"]},
        }
    )
    assert explain_text(kind, "watts") == (
        "Lamp.watts\n  How bright.\n\n"
        "  type      integer\n  limits    1 to 100\n  required  yes\n  written   on create only\n\n"
        "  example\n    spec:\n      watts: 1\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        True,
        "true",
        "no",
        "720p",
        "1e3",
        "#fff",
        "a: b",
        "${env:X}",
        "x ",
        [],
        {},
        [[1, [2]], {"a": [{"b": None, "c": {}}]}],
        {"on": ["1x1"]},
        None,
        2.5,
    ],
)
def test_examples_are_yaml_of_the_same_value(value):
    assert yaml.safe_load("\n".join(yaml_lines(value))) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "uuid"},
        {"type": ["string", "null"], "format": "email"},
        {"type": "string", "format": "date"},
        {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]},
        {"type": "string", "format": "uri"},
        {"type": "number", "minimum": 0.5},
        {"type": "array", "items": {"type": "string", "format": "uuid"}},
    ],
    ids=str,
)
def test_an_example_made_from_limits_has_the_format(schema):
    made = example_value(schema, schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    assert list(Draft202012Validator(schema, format_checker=checker).iter_errors(made)) == []
    assert made not in ("text", ["text"])


def test_a_field_of_a_fragment_tells_which_kinds_it_reaches():
    def reached(kind, path):
        lines = explain_text(KINDS[kind], path, kinds=KINDS).splitlines()
        return next((line.split(None, 1)[1] for line in lines if line.startswith("  for ")), "")

    assert reached("Preset", "layout") == "Conference, ConferenceRoom, Room"
    assert reached("Preset", "max_members") == "ConferenceRoom, Room"
    assert reached("Theme", "dark") == reached("Theme", "light.success") == "Conference"
    assert reached("Room", "layout") == reached("Preset", "metadata.name") == ""


def test_every_kind_is_listed_with_what_it_is():
    text = kinds_text(KINDS)
    assert [line.split()[0] for line in text.splitlines() if line[0] != " "] == sorted(KINDS)
    assert [kind.name for kind in KINDS.values() if kind.description.split()[-1] not in text] == []
