from reconciler.core.errors import ServerError
from reconciler.space.attempt import Attempt, answered
from reconciler.space.rate_limit import RateLimit
from reconciler.space.responses import Answer

ANSWER = Answer(
    "GET /rooms",
    200,
    {"x-request-id": "r-1", "x-ratelimit-limit": "100", "x-ratelimit-remaining": "7"},
    b"{}",
)


def test_an_attempt_that_was_answered_has_what_the_answer_says():
    attempt = answered(ANSWER, {})
    assert attempt == Attempt({}, None, None, RateLimit(100, 7), 2, ANSWER)
    assert attempt.request_id == "r-1"


def test_a_refusal_has_its_error_and_the_pause_that_it_asks_for():
    error = ServerError("503")
    attempt = answered(ANSWER, error=error, wait=2.0)
    assert (attempt.content, attempt.error, attempt.wait) == (None, error, 2.0)


def test_an_attempt_without_an_answer_has_no_request_id():
    assert Attempt(error=ServerError("503")).request_id == ""
