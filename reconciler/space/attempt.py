"""Result of one attempt to send a request."""

from reconciler.core.errors import ApiError
from reconciler.core.named_tuple import NamedTuple
from reconciler.space.rate_limit import RateLimit, rate_limit_of
from reconciler.space.response_json import Document
from reconciler.space.responses import Answer


class Attempt(NamedTuple):
    """Result of one attempt: an object, or an error with the pause the Space asks for."""

    content: Document | None = None
    error: ApiError | None = None
    wait: float | None = None
    rate_limit: RateLimit | None = None
    size: int = 0
    answer: Answer | None = None

    @property
    def request_id(self) -> str:
        """The Space's id of the request; empty if it sent none, or no answer."""
        return self.answer.request_id if self.answer is not None else ""


def answered(
    answer: Answer,
    content: Document | None = None,
    *,
    error: ApiError | None = None,
    wait: float | None = None,
) -> Attempt:
    """The result of an attempt that was answered."""
    return Attempt(content, error, wait, rate_limit_of(answer.headers), len(answer.body), answer)
