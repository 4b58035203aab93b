"""Which fields of an API's document can be the name of a kind's resources, and why others cannot."""

import re
from collections.abc import Iterator

from reconciler.core.kinds import Schema, types_of
from reconciler.core.regex import regex

NAME_PATTERN = "[A-Za-z0-9_-]+"
NAMES = "letters, digits, '_' and '-'"
_NAME = regex(NAME_PATTERN)
# Each value of these formats has a character that no name has; a UUID is read as an id.
_FORMATS = {
    "email": "an email address",
    "idn-email": "an email address",
    "uri": "a URL",
    "iri": "a URL",
    "uuid": "an id",
    "date-time": "a date and time",
    "time": "a time",
    "ipv4": "an address",
    "ipv6": "an address",
}
_LONGEST = 1000
_OTHER_CHARACTERS = (*(chr(code) for code in range(0x20, 0x7F)), "\u00e4", "\u4f1a")


def key_problem(form: Schema, *, secret: bool, shown: bool) -> str:
    """Return why a field cannot be the name of a resource, '' if it may be.

    ``form`` is its schema; ``shown`` says whether answers have the field.
    """
    types = types_of(form)
    if secret:
        return "it is a secret, and names are shown in plans, reports and records"
    if not shown:
        return "no answer shows it, so no resource could be found by its name"
    if types and "string" not in types:
        return f"its values are no text but {' or '.join(sorted(types - {'null'}))}"
    if form.get("format") in _FORMATS:
        return f"each value is {_FORMATS[form['format']]}, and names are {NAMES}"
    values = form.get("enum", ())
    if values and not any(isinstance(one, str) and _NAME.fullmatch(one) for one in values):
        return f"none of its values is a name: names are {NAMES}"
    return ""


def _samples() -> Iterator[str]:
    for character in _OTHER_CHARACTERS:
        if _NAME.fullmatch(character) is None:
            yield from (f"a{character}a", f"{character}a", f"a{character}", f"a{character}a.aa")
            yield f"+1{character}5550100"


def too_wide_a_name(schema: Schema) -> str | None:
    """Return a text that ``schema`` takes as a name although it is none; None if there is none.

    re.error if its pattern is no regular expression.

    A search by samples, since the pattern may be any regular expression.
    """
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return next((str(one) for one in values if not _NAME.fullmatch(str(one))), None)
    least, most = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
    pattern = re.compile(schema.get("pattern", ""))
    for sample in _samples():
        text = sample.ljust(min(least, _LONGEST), "a")
        if least <= len(text) <= most and pattern.search(text):
            return text
    return None
