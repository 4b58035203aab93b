import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.core.errors import ManifestError
from reconciler.core.resources import Place, Secret
from reconciler.manifest.credentials import connection
from reconciler.manifest.discovery import find_project
from reconciler.manifest.project import environment_named, load_project
from reconciler.manifest.project_model import Environment, Project, Safety, Written

SCHEMA = catalog.documents()["project.schema.json"]

WHOLE = """\
manifests: [rooms, presets.yaml]
state: state.json
vars: {company: Example}
safety: {max_delete_share: 0.25, literal_secrets: refuse}
environments:
  dev:
    space: local
  prod:
    space: example.signalwire.com
    project_id: ${env:PROJECT}
    api_token: ${env:TOKEN}
    vars: {company: Example Ltd}
    manifests: [prod]
    state: prod.json
    safety: {max_delete_count: 3}
"""


def project_from(tmp_path, text):
    path = tmp_path / "reconciler.yaml"
    path.write_text(text)
    return load_project(path, schema=SCHEMA)


def told(tmp_path, text):
    with pytest.raises(ManifestError) as caught:
        project_from(tmp_path, text)
    return [
        (problem.place.line, problem.place.column, problem.pointer, problem.message)
        for problem in caught.value.problems
    ]


def test_the_schema_is_one_and_has_descriptions():
    Draft202012Validator.check_schema(SCHEMA)
    assert "x-reconciler" not in SCHEMA
    assert all(
        "description" in field
        for field in SCHEMA["$defs"]["environment"]["properties"].values()
        if "$ref" not in field
    )


def test_a_whole_project_file(tmp_path):
    path = tmp_path / "reconciler.yaml"
    prod = Environment(
        "prod",
        Place(str(path), 8, 3),
        space=Written("example.signalwire.com", Place(str(path), 9, 12)),
        project_id=Written("${env:PROJECT}", Place(str(path), 10, 17)),
        api_token=Written("${env:TOKEN}", Place(str(path), 11, 16)),
        vars={"company": "Example Ltd"},
        manifests=("prod",),
        manifests_at=(Place(str(path), 13, 17),),
        state="prod.json",
        safety=Safety(max_delete_count=3),
    )
    dev = Environment(
        "dev", Place(str(path), 6, 3), space=Written("local", Place(str(path), 7, 12))
    )
    assert project_from(tmp_path, WHOLE) == Project(
        path,
        ("rooms", "presets.yaml"),
        "state.json",
        {"company": "Example"},
        Safety(max_delete_share=0.25, literal_secrets="refuse"),
        {"dev": dev, "prod": prod},
        manifests_at=(Place(str(path), 1, 13), Place(str(path), 1, 20)),
    )


def test_an_empty_project_file_only_marks_the_place(tmp_path):
    assert project_from(tmp_path, "# later\n") == Project(tmp_path / "reconciler.yaml")


def test_it_is_found_upwards(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    assert find_project(tmp_path / "a/b") in (
        None,
        *(Path(above) / "reconciler.yaml" for above in tmp_path.parents),
    )
    (tmp_path / "reconciler.yaml").touch()
    assert find_project(tmp_path / "a/b") == (tmp_path / "reconciler.yaml").resolve()


def test_credentials_are_filled_in(tmp_path):
    prod = environment_named(project_from(tmp_path, WHOLE), "prod")
    filled_in = connection(prod, {"PROJECT": "p", "TOKEN": "canary"})
    assert filled_in == ("example.signalwire.com", "p", Secret("canary"))
    assert "canary" not in repr(filled_in)
    with pytest.raises(ManifestError) as caught:
        connection(prod, {"PROJECT": "p", "TOKEN": "canary\n"})
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.pointer, problem.message) == (
        11,
        "environments.prod.api_token",
        "the environment variable TOKEN holds a newline",
    )


def test_an_environment_that_is_not_there(tmp_path):
    with pytest.raises(ManifestError) as caught:
        environment_named(project_from(tmp_path, WHOLE), "prd")
    assert caught.value.problems[0].message == "there is no environment 'prd'; did you mean 'prod'?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manifest: [a]\n", [(1, 1, "manifest", "unknown field; did you mean 'manifests'?")]),
        ("- a\n", [(1, 1, "", "this is a list where a mapping is expected")]),
        ("manifests: rooms\n", [(1, 12, "manifests", "'rooms' is text where a list is expected")]),
        ("manifests: []\n", [(1, 12, "manifests", "this is empty")]),
        ("manifests: [a, a]\n", [(1, 16, "manifests[1]", "'a' is given twice")]),
        ("vars: {year: 2027}\n", [(1, 14, "vars.year", "2027 is a number where text is expected")]),
        ("vars: {a b: x}\n", [(1, 8, "vars.a b", "this name is not allowed")]),
        ("vars: {a: '${env:X}'}\n", [(1, 11, "vars.a", "a reference is not allowed here")]),
        (
            "safety: {max_delete_share: 50}\n",
            [(1, 28, "safety.max_delete_share", "50 is outside 0 to 1")],
        ),
        (
            "safety: {max_delete_count: -1}\n",
            [(1, 28, "safety.max_delete_count", "-1 is too small")],
        ),
        (
            "safety: {literal_secrets: warning}\n",
            [
                (
                    1,
                    27,
                    "safety.literal_secrets",
                    "'warning' is not one of the values of literal_secrets; did you mean 'warn'?",
                )
            ],
        ),
        (
            "environments: {prod: {space: }}\n",
            [(1, 30, "environments.prod.space", "this has no value")],
        ),
        (
            "environments: {prod: {spcae: x}}\n",
            [(1, 23, "environments.prod.spcae", "unknown field; did you mean 'space'?")],
        ),
        ("a: 1\n---\nb: 2\n", [(3, 1, "", "a project file is one document")]),
        (
            "a: [\n",
            [
                (
                    1,
                    4,
                    "",
                    "the '[' opened here is never closed: ']' or a comma is missing by line 2, column 1",
                )
            ],
        ),
        (
            "vars: {a: b, a: c}\n",
            [(1, 14, "vars.a", "the key 'a' is given twice; the first is on line 1")],
        ),
    ],
)
def test_mistakes(tmp_path, text, expected):
    assert told(tmp_path, text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "api_token: canary",
        "api_token: PTcanary${env:X}",
        "api_token: ${env:X}canary",
        "api_token: {a: canary}",
        "api_token: [canary]",
        "api_tokn: canary",
        "tokens: {a: canary}",
        'api_token: "canary',
    ],
)
def test_a_token_in_clear_is_an_error_and_never_shown(tmp_path, line):
    with pytest.raises(ManifestError) as caught:
        project_from(tmp_path, f"environments:\n  prod:\n    {line}\n")
    assert caught.value.problems
    assert "canary" not in repr(caught.value.problems)


def test_unreadable_project_files(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ManifestError, match="1 problem"):
            load_project(path, schema=SCHEMA)
    (tmp_path / "latin").write_bytes("vars: {a: é}".encode("latin-1"))
    with pytest.raises(ManifestError, match="1 problem"):
        load_project(tmp_path / "latin", schema=SCHEMA)


def test_the_schema_file_is_written_as_the_others_are():
    path = catalog.schema_dir() / "project.schema.json"
    assert path.read_text(encoding="utf-8") == json.dumps(SCHEMA, indent=2) + "\n"
