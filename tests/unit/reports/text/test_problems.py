import json

import pytest

from reconciler.core.resources import Place, Problem
from reconciler.reports.formats import PROBLEM_FORMATS
from reconciler.reports.text.problems import ProblemReport
from reconciler.reports.text.style import columns

text_of = PROBLEM_FORMATS["text"]


def lines_of(excerpt, column, width=100):
    return text_of(
        ProblemReport((Problem(Place("f.yaml", 3, column), "m", excerpt=excerpt),), width=width)
    ).splitlines()


@pytest.mark.parametrize(
    ("excerpt", "column", "marked"),
    [
        ("  layout: grid", 11, "g"),
        ("\tlayout: grid", 2, "l"),
        ("a\tb", 3, "b"),
        ("表: 会議 x", 7, "x"),
        ("\x1b[2Jx", 5, "x"),
        ("a\u202eb", 3, "b"),
        ("##[x] y", 7, "y"),
        ("x" * 500 + "Y" + "z" * 500, 501, "Y"),
        ("会" * 200 + "Y", 201, "Y"),
    ],
)
def test_the_caret_stands_under_the_column(excerpt, column, marked):
    _, source, caret = lines_of(excerpt, column, width=60)[:3]
    before = caret.index("^")
    at = next(index for index in range(len(source)) if columns(source[:index]) == before)
    assert source[at] == marked
    assert columns(source) <= 60


def test_a_column_past_the_end_marks_the_end():
    assert lines_of("ab", 99)[1:3] == ["    3 │ ab", "      │   ^"]


def test_no_excerpt_no_caret():
    assert lines_of("", 4) == ["f.yaml:3:4: m", "", "1 error in 1 file"]


def test_problems_are_sorted_by_their_places():
    problems = tuple(
        Problem(Place(file, line, 1), "m") for file, line in (("b", 1), ("a", 10), ("a", 9))
    )
    assert text_of(ProblemReport(problems)).splitlines()[:3] == [
        "a:9:1: m",
        "a:10:1: m",
        "b:1:1: m",
    ]


def test_what_there_is_no_room_for_can_be_seen_elsewhere():
    problems = tuple(Problem(Place("a", line, 1), "m") for line in range(1, 801))
    assert (
        text_of(ProblemReport(problems)).splitlines()[-3]
        == "and 750 more; all of them: reconciler validate --format json"
    )


@pytest.mark.parametrize(("read", "told"), [(None, 1), (0, 0), (7, 7)])
def test_files_are_those_that_were_read_where_that_is_known(read, told):
    report = ProblemReport((Problem(Place("a", 1, 1), "m"),), files=read)
    assert json.loads(PROBLEM_FORMATS["json"](report))["summary"]["files"] == told


def test_warnings_leave_what_was_checked_valid():
    warning = Problem(Place("a", 1, 1), "m", severity="warning")
    assert text_of(ProblemReport((warning,), checked="3 resources in 1 file")).splitlines()[-1] == (
        "Valid: 3 resources in 1 file; 1 warning in 1 file."
    )
    assert text_of(ProblemReport((warning,))).splitlines()[-1] == "1 warning in 1 file"
