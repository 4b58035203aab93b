"""The tree of errors. Each class has an exit code, which the command line uses.

ReconcilerError (1)
├── UsageError (1)           an invalid flag or argument
│   └── UsageErrors          several of them, reported together
├── ManifestError (1)        problems in manifests or in reconciler.yaml
├── CredentialsError (1)     missing or unusable space, project or token
├── StateError (1)           an unusable state
├── ApiError (1)             the Space refused, failed or did not answer
│   ├── Unauthorized         401
│   ├── Forbidden            403
│   ├── NotFound             404
│   ├── Invalid              400, 422: with the API's own list of errors
│   ├── RateLimited          429
│   ├── ServerError          5xx
│   ├── Unreachable          no answer; a write may have taken effect
│   └── ProtocolError        an answer that is not as documented
├── Refused (3)              needs consent that was not given
│   ├── Cancelled            the user did not type yes; nothing was changed
│   └── Locked               another run holds the lock
├── Incomplete (4)           applied in part, or not settled
└── Interrupted (130)        stopped by a signal
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.core.resources import Problem
from reconciler.core.text import count, printable

if TYPE_CHECKING:
    from reconciler.core.plan_model import Outcome
    from reconciler.core.refusal import Refusal


_MOST_NAMED = 3


def why_not_listening(error: OSError | OverflowError) -> str:
    """Why a server got no port, in words: Python's own text names errno and address again."""
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return "another program uses this port"
    if number == errno.EACCES:
        return "ports below 1024 need rights that this user does not have"
    return printable(getattr(error, "strerror", None) or str(error))


class ReconcilerError(Exception):
    """An expected error: ``message`` says what happened, ``hint`` suggests a fix."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReconcilerError):
    """An invalid flag or argument."""


class UsageErrors(UsageError):
    """Several invalid flags or arguments of one command line. ``errors`` holds each."""

    def __init__(self, errors: Sequence[UsageError]) -> None:
        hints = dict.fromkeys(one.hint for one in errors if one.hint)
        super().__init__("; ".join(one.message for one in errors), hint="; ".join(hints))
        self.errors = tuple(errors)


def raise_all(errors: Sequence[UsageError]) -> None:
    """Raise ``errors`` as one UsageError; nothing without any."""
    if errors:
        raise errors[0] if len(errors) == 1 else UsageErrors(errors)


def all_of(*checks: Callable[[], Any]) -> list[Any]:
    """What each of ``checks`` returns. One UsageError is raised for all that fail with one."""
    results: list[Any] = []
    errors: list[UsageError] = []
    for check in checks:
        try:
            results.append(check())
        except UsageErrors as error:
            errors += error.errors
        except UsageError as error:
            errors.append(error)
        except ReconcilerError:
            raise_all(errors)  # what was found before, rather than that the Space does not answer
            raise
    raise_all(errors)
    return results


def _line(problem: Problem) -> str:
    """Format a problem on one line: place and message."""
    pointer = f"{problem.pointer}: " if problem.pointer else ""
    return printable(f"{problem.place}: {pointer}{problem.message}")


class ManifestError(ReconcilerError):
    """Problems in the manifests or the project file.

    ``problems`` holds all of them; the message names the first few.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        shown = errors or list(problems)
        more = f" (and {len(shown) - _MOST_NAMED} more)" if len(shown) > _MOST_NAMED else ""
        named = "; ".join(map(_line, shown[:_MOST_NAMED]))
        words = f"{count(len(problems), 'problem')} in the manifests"
        super().__init__(
            f"{words}: {named}{more}" if named else words,
            hint=printable(shown[0].hint) if shown else "",
        )
        self.problems = tuple(problems)


class CredentialsError(ReconcilerError):
    """Missing or unusable Space, project or token."""


class StateError(ReconcilerError):
    """The state cannot be read or written, or belongs to another Space."""


class ApiError(ReconcilerError):
    """The Space refused a request or failed.

    ``status`` is the HTTP status (None without an answer), ``request`` the method and path,
    ``request_id`` the Space's id of the request, ``attributes`` the fields it complained about.
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
    """401: wrong project id or token."""


class Forbidden(ApiError):
    """403: the token lacks the permission."""


class NotFound(ApiError):
    """404 or 410: no such resource."""


class Invalid(ApiError):
    """400 or 422: the Space refuses the values."""


class RateLimited(ApiError):
    """429: too many requests."""


class ServerError(ApiError):
    """5xx: the Space failed; a write may have taken effect."""


class Unreachable(ApiError):
    """No answer: connection refused, reset, timed out. A write may have taken effect."""


class ProtocolError(ApiError):
    """The answer is not as documented; a write may have taken effect."""


class Refused(ReconcilerError):
    """Refused for safety; nothing was written. The hint holds the flags that consent to this.

    ``refusals`` holds each reason with its flags.
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
    """Another run holds the lock of the state; nothing was read."""


class Incomplete(ReconcilerError):
    """Applied in part, or a field did not settle. ``outcomes`` holds the outcome of each action."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", outcomes: Sequence[Outcome] = ()) -> None:
        super().__init__(message, hint=hint)
        self.outcomes = tuple(outcomes)


class Interrupted(ReconcilerError):
    """Stopped by a signal. Requests in flight were finished and recorded."""

    exit_code = 130
