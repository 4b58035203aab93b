"""Parses the values of consent flags."""

import shlex
from collections.abc import Sequence

from reconciler.cli.options import BARE
from reconciler.core.consent import Allowed
from reconciler.core.errors import UsageError, raise_all
from reconciler.core.kinds import Kinds, resources
from reconciler.core.resources import Address
from reconciler.core.text import did_you_mean


def allowed_by(flag: str, texts: Sequence[str], kinds: Kinds) -> Allowed:
    """``("Room/a", "Room=3")`` as consent. UsageError with the right form for other texts."""
    known = [kind.name for kind in resources(kinds)]
    names: set[Address] = set()
    counts: dict[str, int] = {}
    wrong = []
    for text in texts:
        slash = "/" in text
        kind, _, rest = text.partition("/" if slash else "=")
        if kind not in known or not rest or not (slash or (rest.isascii() and rest.isdigit())):
            wrong.append(_unnamed(flag, text, kind, known))
        elif slash:
            names.add(Address(kind, rest))
        else:
            counts[kind] = int(rest)
    raise_all(wrong)
    return Allowed(frozenset(names), counts)


def _unnamed(flag: str, text: str, kind: str, known: Sequence[str]) -> UsageError:
    named = " or ".join(f"{flag} {one}/NAME" for one in known)
    form = f"write {flag} KIND/NAME ({named}; may be repeated), or a number: {flag} {known[-1]}=3"
    hint = f"{form}; without {flag}, the command shows the plan and the exact flags"
    if text == BARE:
        return UsageError(f"{flag}: no resource and no number is given", hint=hint)
    if kind not in known:
        return UsageError(
            f"{flag} {shlex.quote(text)}: {kind!r} is not a kind of resource"
            f"{did_you_mean(kind, known)}",
            hint=hint,
        )
    return UsageError(f"{flag} {shlex.quote(text)}: it names no resource and no number", hint=hint)
