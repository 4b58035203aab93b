"""``${env:NAME}`` and ``${var:NAME}`` inside texts: filled in once, never inside out, and no other templating."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.core.secret_names import is_secret_name
from reconciler.core.text import did_you_mean, hidden_characters
from reconciler.manifest.document import Document, Findings, Path, Span, place_within

ENVIRONMENT = "${env:"

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<body>[^}]*)(?P<close>\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SHOWN = 60
_MOST_FAULTS = 20


class FromEnvironment(str):
    """A text with values from the environment filled in; ``shown`` is how it was written, which is what people are shown."""

    __slots__ = ("shown",)
    shown: str

    @classmethod
    def of(cls, text: str, shown: str) -> "FromEnvironment":
        """``text``, and what is shown in its place."""
        made = cls(text)
        made.shown = shown
        return made


class _AsWritten(Mapping[str, str]):
    """An environment in which each variable stands for its own reference."""

    def __getitem__(self, name: str) -> str:
        return f"${{env:{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, name: object) -> bool:
        return True


class _Every(frozenset[str]):
    """All names: which of them credentials may come from is not for the manifests' list to say."""

    def __contains__(self, name: object) -> bool:
        return True


EVERY = _Every()


class Variables(NamedTuple):
    """Where values come from: the environment, and the variables of the project file or the command line.

    ``unset`` gathers the names that the environment has not; where it is None, each of them is wrong. ``listed`` are the
    environment variables that the project lets manifests read; where it is None, those whose name is not that of a secret.
    """

    environment: Mapping[str, str]
    variables: Mapping[str, str]
    unset: set[str] | None = None
    listed: Collection[str] | None = None

    def refused(self, word: str, name: str) -> tuple[str, str] | None:
        """Why manifests may not read this variable; None where they may."""
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
            f"write env: [{name}] into reconciler.yaml to let them",
        )

    def may_be_meant(self, word: str) -> Collection[str]:
        """The names that a misspelled one may stand for: no secret's."""
        names = self.source(word) or {}
        return [name for name in names if not self.refused(word, name)]

    def source(self, word: str) -> Mapping[str, str] | None:
        """The mapping that ``env`` or ``var`` stands for, or None for another word."""
        return {"env": self.environment, "var": self.variables}.get(word)


class Fault(NamedTuple):
    """What is wrong with one reference, and where in its text."""

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
        "names have letters, digits and '_'; defaults and other templating are not known",
    )


def _unusable(
    word: str, name: str, source: Mapping[str, str], variables: Variables
) -> tuple[str, str] | None:
    """Why the value of ``name`` cannot be filled in; tells the name and never the value."""
    refused = variables.refused(word, name)
    if refused:
        return refused
    what = "the environment variable" if word == "env" else "the variable"
    if name not in source:
        mend = (
            f"set {name} in the environment"
            if word == "env"
            else f"declare {name} under 'vars' in reconciler.yaml"
        )
        return f"{what} {name} is not set{did_you_mean(name, variables.may_be_meant(word))}", mend
    value = source[name]
    if not value.strip():
        return f"{what} {name} is empty", "give it a value"
    if "\n" in value or "\r" in value:
        return f"{what} {name} holds a newline", "take the newline out of its value"
    if "\t" in value or hidden_characters(value):
        return f"{what} {name} holds a hidden character", "take it out of its value"
    return None


def filled(text: str, variables: Variables) -> tuple[str, list[Fault]]:
    """``text`` with its references filled in, and what is wrong with those that cannot be."""
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
    missing = _unset_in(text, variables)
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
        findings.pass_over(path)
        return text
    shown, _ = filled(text, variables._replace(environment=_AsWritten()))
    if shown != result:
        _note_reference(findings, path, FromEnvironment.of(result, shown))
    return result


def _note_reference(findings: Findings, path: Path, text: FromEnvironment) -> None:
    if path[0] == "metadata":
        findings.add(
            path,
            "what is in metadata is shown everywhere, so that it cannot come from the environment",
            hint="write it here, or declare a variable under 'vars' in reconciler.yaml and write ${var:NAME}",
        )
    findings.document.references.append((path, text))


def keep_references(document: Document) -> None:
    """Puts a FromEnvironment where a text has values of the environment; done when all is checked, which takes plain texts."""
    for path, text in document.references:
        holder = document.value
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = text


def _unset_in(text: str, variables: Variables) -> set[str]:
    """The environment variables in ``text`` that may be missing, and are; they are noted."""
    if variables.unset is None:
        return set()
    named = (
        match["body"]
        for match in _REFERENCE.finditer(text)
        if match["body"] is not None and match["close"]
    )
    names = {body.removeprefix("env:") for body in named if body.startswith("env:")}
    # An empty one is as good as none: it is what CI makes of a secret that it does not give out.
    readable = (
        name for name in names if _NAME.fullmatch(name) and not variables.refused("env", name)
    )
    missing = {name for name in readable if not variables.environment.get(name, "").strip()}
    variables.unset.update(missing)
    return missing


Visit = Callable[[Path, Any, Span], Any]


def walk(document: Document, visit: Visit) -> None:
    """Calls ``visit`` with each scalar's path, value and mark, and puts what it returns in its place; what is shared is seen once."""
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
    """Fills in the texts of a document, in place; each reference that cannot be is a problem at its place."""

    def visit(path: Path, value: Any, mark: Span) -> Any:
        if isinstance(value, str) and mark.text and "${" in mark.text:
            return _fill_text(value, path, findings, variables)
        return value

    walk(findings.document, visit)
