"""Messages for JSON Schema violations: the value, what is expected, and a hint."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.core.kinds import Kind, Kinds, types_of
from reconciler.core.text import did_you_mean, nearest, printable
from reconciler.manifest.document import Findings, Path, key_place, mark_at, place_within
from reconciler.manifest.validate.type_messages import dash_hint, shown, type_sentence

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_LONG_LIST = 15
_CHARACTER_CLASS = re.compile(r"\^?(\[(?:[^\]\\]|\\.)+\])[+*]\$?")
_CLASS_WORDS = (
    ("A-Za-z", "letters"),
    ("a-z", "small letters"),
    ("A-Z", "capitals"),
    ("0-9", "digits"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The checked document's ``kind`` (None: the project file), among all ``kinds``."""

    kind: Kind | None = None
    kinds: Kinds = field(default_factory=dict)


class Violation(NamedTuple):
    """A schema violation: keyword, its argument, the value, and the enclosing schema.

    ``word`` is the library's message; our own keywords put the name in question there.
    """

    rule: str
    wanted: Any
    value: Any
    schema: Mapping[str, Any]
    word: str


_Sentence = Callable[[Violation, Path, Findings, Subject], None]


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def _not_one_of(path: Path, subject: Subject) -> str:
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    if isinstance(path[-1] if path else 0, int) or "_" in name or not name.islower():
        return f"one of the values of {name}"
    return _article(name) if subject.kind else f"a value of {name}"


def listed(words: list[str], subject: Subject, path: Path) -> str:
    """All ``words`` if few, otherwise the command that lists them."""
    if len(words) <= _LONG_LIST or subject.kind is None:
        return f"one of {', '.join(words)}"
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    return f"'reconciler explain {subject.kind.name}.{name}' lists all {len(words)}"


def _enum(breach: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    known = [str(option) for option in breach.wanted]
    word = str(breach.value)
    filled_in = "${" in (mark_at(findings.document, path).text or "")
    near = (
        "" if findings.masked(path) or filled_in or len(word) > 100 else did_you_mean(word, known)
    )
    value = shown(findings, path, breach.value)
    findings.add(
        path,
        f"{value} is not {_not_one_of(path, subject)}{near}",
        hint=listed(known, subject, path),
    )


def _type(breach: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    scalar = isinstance(breach.value, int | float)
    if (
        scalar
        and "enum" in breach.schema
        and nearest(str(breach.value), map(str, breach.schema["enum"]))
    ):
        choices = breach.schema["enum"]
        value = shown(findings, path, breach.value)
        near = did_you_mean(str(breach.value), map(str, choices))
        findings.add(
            path,
            f"{value} is a number and not {_not_one_of(path, subject)}{near}",
            hint=listed(choices, subject, path),
        )
        return
    wanted = types_of({"type": breach.wanted})
    message, hint = type_sentence(findings, path, breach.value, wanted=wanted, schema=breach.schema)
    findings.add(path, message, hint=hint)


def _const(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    wanted = breach.wanted
    findings.add(
        path, f"{shown(findings, path, breach.value)} is not {wanted!r}", hint=f"write {wanted}"
    )


def _class_words(character_class: str) -> str:
    rest = character_class[1:-1]
    words: list[str] = []
    for code, word in _CLASS_WORDS:
        if code in rest:
            rest = rest.replace(code, "")
            words.append(word)
    words += [f"'{character}'" for character in rest.replace("\\", "")]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples")
    return f"for example {examples[0]!r}" if examples else ""


def _wrong_character(text: str, character_class: str) -> int | None:
    allowed = re.compile(character_class)
    return next(
        (index for index, character in enumerate(text) if not allowed.match(character)), None
    )


def _pattern(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    text = str(breach.value)
    if breach.schema.get("format") == "color-hex":
        hint = "write '#' and six hex digits in quotes, such as '#044EF4'"
        findings.add(
            path,
            f"{shown(findings, path, text)} is not a colour of '#' and six hex digits",
            hint=hint,
        )
        return
    simple = _CHARACTER_CLASS.fullmatch(breach.wanted)
    at = _wrong_character(text, simple[1]) if simple else None
    if simple is None or at is None:
        findings.add(
            path,
            f"{shown(findings, path, text)} does not have the form that is wanted",
            hint=_example(breach.schema),
        )
    elif text[at] in "\r\n":
        where = "at its end" if not text[at:].strip() else "in it"
        findings.add(
            path,
            f"{shown(findings, path, text)} has a hidden newline {where}",
            hint="write it on one line, or '|-' in place of '|'",
        )
    else:
        written = mark_at(findings.document, path).text == text
        place = place_within(findings.document, path, at) if written else None
        character = f"'{printable(text[at])}' (U+{ord(text[at]):04X})"
        findings.add(
            path,
            f"the character {character} is not allowed here",
            hint=f"use {_class_words(simple[1])}",
            place=place,
        )


def _length(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    limit, actual = breach.wanted, len(breach.value)
    if breach.rule == "minLength":
        message = (
            "this text is empty"
            if not actual
            else f"this text of {actual} characters is too short; at least {limit} are wanted"
        )
        findings.add(path, message, hint=_example(breach.schema))
        return
    findings.add(
        path,
        f"this text is {actual} characters long; at most {limit} are allowed",
        hint=f"shorten it by {actual - limit}",
    )


def _range(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    least, most = breach.schema.get("minimum"), breach.schema.get("maximum")
    value = shown(findings, path, breach.value)
    if least is not None and most is not None:
        findings.add(
            path,
            f"{value} is outside {least} to {most}",
            hint=f"write a number from {least} to {most}",
        )
    elif breach.rule == "minimum":
        findings.add(path, f"{value} is too small", hint=f"write {least} or more")
    else:
        findings.add(path, f"{value} is too large", hint=f"write {most} or less")


def _size(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    count, limit = len(breach.value), breach.wanted
    if breach.rule in ("maxItems", "maxProperties"):
        findings.add(path, f"this has {count} entries; at most {limit} are allowed")
    else:
        findings.add(
            path,
            "this is empty" if not count else f"this has {count} entries",
            hint=f"write at least {limit}, or remove it",
        )


def _repeated(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    findings.add(
        path, f"{shown(findings, path, breach.value)} is given twice", hint="remove one of them"
    )


def _required(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    missing = breach.word
    description = breach.schema.get("properties", {}).get(missing, {}).get("description", "")
    findings.add(
        (*path, missing),
        "this is required and missing",
        hint=f"add {missing!r}{': ' if description else ''}{description}",
    )


def _name(breach: Violation, path: Path, findings: Findings, _: Subject) -> None:
    key = (*path, breach.word)
    hint = "use letters, digits, '_', '-' and '.', and start with a letter or digit"
    findings.add(
        key, "this name is not allowed", hint=hint, place=key_place(findings.document, key)
    )


def _any_of(breach: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    choices = [option["required"] for option in breach.wanted if set(option) == {"required"}]
    if len(choices) != len(breach.wanted):
        findings.add(path, "this fits none of the allowed forms", hint=_example(breach.schema))
    elif not (
        subject.kind
        and path == ("spec",)
        and any(set(names) & set(subject.kind.required) for names in choices)
    ):
        # Not reported here: a fragment may give the field, so composition checks it.
        findings.add(path, f"{' or '.join(' and '.join(names) for names in choices)} is required")


def _users(key: str, subject: Subject) -> str:
    others = [
        kind for kind in subject.kinds.values() if key in kind.fields and kind is not subject.kind
    ]
    own = [kind.name for kind in others if kind.type != "fragment"] or [
        kind.name for kind in others
    ]
    return f"{', '.join(own[:-1])} and {own[-1]}" if len(own) > 1 else "".join(own)


def _elsewhere(path: Path, key: str, kind: Kind) -> str:
    """The part of the manifest where ``key`` belongs, if not at ``path``."""
    metadata = kind.schema.get("properties", {}).get("metadata", {})
    reference = str(metadata.get("$ref", "")).rpartition("/")[2]
    inside_metadata = (kind.schema.get("$defs", {}).get(reference) or metadata).get(
        "properties", {}
    )
    if key in inside_metadata and path != ("metadata",):
        return "metadata"
    return "spec" if key in kind.fields and path != ("spec",) and len(path) < 2 else ""


def _stray(path: Path, key: str, subject: Subject, known: list[str]) -> tuple[str, str]:
    """Message and hint for an unknown key."""
    kind = subject.kind
    if dash_hint(key):
        return "this is not a field", dash_hint(key)
    if kind and path == ("spec",) and key in kind.answers:
        users = _users(key, subject)
        return (
            f"this is read-only on a {kind.name}",
            f"remove the line{f'; it is a field of {users}' if users else ''}",
        )
    if kind and (part := _elsewhere(path, key, kind)):
        return f"this belongs under {part!r}", f"move it to {part}.{key}"
    if kind and path == ("spec",) and (users := _users(key, subject)):
        head, _, tail = key.partition(kind.flatten) if kind.flatten else ("", "", "")
        nested = f"; write {head}: {{{tail}: …}}" if head in known else ""
        return f"this is a field of {users}, not of {kind.name}", f"remove the line{nested}"
    near = did_you_mean(key, known) if len(key) <= 100 else ""
    return f"unknown field{near}", "" if near else f"known here: {', '.join(known)}"


def _unknown_keys(breach: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    known = list(breach.schema.get("properties", {}))
    for key in breach.value:
        if key not in known:
            message, hint = _stray(path, key, subject, known)
            findings.add(
                (*path, key), message, hint=hint, place=key_place(findings.document, (*path, key))
            )


_SENTENCES: dict[str, _Sentence] = {
    "additionalProperties": _unknown_keys,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "maxItems": _size,
    "maxLength": _length,
    "maxProperties": _size,
    "maximum": _range,
    "minItems": _size,
    "minLength": _length,
    "minProperties": _size,
    "minimum": _range,
    "pattern": _pattern,
    "propertyNames": _name,
    "required": _required,
    "type": _type,
    "uniqueItems": _repeated,
}

_ABOUT_KEYS = ("additionalProperties", "propertyNames", "required")


def message_for(error: "ValidationError", findings: Findings, subject: Subject) -> None:
    """Add a problem for ``error`` unless its position already has one."""
    path: Path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    breach = Violation(
        str(error.validator), error.validator_value, error.instance, schema, error.message
    )
    if breach.rule not in _ABOUT_KEYS and findings.was_told(path):
        return
    sentence = _SENTENCES.get(breach.rule)
    if sentence:
        sentence(breach, path, findings, subject)
    else:
        findings.add(
            path, f"this breaks the rule {breach.rule!r} of its schema", hint=_example(schema)
        )
