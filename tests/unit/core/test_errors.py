import pytest

from reconciler.core.errors import Cancelled, Incomplete, ManifestError, Refused
from reconciler.core.resources import Place, Problem


def problem(line, *, pointer="spec.size", severity="error", hint=""):
    place = Place("m.yaml", line, 3)
    return Problem(place, f"number {line}", pointer=pointer, severity=severity, hint=hint)


def test_the_first_problems_are_named_with_the_hint_of_the_first():
    error = ManifestError([problem(1, hint="do this"), problem(2, hint="do that", pointer="")])
    assert error.message == (
        "2 problems in the manifests: m.yaml:1:3: spec.size: number 1; m.yaml:2:3: number 2"
    )
    assert (error.hint, len(error.problems)) == ("do this", 2)


@pytest.mark.parametrize(
    ("number", "rest"),
    [(3, "number 3"), (4, "number 3 (and 1 more)"), (9, "number 3 (and 6 more)")],
)
def test_many_problems_are_counted(number, rest):
    message = ManifestError([problem(line) for line in range(1, number + 1)]).message
    assert message.startswith(f"{number} problems")
    assert message.endswith(rest)


def test_errors_come_before_warnings():
    error = ManifestError([problem(1, severity="warning"), problem(2)])
    assert error.message == "2 problems in the manifests: m.yaml:2:3: spec.size: number 2"
    assert [one.place.line for one in error.problems] == [1, 2]


def test_without_a_problem_there_is_a_number_alone():
    assert (ManifestError([]).message, ManifestError([]).hint) == (
        "0 problems in the manifests",
        "",
    )


def test_each_error_keeps_what_it_is_given():
    part = Incomplete("one of two", hint="run it again", outcomes=[])
    assert (str(part), part.message, part.hint, part.outcomes, part.exit_code) == (
        "one of two",
        "one of two",
        "run it again",
        (),
        4,
    )
    refused = Refused("no", hint="--yes", refusals=())
    assert (refused.message, refused.hint, refused.refusals, refused.exit_code) == (
        "no",
        "--yes",
        (),
        3,
    )
    assert (Cancelled().message, Cancelled().exit_code) == ("Cancelled. Nothing was changed.", 3)
