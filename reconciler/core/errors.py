"""The one tree of errors; each class knows its exit code, and the command line turns it into one.

ReconcilerError (1)
├── UsageError (1)           a flag or argument that makes no sense
├── ManifestError (1)        problems in manifests or in reconciler.yaml, all of them
├── CredentialsError (1)     missing or unusable space, project or token
├── StateError (1)           a state record that cannot be used
├── ApiError (1)             the Space said no, or said nothing
│   ├── Unauthorized         401
│   ├── Forbidden            403
│   ├── NotFound             404
│   ├── Invalid              400, 422: with the API's own list of errors
│   ├── RateLimited          429
│   ├── ServerError          5xx
│   ├── Unreachable          no answer; for a write the outcome is unknown
│   └── ProtocolError        an answer that cannot be what it claims
├── Refused (3)              safe to do only with consent, and there was none
│   ├── Cancelled            the person at the terminal did not say yes; nothing was changed
│   └── Locked               another run is at work; nothing was looked at
├── Incomplete (4)           applied in part, or not settled
└── Interrupted (130)        stopped by a signal
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.core.resources import Problem
from reconciler.core.text import count, printable

if TYPE_CHECKING:
    from reconciler.core.guard import Refusal
    from reconciler.core.plan_model import Outcome


_MOST_NAMED = 3


class ReconcilerError(Exception):
    """What goes wrong in a way that a person can mend: what happened, and the likely mend."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReconcilerError):
    """A flag or argument that makes no sense."""


def _named(problem: Problem) -> str:
    """The problem on one line: where, and what."""
    pointer = f"{problem.pointer}: " if problem.pointer else ""
    return printable(f"{problem.place}: {pointer}{problem.message}")


class ManifestError(ReconcilerError):
    """The manifests or the project file have problems; ``problems`` holds them all, the message and the hint the first of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        wrong = [problem for problem in problems if problem.severity == "error"] or list(problems)
        more = f" (and {len(wrong) - _MOST_NAMED} more)" if len(wrong) > _MOST_NAMED else ""
        named = "; ".join(map(_named, wrong[:_MOST_NAMED]))
        words = f"{count(len(problems), 'problem')} in the manifests"
        super().__init__(
            f"{words}: {named}{more}" if named else words,
            hint=printable(wrong[0].hint) if wrong else "",
        )
        self.problems = tuple(problems)


class CredentialsError(ReconcilerError):
    """The space, the project or the token is missing or cannot be what it claims."""


class StateError(ReconcilerError):
    """The record of what was applied cannot be read, belongs elsewhere, or cannot be written."""


class ApiError(ReconcilerError):
    """The Space did not do what it was asked.

    ``status`` is the HTTP status (None where no answer came), ``request`` the method and path, ``request_id`` the
    Space's own id of the request, ``attributes`` the fields that the API complained about.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        request: str = "",
        request_id: str = "",
        attributes: Sequence[str] = (),
        codes: Sequence[str] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.request = request
        self.request_id = request_id
        self.attributes = tuple(attributes)
        self.codes = tuple(codes)


class Unauthorized(ApiError):
    """401: the project id or the token is wrong."""


class Forbidden(ApiError):
    """403: the token is known but may not do this."""


class NotFound(ApiError):
    """404: no such resource."""


class Invalid(ApiError):
    """400 or 422: the Space refuses the values."""


class RateLimited(ApiError):
    """429: too many requests."""


class ServerError(ApiError):
    """5xx: the Space failed; whether a write took effect is unknown."""


class Unreachable(ApiError):
    """No answer came: connection refused, reset, timed out. Whether a write took effect is unknown."""


class ProtocolError(ApiError):
    """The answer is not what the API documents; whether a write took effect is unknown."""


class Refused(ReconcilerError):
    """Refused for safety, nothing was written. The hint holds the flags that consent to exactly this.

    ``refusals`` holds each reason with its flags, where there are several.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", refusals: tuple[Refusal, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.refusals = refusals


class Cancelled(Refused):
    """The person at the terminal was asked, and did not answer 'yes'."""

    def __init__(self) -> None:
        super().__init__("Cancelled. Nothing was changed.")


class Locked(Refused):
    """Another run holds the lock of the state: nothing was looked at, and nothing is wrong."""


class Incomplete(ReconcilerError):
    """Applied in part, or a field did not settle; ``outcomes`` tell what became of each action."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", outcomes: Sequence[Outcome] = ()) -> None:
        super().__init__(message, hint=hint)
        self.outcomes = tuple(outcomes)


class Interrupted(ReconcilerError):
    """Stopped by a signal; what was in flight is finished and recorded."""

    exit_code = 130
