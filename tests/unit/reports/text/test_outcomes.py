import pytest

from reconciler.core.plan_model import Outcome
from reconciler.reports.text.outcomes import outcome_line
from reconciler.reports.text.style import RenderStyle
from tests.unit.reports.cases import CREATE, DELETE


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome(CREATE, "done"), "[ 3/12] + Room/standup created"),
        (
            Outcome(CREATE, "failed", "422 (request id 9)", "mend it"),
            "[ 3/12] ✗ Room/standup: create failed: 422 (request id 9) — mend it",
        ),
        (Outcome(DELETE, "unknown"), "[ 3/12] ? Room/old-standup: delete outcome unknown"),
        (
            Outcome(DELETE, "skipped", "stopped"),
            "[ 3/12] · Room/old-standup: delete skipped: stopped",
        ),
    ],
)
def test_each_outcome_is_one_line(outcome, line):
    assert outcome_line(outcome, number=3, total=12) == line


def test_an_outcome_line_can_be_coloured_or_ascii():
    assert outcome_line(
        Outcome(CREATE, "done"), number=1, total=1, look=RenderStyle(colour=True)
    ) == ("\x1b[2m[1/1] \x1b[0m\x1b[32m+\x1b[0m \x1b[1mRoom/standup\x1b[0m created")
    assert (
        outcome_line(
            Outcome(DELETE, "failed", hint="é"), number=1, total=1, look=RenderStyle(ascii=True)
        )
        == "[1/1] x Room/old-standup: delete failed - \\xe9"
    )
