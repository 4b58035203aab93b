import re

import jsonschema
import pytest

from reconciler.core.editor_schema import as_written, editor_schemas


def kind(spec, **block):
    """A kind whose spec has these fields."""
    return {
        "title": "Thing",
        "type": "object",
        "properties": {
            "apiVersion": {"const": "reconciler.dev/v1"},
            "kind": {"const": "Thing"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": {"type": "object", "properties": spec},
        },
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {"leaf": {"type": "string"}, "inner": {"$ref": "#/$defs/tree"}},
            }
        },
        "x-reconciler": {"type": "fragment", **block},
    }


def validator(spec, **block):
    """A validator of manifests of that kind, as editors get it."""
    made = editor_schemas({"thing": kind(spec, **block)})["thing"]
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def takes(checker, **spec):
    """Whether a manifest with these fields is taken."""
    return checker.is_valid({"kind": "Thing", "metadata": {"name": "a"}, "spec": spec})


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("plain", True),
        ("${env:A}", True),
        ("a ${var:A.b-c} and ${env:_B}", True),
        ("$${x} $5 $$ $", True),
        ("two\nlines ${env:A}\n", True),
        ("$$${env:A}", True),
        ("$$$${", True),
        ("${x}", False),
        ("${env:}", False),
        ("${env:1}", False),
        ("${env:a b}", False),
        ("${env:A", False),
        ("a $${b} ${c}", False),
        ("${ENV:A}", False),
    ],
)
def test_a_text_holds_complete_references_only(text, is_taken):
    assert takes(validator({"field": {"type": "string"}}), field=text) == is_taken


@pytest.mark.parametrize("limits", [{"enum": ["a"]}, {"pattern": "^a$"}, {"const": "a"}])
def test_a_choice_is_a_choice_or_a_reference(limits):
    checker = validator({"field": {"type": "string", **limits}})

    assert takes(checker, field="a")
    assert takes(checker, field="${var:choice}")
    assert not takes(checker, field="b")
    assert not takes(checker, field="$${a}")
    assert not takes(checker, field=1)


def test_a_choice_without_a_type_is_one_of_texts():
    checker = validator({"field": {"enum": ["a"]}, "listed": {"items": {"enum": ["a", "b"]}}})

    assert takes(checker, field="${var:a}", listed=["a", "${var:b}"])
    assert not takes(checker, listed=["c"])


def test_what_holds_itself_takes_anything_below():
    checker = validator({"tree": {"$ref": "#/$defs/tree"}})

    assert takes(checker, tree={"leaf": "${env:A}", "inner": {"leaf": 3}})
    assert not takes(checker, tree={"leaf": "${A}"})


def test_a_secret_of_the_environment_is_no_name():
    checker = validator({})

    assert checker.is_valid({"metadata": {"name": "${var:A}"}})
    assert not checker.is_valid({"metadata": {"name": "${env:A}"}})


def test_long_texts_are_matched_in_linear_time():
    """One alternative fits at each place: what does not match is found in one go."""
    pattern = as_written({"type": "string"})["pattern"]
    choice = as_written({"enum": ["a"]})["anyOf"][1]["pattern"]

    for text in ("$ " * 50_000 + "${", "${env:A}" * 10_000 + "${x}", "$${" * 20_000 + "${"):
        assert re.search(pattern, text) is None
        assert re.search(choice, text) is None


def test_references_are_checked_in_every_object_that_may_hold_anything():
    anything = {"type": "object"}
    checker = validator(
        {
            "meta": anything,
            "outer": {"type": "object", "properties": {"inner": anything, "size": {}}},
            "listed": {"type": "array", "items": anything},
            "shut": {"type": "object", "additionalProperties": True},
        }
    )
    for good in ("${env:A}", "plain", ["${var:x}"], {"deep": ["${var:x}", 1, None]}):
        assert takes(checker, meta={"x": good}, outer={"inner": {"x": good}}, listed=[{"x": good}])
    for bad in ("${x}", ["${x}"], {"deep": ["${x}"]}):
        assert not takes(checker, meta={"x": bad})
        assert not takes(checker, outer={"inner": {"x": bad}})
        assert not takes(checker, listed=[{"x": bad}])
    assert takes(checker, outer={"more": "x"})


PROJECT = {
    "title": "Project",
    "type": "object",
    "properties": {
        "space": {"type": "string"},
        "proxy": {"type": "string"},
        "state": {"type": "string"},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "limits": {"$ref": "#/$defs/Limits"},
    },
    "$defs": {"Limits": {"type": "object", "properties": {"note": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    ("fields", "is_taken"),
    [
        ({"space": "${env:SPACE}"}, True),
        ({"proxy": "http://${env:USER}@proxy.example"}, True),
        ({"space": "example"}, True),
        ({"space": "${var:SPACE}"}, False),
        ({"space": "${env:SPACE"}, False),
        ({"state": "s3://bucket/path"}, True),
        ({"state": "${env:STATE}"}, False),
        ({"mode": "a"}, True),
        ({"mode": "${env:MODE}"}, False),
        ({"limits": {"note": "x"}}, True),
        ({"limits": {"note": "${env:A}"}}, False),
        ({"limits": {"note": 1}}, False),
    ],
)
def test_in_a_project_the_environment_is_filled_in_where_it_is_read(fields, is_taken):
    made = editor_schemas({"project": PROJECT})["project"]
    assert jsonschema.Draft202012Validator(made).is_valid(fields) is is_taken


def test_the_schema_of_a_project_holds_its_definitions_in_place():
    made = editor_schemas({"project": PROJECT})["project"]
    assert "$defs" not in made
    assert "$ref" not in str(made)


def test_of_several_forms_each_takes_references():
    either = {"anyOf": [{"type": "string", "pattern": "^a$"}, {"type": "integer"}]}
    checker = validator(
        {"field": either, "both": {"type": ["string", "null"], "anyOf": [{"format": "date"}]}}
    )
    for value, is_taken in (("a", True), ("${var:x}", True), (3, True), ("b", False), ([], False)):
        assert takes(checker, field=value) is is_taken
    assert takes(checker, both="${env:A}")
    assert takes(checker, both=None)
    assert not takes(checker, both="${A}")


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"minLength": 2}, "ab", "a"),
        ({"maxLength": 2}, "ab", "abc"),
        ({"minimum": 2}, 2, 1),
        ({"maximum": 2}, 2, 3),
        ({"minItems": 1}, [1], []),
        ({"maxItems": 1}, [1], [1, 2]),
        ({"uniqueItems": True}, [1, 2], [1, 1]),
        ({"items": {"type": "integer"}}, [1], ["a"]),
        ({"required": ["a"]}, {"a": 1}, {}),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 1}, {"a": "x"}),
        ({"additionalProperties": False}, {}, {"a": 1}),
        ({"minProperties": 1}, {"a": 1}, {}),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 2}),
    ],
)
def test_of_several_types_each_keeps_its_limits(limits, good, bad):
    types = ["array", "integer", "null", "object", "string"]
    made = editor_schemas({"other": {"title": "Other", "type": types, **limits}})["other"]
    checker = jsonschema.Draft202012Validator(made)
    # Strict validators refuse a list of types, and a limit beside no type that it is of.
    assert not made.keys() & {"type", *limits}
    assert (checker.is_valid(good), checker.is_valid(bad)) == (True, False)
    assert all(checker.is_valid(one) for one in (None, 2, "ab", [7]))
    assert not checker.is_valid(1.5)


def _with_list(child_fields, *, child="Part", field="parts"):
    """The schema of a kind with a list of sub-resources that have these fields."""
    part = {**kind({}, type="child"), "title": child, "$id": "x", "$comment": "y"}
    part["properties"] = child_fields
    whole = kind({field: {"type": "array"}}, children={"parts": "Part"})
    return editor_schemas({"part": part, "thing": whole})["thing"]["properties"]["spec"]


def test_a_list_of_sub_resources_holds_what_their_schema_takes():
    listed = _with_list({"url": {"type": "string"}, "size": {"type": "integer"}})["properties"]
    assert "uniqueItems" not in listed["parts"]
    assert not listed["parts"]["items"].keys() & {"$schema", "$id", "$comment"}
    checker = jsonschema.Draft202012Validator(listed["parts"])
    assert checker.is_valid([{"url": "${env:A}", "size": 1}] * 2)
    assert not checker.is_valid([{"size": "x"}])


def test_sub_resources_that_are_their_key_alone_are_told_apart_by_it():
    listed = _with_list({"url": {"type": "string"}})["properties"]["parts"]
    assert listed["uniqueItems"] is True


@pytest.mark.parametrize("other", [{"child": "Other"}, {"field": "others"}])
def test_a_list_of_an_unknown_kind_stays_as_it_is(other):
    properties = _with_list({"url": {"type": "string"}}, **other)["properties"]
    assert all("items" not in schema for schema in properties.values())


def test_an_address_has_one_of_the_schemes_of_its_field():
    checker = validator({"url": {"type": "string"}}, url_schemes={"url": ["rtmp", "rtmps"]})
    for good in ("rtmp://a.example/x", "rtmps://a.example/x", "${env:URL}"):
        assert takes(checker, url=good)
    for bad in ("http://a.example/x", "rtmp:/a", "a.example"):
        assert not takes(checker, url=bad)


@pytest.mark.parametrize("lookup", ["id", ""])
def test_a_name_that_reads_as_an_id_is_refused_where_ids_are_looked_up(lookup):
    checker = validator({}, lookup=lookup)
    named = {"metadata": {"name": "00000000-0000-4000-8000-000000000001"}}
    assert checker.is_valid(named) is not bool(lookup)
    assert checker.is_valid({"metadata": {"name": "lobby"}})


def test_references_are_checked_in_an_object_that_has_several_forms():
    forms = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}],
    }
    checker = validator({"field": forms})
    assert takes(checker, field={"a": "${env:A}"})
    assert takes(checker, field={"b": "x"})
    assert not takes(checker, field={})
    assert not takes(checker, field={"a": "${A}"})


# Whole schemas. What the patterns of texts take is tested above.
TEXT = as_written({"type": "string"})["pattern"]
REFERENCE = as_written({"enum": ["a"]})["anyOf"][1]
WITH_ANY = {"pattern": r"\$\{"}
ANY = {"$ref": "#/$defs/anyValue"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMMENT = "Written by 'reconciler schema' for editors: it describes what is written in a file."


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 1}),
        ({"type": "boolean", "default": True}, {"type": "boolean", "default": True}),
        (
            {"type": "string", "description": "Words.", "default": "x", "examples": ["y"]},
            {
                "type": "string",
                "description": "Words.",
                "default": "x",
                "examples": ["y"],
                "pattern": TEXT,
            },
        ),
        (
            {"type": "string", "minLength": 1, "maxLength": 3},
            {
                "type": "string",
                "pattern": TEXT,
                "anyOf": [{"minLength": 1, "maxLength": 3}, WITH_ANY],
            },
        ),
        (
            {"type": "string", "minLength": 1, "pattern": "^a"},
            {"type": "string", "anyOf": [{"minLength": 1, "pattern": "^a"}, REFERENCE]},
        ),
        (
            {"enum": ["a", "b"], "description": "One."},
            {"type": "string", "description": "One.", "anyOf": [{"enum": ["a", "b"]}, REFERENCE]},
        ),
        ({"const": "a"}, {"type": "string", "anyOf": [{"const": "a"}, REFERENCE]}),
        ({"enum": [1, 2]}, {"enum": [1, 2]}),
        ({"const": 1}, {"const": 1}),
        (
            {"type": ["integer", "string", "null"], "minimum": 1, "maxLength": 3, "title": "T"},
            {
                "title": "T",
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "string", "pattern": TEXT, "anyOf": [{"maxLength": 3}, WITH_ANY]},
                    {"type": "null"},
                ],
            },
        ),
        (
            {"$ref": "#/$defs/tree"},
            {
                "type": "object",
                "properties": {"leaf": {"type": "string", "pattern": TEXT}, "inner": {}},
            },
        ),
        ({"type": "object"}, {"type": "object", "additionalProperties": ANY}),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "string", "pattern": TEXT}},
        ),
        (
            {"type": "object", "additionalProperties": False},
            {"type": "object", "additionalProperties": False},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            {"type": "array", "items": {"type": "string", "pattern": TEXT}, "maxItems": 2},
        ),
        (
            {"type": "array", "items": {"type": "object"}},
            {"type": "array", "items": {"type": "object", "additionalProperties": ANY}},
        ),
        (
            {"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a", "b"]}]},
            {
                "type": "object",
                "properties": {"a": {}},
                "anyOf": [{"required": ["a", "b"], "properties": {"a": {}, "b": {}}}],
            },
        ),
        (
            {"type": "object", "properties": {"a": {}}, "anyOf": [{"properties": {"a": {}}}]},
            {"type": "object", "properties": {"a": {}}, "anyOf": [{"properties": {"a": {}}}]},
        ),
    ],
)
def test_the_schema_of_a_field_as_written(field, written):
    made = editor_schemas({"thing": kind({"field": field})})["thing"]
    assert made["properties"]["spec"] == {"type": "object", "properties": {"field": written}}
    assert ("$defs" in made) is ("anyValue" in str(written))


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (
            "date",
            ["2027-02-28", "2028-02-29", "2000-02-29"],
            ["2027-02-29", "1900-02-29", "27-1-1"],
        ),
        ("date-time", ["2027-01-01T00:00:00Z", "2027-01-01T00:00:00.5+01:00"], ["2027-01-01"]),
        ("uuid", ["00000000-0000-4000-8000-00000000000A"], ["00000000", "x"]),
    ],
)
def test_a_format_becomes_a_pattern_unless_the_field_has_one(form, good, bad):
    (own, _) = as_written_in(kind({"field": {"type": "string", "format": form}}))
    assert own.keys() == {"pattern"}
    assert all(re.search(own["pattern"], text) for text in good)
    assert not any(re.search(own["pattern"], text) for text in bad)
    both = {"type": "string", "format": form, "pattern": "^a$"}
    assert as_written_in(kind({"field": both})) == [{"pattern": "^a$"}, REFERENCE]
    unknown = {"type": "string", "format": "email", "pattern": "^a$"}
    assert as_written_in(kind({"field": unknown})) == [{"pattern": "^a$"}, REFERENCE]


def as_written_in(document):
    """The forms that the field of a kind takes."""
    made = editor_schemas({"thing": document})["thing"]
    return made["properties"]["spec"]["properties"]["field"]["anyOf"]


def test_the_whole_schema_of_a_kind():
    document = {"description": "A thing.", "required": ["kind"], **kind({"field": {}}, lookup="id")}
    in_metadata = as_written({"type": "string"}, ("var",))
    like_an_id = {"not": {"pattern": r"^(?=.{36}$)(?:-*[0-9a-fA-F]){32}-*$"}}
    reference = as_written({"enum": ["a"]}, ("var",))["anyOf"][1]
    labels = {"type": "object", "additionalProperties": {"type": "string"}}
    document["properties"]["metadata"]["properties"]["labels"] = labels
    assert editor_schemas({"thing": document}) == {
        "thing": {
            "$schema": DIALECT,
            "$comment": COMMENT,
            "description": "A thing.",
            "required": ["kind"],
            "title": "Thing",
            "type": "object",
            "properties": {
                "apiVersion": {
                    "type": "string",
                    "anyOf": [{"const": "reconciler.dev/v1"}, REFERENCE],
                },
                "kind": {"type": "string", "anyOf": [{"const": "Thing"}, REFERENCE]},
                "metadata": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "anyOf": [like_an_id, reference]},
                        "labels": {"type": "object", "additionalProperties": in_metadata},
                    },
                },
                "spec": {"type": "object", "properties": {"field": {}}},
            },
        }
    }


def test_the_schema_of_a_value_of_any_type():
    made = editor_schemas({"thing": kind({"meta": {"type": "object"}})})["thing"]
    text = {"type": "string", "pattern": TEXT}
    assert made["$defs"] == {
        "anyValue": {
            "description": "A value of any type; references in its texts are filled in.",
            "if": {"type": "string"},
            "then": text,
            "else": {
                "if": {"type": "array"},
                "then": {"type": "array", "items": ANY},
                "else": {
                    "if": {"type": "object"},
                    "then": {"type": "object", "additionalProperties": ANY},
                },
            },
        }
    }


def test_the_whole_schema_of_a_project():
    none = {"pattern": r"^(?:\$(?!\{)|[^$])*$"}
    environment = {"pattern": as_written({"type": "string"}, ("env",))["pattern"]}
    project = {**PROJECT, "properties": PROJECT["properties"] | {"project_id": {"type": "string"}}}
    assert editor_schemas({"project": project})["project"] == {
        "$schema": DIALECT,
        "$comment": COMMENT,
        "title": "Project",
        "type": "object",
        "properties": {
            "space": {"type": "string", **environment},
            "proxy": {"type": "string", **environment},
            "state": {"type": "string", **none},
            "mode": {"type": "string", "enum": ["a", "b"]},
            "limits": {"type": "object", "properties": {"note": {"type": "string", **none}}},
            "project_id": {"type": "string", **environment},
        },
    }


def test_any_other_schema_keeps_its_texts_and_loses_formats_and_lists_of_types():
    other = {
        "title": "Other",
        "properties": {"id": {"type": "string", "format": "uuid"}, "note": {"type": "string"}},
        "anyOf": [{"type": ["string", "null"], "maxLength": 3}],
    }
    assert editor_schemas({"other": other})["other"] == {
        "$schema": DIALECT,
        "$comment": COMMENT,
        "title": "Other",
        "properties": {
            "id": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            },
            "note": {"type": "string"},
        },
        "anyOf": [{"type": ["string", "null"], "maxLength": 3}],
    }


def test_a_field_of_several_types_keeps_the_options_of_its_own():
    options = [{"const": "small"}, {"const": 2}]
    checker = validator({"size": {"type": ["integer", "string"], "anyOf": options}})
    taken = [word for word in ("small", 2, "${env:A}", "large", None) if takes(checker, size=word)]
    assert taken == ["small", 2, "${env:A}"]
