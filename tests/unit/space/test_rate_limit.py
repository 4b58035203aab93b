import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.space.rate_limit import (
    SPREAD_SECONDS,
    WINDOW_SECONDS,
    WRITE_LIMIT,
    Allowance,
    RateLimit,
    rate_limit_of,
)

WINDOW = WINDOW_SECONDS + SPREAD_SECONDS
NONSENSE = [
    "",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "nan",
    "inf",
    "٣",
    "²",
    "0x10",
    "1_0",
    " ",
    "many",
    "9" * 10,
    "9" * 5000,
    "5\n5",
    "5, 5",
    "\x1b[2J",
]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, RateLimit()),
        (
            {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "3"},
            RateLimit(100, 7, 3.0),
        ),
        (
            {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "0"},
            RateLimit(100, 0, 0.0),
        ),
        ({"x-ratelimit-limit": "0"}, RateLimit()),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "999999999"},
            RateLimit(None, 0, 10.0),
        ),
    ],
)
def test_what_headers_tell(headers, said):
    assert rate_limit_of(headers) == said


@pytest.mark.parametrize("text", NONSENSE)
def test_a_header_that_is_nonsense_tells_nothing(text):
    assert (
        rate_limit_of({f"x-ratelimit-{word}": text for word in ("limit", "remaining", "reset")})
        == RateLimit()
    )


def sent(allowance, pauses):
    """The moments of writes that each come ``pauses`` seconds after the one before, or later where they must wait."""
    now, moments = 1000.0, []
    for pause in pauses:
        now += pause
        while (wait := allowance.wait(now)) > 0:
            now += wait
        allowance.take(now)
        moments.append(now)
    return moments


def most_in_a_window(moments):
    return max(
        (sum(start <= moment < start + WINDOW_SECONDS for moment in moments) for start in moments),
        default=0,
    )


@given(st.integers(1, 6), st.lists(st.one_of(st.just(0.0), st.floats(0, 15)), max_size=40))
def test_no_ten_seconds_see_more_writes_than_the_limit(limit, pauses):
    assert most_in_a_window(sent(Allowance(limit), pauses)) <= limit


def test_the_documented_limit():
    moments = sent(Allowance(), [0.0] * (2 * WRITE_LIMIT + 1))
    assert (moments[WRITE_LIMIT - 1], moments[WRITE_LIMIT], moments[2 * WRITE_LIMIT]) == (
        1000.0,
        1000.0 + WINDOW,
        1000.0 + 2 * WINDOW,
    )


def test_a_lower_limit_is_kept_to_and_a_higher_one_is_not_believed():
    allowance = Allowance(3)
    allowance.update(RateLimit(limit=2), 1000.0, under_way=0)
    assert sent(allowance, [0.0] * 3) == [1000.0, 1000.0, 1000.0 + WINDOW]
    allowance = Allowance(3)
    allowance.update(RateLimit(limit=99), 1000.0, under_way=0)
    assert sent(allowance, [0.0] * 4)[-1] == 1000.0 + WINDOW


def test_where_nothing_is_left_the_reset_is_waited_for():
    allowance = Allowance()
    allowance.update(RateLimit(left=2, reset=4.0), 1000.0, under_way=1)
    assert sent(allowance, [0.0] * 3) == [1000.0, 1004.0, 1004.0]


def test_an_older_answer_that_comes_late_gives_nothing_back():
    allowance = Allowance()
    allowance.update(RateLimit(left=1, reset=4.0), 1000.0, under_way=0)
    allowance.update(RateLimit(left=8, reset=4.0), 1000.5, under_way=0)
    assert sent(allowance, [0.0] * 2) == [1000.0, 1004.0]


class FixedWindow:
    """The Space's own counting: so many writes in each ten seconds of its clock, told in the headers."""

    def __init__(self, limit):
        self.limit, self.began, self.used = limit, None, 0

    def take(self, now):
        if self.began is None or now - self.began >= WINDOW_SECONDS:
            self.began, self.used = now, 0
        self.used += 1
        return self.used <= self.limit, RateLimit(
            self.limit, max(self.limit - self.used, 0), WINDOW_SECONDS - (now - self.began)
        )


@given(
    st.integers(1, 5),
    st.lists(st.floats(0, 8), min_size=1, max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_a_space_that_tells_its_limit_never_has_to_refuse(limit, pauses, others):
    """Also where somebody else writes too, after the first answer has told."""
    space, allowance, now = FixedWindow(limit), Allowance(), 1000.0
    for pause, somebody in zip(pauses, others, strict=False):
        now += pause
        while (wait := allowance.wait(now)) > 0:
            now += wait
        allowance.take(now)
        passes, said = space.take(now)
        assert passes or somebody
        allowance.update(said, now, under_way=0)
        if somebody:
            return
