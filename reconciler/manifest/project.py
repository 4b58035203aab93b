"""The project file, reconciler.yaml: where manifests and state are, and for each environment which Space and whose credentials."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from reconciler.core.declared import Place, Problem, Secret
from reconciler.core.errors import ManifestError
from reconciler.core.secret_names import is_secret_name
from reconciler.core.text import did_you_mean
from reconciler.manifest.decoding import decode
from reconciler.manifest.documents import Document, Findings, Source, Text, key_place, place_of
from reconciler.manifest.documents import Path as ValuePath
from reconciler.manifest.events import read_documents
from reconciler.manifest.network import Network, Written, check_proxy, is_proxy, network_in, proxies_in
from reconciler.manifest.quick import quick_check
from reconciler.manifest.rules import check_gaps
from reconciler.manifest.sentences import Subject
from reconciler.manifest.sources import MAX_FILE_BYTES
from reconciler.manifest.validate import check_schema, validator_for
from reconciler.manifest.variables import Variables, filled

_REFERENCED = re.compile(r"\$\{env:([^}]*)\}")
_TOKEN = "api_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class Safety:
    """How far one run may go; None where the file does not say."""

    max_delete_share: float | None = None
    max_delete_count: int | None = None
    max_update_share: float | None = None
    max_update_count: int | None = None
    literal_secrets: Literal["warn", "allow", "refuse"] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What manifests must keep to beyond what the Space asks; None where the file does not say."""

    text_contrast: float | None = None
    control_contrast: float | None = None
    low_contrast: Literal["warn", "refuse"] | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment as written; ``connection`` fills its credentials in. Empty and None stand for 'not written'."""

    name: str
    place: Place
    space: Written | None = None
    project_id: Written | None = None
    api_token: Written | None = None
    vars: Mapping[str, str] = field(default_factory=dict)
    manifests: tuple[str, ...] = ()
    manifests_at: tuple[Place, ...] = ()
    state: str | None = None
    safety: Safety | None = None
    policy: Policy | None = None
    network: Network | None = None
    exclude: tuple[str, ...] = ()
    state_mode: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """The project file; its paths (``manifests``, ``state``) are as written, relative to the folder of ``path``.

    ``manifests_at`` tells of each path of ``manifests`` where it is written.
    """

    path: Path
    manifests: tuple[str, ...] = ()
    state: str | None = None
    vars: Mapping[str, str] = field(default_factory=dict)
    safety: Safety | None = None
    environments: Mapping[str, Environment] = field(default_factory=dict)
    policy: Policy | None = None
    manifests_at: tuple[Place, ...] = ()
    network: Network | None = None
    env: tuple[str, ...] | None = None
    default_environment: str | None = None
    exclude: tuple[str, ...] = ()
    follow_links: tuple[str, ...] = ()
    state_mode: str = ""


class Connection(NamedTuple):
    """Where an environment's Space is and the credentials for it, filled in; None where the file does not say."""

    space: str | None
    project_id: str | None
    api_token: Secret | None


def _read(path: Path) -> Text:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ManifestError([Problem(Place(str(path), 1, 1), f"the project file cannot be read: {error.strerror}")]) from error
    if len(content) > MAX_FILE_BYTES:
        raise ManifestError([Problem(Place(str(path), 1, 1), f"the project file is larger than {MAX_FILE_BYTES // 1024**2} MiB")])
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> Text:
    text, problems = decode(Source(str(path), content))
    if problems:
        raise ManifestError(problems)
    return text


def _document(text: Text) -> Document | None:
    """The one document of the project file; None for an empty file."""
    documents, problems, _ = read_documents(text)
    if len(documents) > 1:
        mark = documents[1].mark
        problems.append(
            Problem(Place(text.name, mark.line, mark.column), "a project file is one document", hint="remove the '---' and what follows")
        )
    if problems:
        raise ManifestError(problems)
    only = documents[0] if documents else None
    return None if only is None or (only.mark.text == "" and not only.mark.style) else only


def _secret_paths(value: Any, schema: Mapping[str, Any]) -> frozenset[ValuePath]:
    """The paths whose values may be credentials: tokens, and whatever stands under a key that nobody knows."""
    if not isinstance(value, dict):
        return frozenset()
    known = set(schema["properties"])
    inner = set(schema["$defs"]["environment"]["properties"]) - {_TOKEN}
    environments = value.get("environments")
    paths: set[ValuePath] = {(key,) for key in value if key not in known} | proxies_in(value)
    for name, one in (environments if isinstance(environments, dict) else {}).items():
        paths |= {("environments", name, key) for key in (one if isinstance(one, dict) else ()) if key not in inner}
    return frozenset(paths)


def _check_templates(findings: Findings) -> None:
    """Adds a problem for each token in clear, and for each reference where none is filled in or none can be."""
    ahead: list[tuple[ValuePath, Any]] = [((), findings.document.value)]
    while ahead:
        path, value = ahead.pop()
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            ahead += [((*path, key), inner) for key, inner in pairs]
        elif isinstance(value, str) and path[:1] == ("environments",) and path[2:] == (_TOKEN,):
            if not (value.startswith("${env:") and value.endswith("}")):
                findings.add(
                    path, "a token is written here in clear", hint="put it into the environment and write ${env:SIGNALWIRE_API_TOKEN} here"
                )
        elif isinstance(value, str) and is_proxy(path):
            check_proxy(findings, path, value)
        elif isinstance(value, str) and "${" in value and not (path[:1] == ("environments",) and path[2:] in (("space",), ("project_id",))):
            findings.add(
                path,
                "references are not filled in here",
                hint="${env:NAME} works in space, project_id, api_token and connection.proxy, and in manifests",
            )


def _state(value: Mapping[str, Any]) -> str | None:
    """The place of the record, where it is written."""
    written = value.get("state")
    return written.get("path") if isinstance(written, dict) else written


def _state_mode(value: Mapping[str, Any]) -> str:
    """Who may read and write the files of the record; '' where it is not written."""
    written = value.get("state")
    return written.get("mode", "") if isinstance(written, dict) else ""


def _safety(value: Mapping[str, Any]) -> Safety | None:
    return Safety(**value["safety"]) if "safety" in value else None


def _policy(value: Mapping[str, Any]) -> Policy | None:
    return Policy(**value["policy"]) if "policy" in value else None


def _places(document: Document, path: ValuePath, written: Mapping[str, Any]) -> tuple[Place, ...]:
    """Where each of the paths under ``manifests`` is written."""
    return tuple(place_of(document, (*path, "manifests", index)) for index in range(len(written.get("manifests", ()))))


def _environment(document: Document, name: str, value: Mapping[str, Any]) -> Environment:
    path: ValuePath = ("environments", name)
    written = {key: Written(value[key], place_of(document, (*path, key))) for key in ("space", "project_id", _TOKEN) if key in value}
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
    """ManifestError where the default is no environment of the file."""
    name, known = value.get("default_environment"), value.get("environments", {})
    if name is not None and name not in known:
        message = f"there is no environment '{name}'{did_you_mean(name, known)}"
        hint = f"declared: {', '.join(known)}" if known else "declare it under 'environments'"
        raise ManifestError([Problem(place_of(document, ("default_environment",)), message, "default_environment", hint)])


def load_project(path: Path, *, schema: Mapping[str, Any], content: bytes | None = None) -> Project:
    """The project file at ``path``, checked against ``schema``. ManifestError holds everything that is wrong with it.

    ``content`` is read instead of the file where it is given.
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
        {name: _environment(document, name, one) for name, one in value.get("environments", {}).items()},
        _policy(value),
        _places(document, (), value),
        network_in(document, (), value),
        tuple(value["env"]) if "env" in value else None,
        value.get("default_environment"),
        tuple(value.get("exclude", ())),
        tuple(value.get("follow_links", ())),
        _state_mode(value),
    )


def environment_named(project: Project, name: str) -> Environment:
    """The environment called ``name``. ManifestError tells which one may be meant."""
    if name in project.environments:
        return project.environments[name]
    near = did_you_mean(name, project.environments)
    hint = f"declared: {', '.join(project.environments)}" if project.environments else "declare it under 'environments'"
    raise ManifestError([Problem(Place(str(project.path), 1, 1), f"there is no environment '{name}'{near}", "environments", hint)])


class _Every(frozenset[str]):
    """All names: which of them credentials may come from is not for the manifests' list to say."""

    def __contains__(self, name: object) -> bool:
        return True


def _secret_names(text: str) -> list[str]:
    return [name for name in _REFERENCED.findall(text) if is_secret_name(name)]


def connection(environment: Environment, variables: Mapping[str, str]) -> Connection:
    """The Space and the credentials of ``environment``, filled in from the process environment ``variables``.

    ManifestError names each variable that is not set, empty or otherwise of no use, and never a value.
    """
    problems: list[Problem] = []
    values: dict[str, str] = {}
    for key in ("space", "project_id", _TOKEN):
        written: Written | None = getattr(environment, key)
        if written is None:
            continue
        pointer = f"environments.{environment.name}.{key}"
        secret = [] if key == _TOKEN else _secret_names(written.text)  # what stands for a Space is shown, and sent to name servers
        if secret:
            hint = "give it another name, if it is none"
            problems.append(Problem(written.place, f"the {key} is shown, and {secret[0]} has the name of a secret", pointer, hint))
            continue
        values[key], faults = filled(written.text, Variables(variables, {}, listed=_Every()))
        problems += [Problem(written.place, fault.message, pointer, fault.hint) for fault in faults]
    if problems:
        raise ManifestError(problems)
    token = values.get(_TOKEN)
    return Connection(values.get("space"), values.get("project_id"), Secret(token) if token is not None else None)
