"""Messages about values: wrong choice, form, length, range and size."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.core.kinds import types_of
from reconciler.core.regex import regex
from reconciler.core.text import did_you_mean, nearest, printable
from reconciler.manifest.document import Findings, Path, mark_at, place_within
from reconciler.manifest.validate.misplaced import empty_above
from reconciler.manifest.validate.type_messages import shown, type_sentence

if TYPE_CHECKING:
    pass
from reconciler.manifest.validate.violation import Subject, Violation

_LONG_LIST = 15
_CHARACTER_CLASS = regex(r"\^?(\[(?:[^\]\\]|\\.)+\])[+*]\$?")
_CLASS_WORDS = (
    ("A-Za-z", "letters"),
    ("a-z", "small letters"),
    ("A-Z", "capitals"),
    ("0-9", "digits"),
)


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def _not_one_of(path: Path, subject: Subject) -> str:
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    if isinstance(path[-1] if path else 0, int) or "_" in name or not name.islower():
        return f"one of the values of {name}"
    return _article(name) if subject.kind else f"a value of {name}"


def _choices_hint(words: list[str], subject: Subject, path: Path) -> str:
    """All ``words`` if few, otherwise the command that lists them."""
    if len(words) <= _LONG_LIST or subject.kind is None:
        return f"one of {', '.join(words)}"
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    return f"'reconciler explain {subject.kind.name}.{name}' lists all {len(words)}"


def wrong_choice(violation: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    """Report a value outside an enum."""
    known = [str(option) for option in violation.wanted]
    word = str(violation.value)
    filled_in = "${" in (mark_at(findings.document, path).text or "")
    near = (
        "" if findings.masked(path) or filled_in or len(word) > 100 else did_you_mean(word, known)
    )
    value = shown(findings, path, violation.value)
    findings.add(
        path,
        f"{value} is not {_not_one_of(path, subject)}{near}",
        hint=_choices_hint(known, subject, path),
    )


def wrong_type(violation: Violation, path: Path, findings: Findings, subject: Subject) -> None:
    """Report a value of a wrong type."""
    if violation.value is None and empty_above(findings, path, subject.kind):
        return  # each key that belongs there is reported
    scalar = isinstance(violation.value, int | float)
    if (
        scalar
        and "enum" in violation.schema
        and nearest(str(violation.value), map(str, violation.schema["enum"]))
    ):
        choices = violation.schema["enum"]
        value = shown(findings, path, violation.value)
        near = did_you_mean(str(violation.value), map(str, choices))
        findings.add(
            path,
            f"{value} is a number and not {_not_one_of(path, subject)}{near}",
            hint=_choices_hint(choices, subject, path),
        )
        return
    wanted = types_of({"type": violation.wanted})
    message, hint = type_sentence(
        findings, path, violation.value, wanted=wanted, schema=violation.schema
    )
    findings.add(path, message, hint=hint)


def wrong_constant(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a value that differs from the only allowed one."""
    wanted = violation.wanted
    findings.add(
        path, f"{shown(findings, path, violation.value)} is not {wanted!r}", hint=f"write {wanted}"
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


def example_hint(schema: Mapping[str, Any]) -> str:
    """Hint with the schema's first example; empty if it has none."""
    examples = schema.get("examples")
    return f"for example {examples[0]!r}" if examples else ""


def _wrong_character(text: str, character_class: str) -> int | None:
    allowed = re.compile(character_class)
    return next(
        (index for index, character in enumerate(text) if not allowed.match(character)), None
    )


def wrong_form(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a text that does not match its pattern, at the first wrong character."""
    text = str(violation.value)
    if violation.schema.get("format") == "color-hex":
        hint = "write '#' and six hex digits in quotes, such as '#044EF4'"
        findings.add(
            path,
            f"{shown(findings, path, text)} is not a colour of '#' and six hex digits",
            hint=hint,
        )
        return
    simple = _CHARACTER_CLASS.fullmatch(violation.wanted)
    at = _wrong_character(text, simple[1]) if simple else None
    if simple is None or at is None:
        findings.add(
            path,
            f"{shown(findings, path, text)} does not have the expected form",
            hint=example_hint(violation.schema),
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


def wrong_length(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a text that is too short or too long."""
    limit, actual = violation.wanted, len(violation.value)
    if violation.rule == "minLength":
        message = (
            "this text is empty"
            if not actual
            else f"this text of {actual} characters is too short; at least {limit} are expected"
        )
        findings.add(path, message, hint=example_hint(violation.schema))
        return
    findings.add(
        path,
        f"this text is {actual} characters long; at most {limit} are allowed",
        hint=f"shorten it by {actual - limit}",
    )


def out_of_range(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a number outside its limits."""
    least, most = violation.schema.get("minimum"), violation.schema.get("maximum")
    value = shown(findings, path, violation.value)
    if least is not None and most is not None:
        findings.add(
            path,
            f"{value} is outside {least} to {most}",
            hint=f"write a number from {least} to {most}",
        )
    elif violation.rule == "minimum":
        findings.add(path, f"{value} is too small", hint=f"write {least} or more")
    else:
        findings.add(path, f"{value} is too large", hint=f"write {most} or less")


def wrong_size(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a list or mapping with too few or too many entries."""
    count, limit = len(violation.value), violation.wanted
    if violation.rule in ("maxItems", "maxProperties"):
        findings.add(path, f"this has {count} entries; at most {limit} are allowed")
    else:
        entries = "entry" if limit == 1 else "entries"
        names = violation.schema.get("properties") if violation.rule == "minProperties" else None
        what = f"of {', '.join(names)}" if names else entries
        findings.add(
            path,
            "this is empty" if not count else f"this has {count} entries",
            hint=f"write at least {limit} {what}, or remove it",
        )


def repeated_item(violation: Violation, path: Path, findings: Findings, _: Subject) -> None:
    """Report a repeated list item."""
    findings.add(
        path, f"{shown(findings, path, violation.value)} is given twice", hint="remove one of them"
    )
