"""Project file reconciler.yaml: manifests, state, and the Space of each environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.core.errors import ManifestError
from reconciler.core.resources import Place, Problem
from reconciler.core.text import did_you_mean
from reconciler.manifest.document import Document, Findings, Source, Text, key_place, place_of
from reconciler.manifest.document import Path as ValuePath
from reconciler.manifest.file_reading import MAX_FILE_BYTES
from reconciler.manifest.network import check_proxy, is_proxy, network_in, proxies_in
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.project_model import Environment, Policy, Project, Safety, Written
from reconciler.manifest.validate.fast import quick_check
from reconciler.manifest.validate.schema import check_schema, validator_for
from reconciler.manifest.validate.semantics import check_gaps
from reconciler.manifest.validate.violation import Subject

_TOKEN = "api_token"  # noqa: S105  # the name of a field


def _read(path: Path) -> Text:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ManifestError(
            [
                Problem(
                    Place(str(path), 1, 1),
                    f"the project file cannot be read: {error.strerror}",
                    hint="check its permissions",
                )
            ]
        ) from error
    if len(content) > MAX_FILE_BYTES:
        raise ManifestError(
            [
                Problem(
                    Place(str(path), 1, 1),
                    f"the project file is larger than {MAX_FILE_BYTES // 1024**2} MiB",
                    hint="remove what does not belong in it",
                )
            ]
        )
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> Text:
    text, problems = decode(Source(str(path), content))
    if problems:
        raise ManifestError(problems)
    return text


def _document(text: Text) -> Document | None:
    """The single document of the project file; None for an empty file."""
    from reconciler.manifest.parse.documents import read_documents  # noqa: PLC0415  # yaml takes as long to import as click

    documents, problems, _ = read_documents(text)
    if len(documents) > 1:
        mark = documents[1].mark
        problems.append(
            Problem(
                Place(text.name, mark.line, mark.column),
                "a project file is one document",
                hint="remove the '---' and what follows",
            )
        )
    if problems:
        raise ManifestError(problems)
    only = documents[0] if documents else None
    return None if only is None or (only.mark.text == "" and not only.mark.style) else only


def _secret_paths(value: Any, schema: Mapping[str, Any]) -> frozenset[ValuePath]:
    """Paths that may hold credentials: tokens, and everything below unknown keys."""
    if not isinstance(value, dict):
        return frozenset()
    known = set(schema["properties"])
    inner = set(schema["$defs"]["environment"]["properties"]) - {_TOKEN}
    environments = value.get("environments")
    paths: set[ValuePath] = {(key,) for key in value if key not in known} | proxies_in(value)
    for name, one in (environments if isinstance(environments, dict) else {}).items():
        paths |= {
            ("environments", name, key)
            for key in (one if isinstance(one, dict) else ())
            if key not in inner
        }
    return frozenset(paths)


def _check_templates(findings: Findings) -> None:
    """Add a problem for each token in clear and each invalid reference."""
    ahead: list[tuple[ValuePath, Any]] = [((), findings.document.value)]
    while ahead:
        path, value = ahead.pop()
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            ahead += [((*path, key), inner) for key, inner in pairs]
        elif isinstance(value, str) and path[:1] == ("environments",) and path[2:] == (_TOKEN,):
            if not (value.startswith("${env:") and value.endswith("}")):
                findings.add(
                    path,
                    "a token is written here in clear",
                    hint="put it into the environment and write ${env:SIGNALWIRE_API_TOKEN} here",
                )
        elif isinstance(value, str) and is_proxy(path):
            check_proxy(findings, path, value)
        elif (
            isinstance(value, str)
            and "${" in value
            and not (path[:1] == ("environments",) and path[2:] in (("space",), ("project_id",)))
        ):
            findings.add(
                path,
                "a reference is not allowed here",
                hint="${env:NAME} works in space, project_id, api_token and connection.proxy, and in manifests",
            )


def _state(value: Mapping[str, Any]) -> str | None:
    """The location of the state; None if unset."""
    written = value.get("state")
    return written.get("path") if isinstance(written, dict) else written


def _state_mode(value: Mapping[str, Any]) -> str:
    """Who may read and write the files of a local state; '' if unset."""
    written = value.get("state")
    return written.get("mode", "") if isinstance(written, dict) else ""


def _safety(value: Mapping[str, Any]) -> Safety | None:
    return Safety(**value["safety"]) if "safety" in value else None


def _policy(value: Mapping[str, Any]) -> Policy | None:
    return Policy(**value["policy"]) if "policy" in value else None


def _places(document: Document, path: ValuePath, written: Mapping[str, Any]) -> tuple[Place, ...]:
    """Position of each path in ``manifests``."""
    return tuple(
        place_of(document, (*path, "manifests", index))
        for index in range(len(written.get("manifests", ())))
    )


def _environment(document: Document, name: str, value: Mapping[str, Any]) -> Environment:
    path: ValuePath = ("environments", name)
    written = {
        key: Written(value[key], place_of(document, (*path, key)))
        for key in ("space", "project_id", _TOKEN)
        if key in value
    }
    return Environment(
        name,
        key_place(document, path),
        vars=value.get("vars", {}),
        manifests=tuple(value.get("manifests", ())),
        manifests_at=_places(document, path, value),
        state=_state(value),
        state_mode=_state_mode(value),
        safety=_safety(value),
        policy=_policy(value),
        network=network_in(document, path, value),
        exclude=tuple(value.get("exclude", ())),
        **written,
    )


def _check_default(document: Document, value: Mapping[str, Any]) -> None:
    """ManifestError if the default environment is not declared."""
    name, known = value.get("default_environment"), value.get("environments", {})
    if name is not None and name not in known:
        message = f"there is no environment '{name}'{did_you_mean(name, known)}"
        hint = f"declared: {', '.join(known)}" if known else "declare it under 'environments'"
        raise ManifestError(
            [
                Problem(
                    place_of(document, ("default_environment",)),
                    message,
                    "default_environment",
                    hint,
                )
            ]
        )


def load_project(path: Path, *, schema: Mapping[str, Any], content: bytes | None = None) -> Project:
    """Load and validate the project file. ManifestError holds all problems.

    ``content`` replaces the file's content if given.
    """
    document = _document(_read(path) if content is None else _decoded(path, content))
    if document is None:
        return Project(path)
    findings = Findings(document, _secret_paths(document.value, schema))
    if document.gaps:
        check_gaps(findings)
    _check_templates(findings)
    if not quick_check(schema)(document.value):
        check_schema(findings, validator_for(schema), Subject())
    if findings.problems:
        raise ManifestError(sorted(findings.problems, key=lambda problem: problem.place))
    value = document.value
    _check_default(document, value)
    return Project(
        path,
        tuple(value.get("manifests", ())),
        _state(value),
        value.get("vars", {}),
        _safety(value),
        {
            name: _environment(document, name, one)
            for name, one in value.get("environments", {}).items()
        },
        _policy(value),
        _places(document, (), value),
        network_in(document, (), value),
        tuple(value["env"]) if "env" in value else None,
        value.get("default_environment"),
        tuple(value.get("exclude", ())),
        tuple(value.get("follow_links", ())),
        _state_mode(value),
        tuple(value.get("kinds", ())),
    )


def environment_named(project: Project, name: str) -> Environment:
    """The environment ``name``. ManifestError suggests a similar one."""
    if name in project.environments:
        return project.environments[name]
    near = did_you_mean(name, project.environments)
    hint = (
        f"declared: {', '.join(project.environments)}"
        if project.environments
        else "declare it under 'environments'"
    )
    raise ManifestError(
        [
            Problem(
                Place(str(project.path), 1, 1),
                f"there is no environment '{name}'{near}",
                "environments",
                hint,
            )
        ]
    )
