from reconciler.core.fragment_users import with_fragment_users
from reconciler.core.kind_schema import kind_schema


def document(title, spec=None, **block):
    return {
        "title": title,
        "properties": {"spec": {"properties": spec or {}}},
        "x-reconciler": block,
    }


def test_a_fragment_may_be_used_by_the_kinds_that_name_it():
    uses = [{"field": "presets", "kind": "Preset"}]
    applies = {"appliesTo": {"type": "array", "items": {"type": "string"}}, "size": {}}
    documents = {
        "room": document("Room", compose=uses),
        "hall": document("Hall", compose=uses),
        "theme": document("Theme", compose=[{"field": "x", "kind": "Other"}]),
        "preset": document("Preset", applies, applies_to="appliesTo"),
        "plan": {"title": "Plan"},
    }
    found = with_fragment_users(documents)
    assert found["preset"]["properties"]["spec"]["properties"] == {
        "appliesTo": {"type": "array", "items": {"type": "string", "enum": ["Hall", "Room"]}},
        "size": {},
    }
    assert {name: found[name] for name in found if name != "preset"} == {
        name: documents[name] for name in documents if name != "preset"
    }
    assert "enum" not in applies["appliesTo"]["items"]


def test_a_kind_s_schema_has_an_envelope_and_the_fields():
    schema = kind_schema("Hall", {"size": {"type": "string"}}, {"type": "resource"})
    assert (schema["title"], schema["x-reconciler"]) == ("Hall", {"type": "resource"})
    assert schema["required"] == ["apiVersion", "kind", "metadata"]
    assert schema["properties"]["kind"] == {"const": "Hall"}
    assert schema["properties"]["apiVersion"] == {"const": "reconciler.dev/v1"}
    assert schema["properties"]["spec"]["properties"] == {"size": {"type": "string"}}
    metadata = schema["properties"]["metadata"]
    assert (metadata["required"], sorted(metadata["properties"])) == (
        ["name"],
        ["labels", "name", "protect", "renamedFrom"],
    )
    shut = (schema, metadata, schema["properties"]["spec"])
    assert [one["additionalProperties"] for one in shut] == [False] * 3
