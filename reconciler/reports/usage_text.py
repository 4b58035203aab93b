"""Words for Markdown and HTML: usage of a resource, what its deletion removes, intent."""

from collections.abc import Iterator

from reconciler.core.plan_model import Action
from reconciler.core.resource_usage import Usage
from reconciler.core.text import count
from reconciler.core.value_text import plain


def _duration_text(seconds: int) -> str:
    """``42 min``, ``1 h 5 min``, ``less than a minute``."""
    hours, minutes = divmod(seconds // 60, 60)
    if not hours and not minutes:
        return "less than a minute"
    parts = [f"{hours} h"] if hours else []
    if minutes:
        parts.append(f"{minutes} min")
    return " ".join(parts)


def last_text(evidence: Usage) -> str:
    """The last session: ``2026-11-18 09:12 UTC, 42 min``."""
    if evidence.last_start is None:
        return "could not be read" if evidence.sessions is None else "never"
    length = (
        "still going on" if evidence.last_seconds is None else _duration_text(evidence.last_seconds)
    )
    return f"{evidence.last_start[:10]} {evidence.last_start[11:16]} UTC, {length}"


def use_text(evidence: Usage) -> str:
    """Recent use: ``12 sessions, 340 member-minutes in 30 days``."""
    if evidence.sessions is None:
        return "could not be read"
    if not evidence.sessions:
        return f"no session in {evidence.days} days"
    text = count(evidence.sessions, "session")
    if evidence.at_least:
        text = f"at least {text}"
    if evidence.member_minutes is not None:
        text += f", {evidence.member_minutes:,} member-minutes"
    return f"{text} in {evidence.days} days"


def _dying(evidence: Usage) -> Iterator[str]:
    for name, number in sorted(evidence.children.items()):
        yield f"{number} {plain(name.removesuffix('s') if number == 1 else name)}"
    if evidence.tokens:
        yield f"{count(len(evidence.tokens), 'token')} ({', '.join(map(plain, evidence.tokens))})"


def deleted_with_text(evidence: Usage) -> str:
    """What is deleted with it: ``2 streams, 2 tokens (guest, moderator)``; empty if nothing is."""
    return ", ".join(_dying(evidence))


def intent_text(action: Action) -> str:
    """Reason of an action, and its live name if it differs: ``from all-hands``."""
    words = []
    if action.live_name not in (None, "", action.address.name):
        name = plain(str(action.live_name))
        words.append(f"from {name}" if action.action == "rename" else f"now called {name}")
    if action.reason:
        words.append(plain(action.reason))
    return ", ".join(words)
