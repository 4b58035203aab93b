"""Substitutes ``${env:NAME}`` and ``${var:NAME}`` in texts, once and without nesting."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.secret_names import is_secret_name
from reconciler.core.text import did_you_mean, hidden_characters
from reconciler.manifest.document import Document, Findings, Path, Span, place_within

ENVIRONMENT = "${env:"

_REFERENCE = regex(r"\$\$\{|\$\{(?P<body>[^}]*)(?P<close>\}?)")
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SHOWN = 60
_MOST_FAULTS = 20


class FromEnvironment(str):
    """A text with environment values; ``shown`` is the text as written, used in all output.

    ``parts`` are the values that were filled in.
    """

    __slots__ = ("parts", "shown")
    parts: tuple[str, ...]
    shown: str

    @classmethod
    def of(cls, text: str, shown: str, parts: tuple[str, ...]) -> "FromEnvironment":
        """``text`` with the values ``parts``, shown as ``shown``."""
        made = cls(text)
        made.shown, made.parts = shown, parts
        return made


class _AsWritten(Mapping[str, str]):
    """An environment that maps each variable to its own reference."""

    def __getitem__(self, name: str) -> str:
        return f"${{env:{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, name: object) -> bool:
        return True


class _Every(frozenset[str]):
    """Contains every name."""

    # The list ``env`` restricts manifests, not the project file's own credentials.

    def __contains__(self, name: object) -> bool:
        return True


EVERY = _Every()


class Variables(NamedTuple):
    """Sources of values: the environment, and variables of the project file or command line.

    ``missing_variables`` collects missing environment variables; None makes each one an error. ``listed`` are
    the variables that manifests may read; None allows all except those with the name of a secret.
    """

    environment: Mapping[str, str]
    variables: Mapping[str, str]
    missing_variables: set[str] | None = None
    listed: Collection[str] | None = None

    def refused(self, word: str, name: str) -> tuple[str, str] | None:
        """Why manifests may not read this variable; None if they may."""
        if word != "env" or (
            name in self.listed if self.listed is not None else not is_secret_name(name)
        ):
            return None
        why = (
            "its name is that of a secret"
            if self.listed is None
            else "the project file does not list it"
        )
        return (
            f"manifests may not read the environment variable {name}: {why}",
            f"add {name} to the list 'env' in reconciler.yaml, which has all that manifests may read",
        )

    def may_be_meant(self, word: str) -> Collection[str]:
        """Candidates for a misspelled name, without secrets."""
        names = self.source(word) or {}
        return [name for name in names if not self.refused(word, name)]

    def source(self, word: str) -> Mapping[str, str] | None:
        """The mapping for ``env`` or ``var``; None for another word."""
        return {"env": self.environment, "var": self.variables}.get(word)


class Fault(NamedTuple):
    """An invalid reference and its offset in the text."""

    offset: int
    message: str
    hint: str


def _malformed(match: re.Match[str]) -> tuple[str, str]:
    shown = match.group()[:_SHOWN]
    if not match["close"]:
        return (
            "'${' is never closed",
            "write ${env:NAME} or ${var:NAME}, or $${ for the characters themselves",
        )
    word, _, name = match["body"].partition(":")
    if word not in ("env", "var"):
        return (
            f"{shown!r} is not known",
            "only ${env:NAME} and ${var:NAME} are filled in; write $${ for the characters themselves",
        )
    if not name:
        return f"{shown!r} has no name", f"write ${{{word}:NAME}}"
    return (
        f"{shown!r} is not a name",
        "names have letters, digits and '_'; defaults and other templating are not supported",
    )


def _unusable(
    word: str, name: str, source: Mapping[str, str], variables: Variables
) -> tuple[str, str] | None:
    """Why the value of ``name`` cannot be substituted, without the value."""
    refused = variables.refused(word, name)
    if refused:
        return refused
    what = "the environment variable" if word == "env" else "the variable"
    if name not in source:
        hint = (
            f"set {name} in the environment"
            if word == "env"
            else f"declare {name} under 'vars' in reconciler.yaml"
        )
        return f"{what} {name} is not set{did_you_mean(name, variables.may_be_meant(word))}", hint
    value = source[name]
    if not value.strip():
        return f"{what} {name} is empty", "give it a value"
    if "\n" in value or "\r" in value:
        return f"{what} {name} holds a newline", "remove the newline from its value"
    if "\t" in value or hidden_characters(value):
        return f"{what} {name} holds a hidden character", "remove it from its value"
    return None


def filled(text: str, variables: Variables) -> tuple[str, list[Fault]]:
    """``text`` with references substituted, and the faults of the others."""
    faults: list[Fault] = []

    def value_of(match: re.Match[str]) -> str:
        if match["body"] is None:
            return "${"
        word, _, name = match["body"].partition(":")
        if len(faults) >= _MOST_FAULTS:
            return ""
        source = variables.source(word) if match["close"] and _NAME.fullmatch(name) else None
        fault = _malformed(match) if source is None else _unusable(word, name, source, variables)
        if fault:
            faults.append(Fault(match.start(), *fault))
            return ""
        return source[name] if source is not None else ""

    return _REFERENCE.sub(value_of, text), faults


def _fill_text(text: str, path: Path, findings: Findings, variables: Variables) -> str:
    missing = _missing_in(text, variables)
    known = (
        variables
        if not missing
        else variables._replace(
            environment={**variables.environment, **dict.fromkeys(missing, "-")}
        )
    )
    result, faults = filled(text, known)
    for fault in faults:
        findings.add(
            path,
            fault.message,
            hint=fault.hint,
            place=place_within(findings.document, path, fault.offset),
        )
    if faults or missing:
        findings.mark_reported(path)
        return text
    shown, _ = filled(text, variables._replace(environment=_AsWritten()))
    if shown != result:
        parts = _values_in(text, variables.environment)
        _note_reference(findings, path, FromEnvironment.of(result, shown, parts))
    return result


def _values_in(text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the environment variables that ``text`` refers to, which are all set."""
    bodies = (match["body"] or "" for match in _REFERENCE.finditer(text))
    return tuple(
        environment[body.removeprefix("env:")] for body in bodies if body.startswith("env:")
    )


def _note_reference(findings: Findings, path: Path, text: FromEnvironment) -> None:
    if path[0] == "metadata":
        findings.add(
            path,
            "metadata is shown in every output, so it cannot come from the environment",
            hint="write it here, or declare a variable under 'vars' in reconciler.yaml and write ${var:NAME}",
        )
    findings.document.refer(path, text)


def keep_references(document: Document) -> None:
    """Replace texts with environment values by FromEnvironment."""
    # Runs after all checks, which expect plain texts.
    for path, text in document.references:
        holder = document.value
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = text


def _missing_in(text: str, variables: Variables) -> set[str]:
    """Missing environment variables in ``text`` that are tolerated; they are collected."""
    if variables.missing_variables is None:
        return set()
    missing = set()
    for match in _REFERENCE.finditer(text):
        body = match["body"]
        if body is None or not match["close"] or not body.startswith("env:"):
            continue
        name = body.removeprefix("env:")
        if not _NAME.fullmatch(name) or variables.refused("env", name):
            continue
        # CI systems set a secret that they withhold to an empty text.
        if not variables.environment.get(name, "").strip():
            missing.add(name)
    variables.missing_variables.update(missing)
    return missing


_Visit = Callable[[Path, Any, Span], Any]


def walk(document: Document, visit: _Visit) -> None:
    """Replace each scalar by the result of ``visit`` (path, value, span); shared nodes once."""
    seen: set[int] = set()
    open_values: list[tuple[Path, Any, Span]] = [((), document.value, document.mark)]
    while open_values:
        path, value, mark = open_values.pop()
        if id(value) in seen or mark.inside is None:
            continue
        seen.add(id(value))
        pairs = mark.inside.items() if isinstance(mark.inside, dict) else enumerate(mark.inside)
        for key, entry in pairs:
            inner = entry if isinstance(entry, Span) else entry[2]
            if inner.inside is None:
                value[key] = visit((*path, key), value[key], inner)
            else:
                open_values.append(((*path, key), value[key], inner))


def fill(findings: Findings, variables: Variables) -> None:
    """Substitute references in a document in place; add a problem for each invalid one."""

    def visit(path: Path, value: Any, mark: Span) -> Any:
        if isinstance(value, str) and mark.text and "${" in mark.text:
            return _fill_text(value, path, findings, variables)
        return value

    walk(findings.document, visit)
