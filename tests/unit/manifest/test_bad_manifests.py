"""Every file in `bad/` is a mistake that somebody makes; the file beside it says where and what they must be told.

`NAME.expected` holds directives and then one line per problem:

    env: KEY=value      an environment variable; a value in double quotes is read as JSON
    var: key=value      the same for `${var:key}`
    secret: text        must occur in nothing that is said
    severity: warning   every problem is a warning (otherwise: at least one is an error)
    more: yes           further problems are no fault
    12:11: layout | did you mean       line, column, and what `pointer: message hint` must contain, whatever the case
    12:11 or 12:?: layout              one of these places; `?` is any number
    rooms/a.yaml:12:11: layout         for a case that is a folder: in this file of it

A new case is a new pair of files.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.core.resources import Problem
from reconciler.manifest.load import load

BAD = Path(__file__).parent / "bad"
PLACE = r"(?:[\w./-]+\.\w+:)?(?:\d+|\?):(?:\d+|\?)"
EXPECTATION = re.compile(rf"(?P<places>{PLACE}(?: or {PLACE})*):(?P<words>.*)")


@dataclass(frozen=True)
class Expectation:
    line: str
    places: tuple[str, ...]
    words: tuple[str, ...]


@dataclass
class Case:
    path: Path
    environment: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    severity: str = "error"
    more: bool = False
    expectations: list[Expectation] = field(default_factory=list)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, json.loads(value) if value.startswith('"') else value


def _direct(case: Case, word: str, value: str) -> None:
    if word == "env":
        case.environment.update([_pair(value)])
    elif word == "var":
        case.variables.update([_pair(value)])
    elif word == "secret":
        case.secrets.append(value)
    elif word == "severity":
        case.severity = value
    elif word == "more":
        case.more = value == "yes"
    else:
        raise AssertionError(f"{case.path}: unknown directive {word!r}")


def read_case(path: Path) -> Case:
    case = Case(path)
    for line in path.with_suffix(".expected").read_text(encoding="utf-8").splitlines():
        expected = EXPECTATION.fullmatch(line)
        if expected:
            words = tuple(
                word.strip().casefold() for word in expected["words"].split("|") if word.strip()
            )
            case.expectations.append(
                Expectation(line, tuple(expected["places"].split(" or ")), words)
            )
        else:
            word, _, value = line.partition(": ")
            _direct(case, word, value)
    return case


def place_of(problem: Problem, case: Case) -> str:
    """As an expectation writes it: with the file only where the case is a folder."""
    position = f"{problem.place.line}:{problem.place.column}"
    if not case.path.is_dir():
        return position
    return f"{Path(problem.place.file).resolve().relative_to(case.path.resolve()).as_posix()}:{position}"


def is_at(place: str, expected: str) -> bool:
    return re.fullmatch(re.escape(expected).replace(r"\?", r"\d+"), place) is not None


def meets(problem: Problem, expectation: Expectation, case: Case) -> bool:
    said = f"{problem.pointer}: {problem.message} {problem.hint}".casefold()
    at_place = any(is_at(place_of(problem, case), place) for place in expectation.places)
    return at_place and all(word in said for word in expectation.words)


def unmet(problems: list[Problem], case: Case) -> tuple[list[str], list[Problem]]:
    """The expectations that no problem meets, and the problems that meet none."""
    left, missing = list(problems), []
    for expectation in case.expectations:
        found = next((problem for problem in left if meets(problem, expectation, case)), None)
        if found is None:
            missing.append(expectation.line)
        else:
            left.remove(found)
    return missing, left


CASES = sorted(
    path for path in BAD.iterdir() if path.suffix != ".expected" and not path.name.startswith(".")
)


def assert_can_be_printed(problem: Problem) -> None:
    for text in (problem.pointer, problem.message, problem.hint):
        text.encode("utf-8")
        assert not re.search(
            "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]",
            text,
        )
        assert len(text) < 2000


def test_every_case_has_its_expectation_and_the_other_way_round():
    expected = {path.stem for path in BAD.glob("*.expected")}
    assert {path.stem for path in CASES} == expected
    assert len(CASES) == len(expected)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bad_manifest_is_told_in_printable_words_without_its_secrets(path):
    case = read_case(path)
    loaded = load(
        [str(path)], kinds=catalog.kinds(), variables=case.variables, environment=case.environment
    )
    told = "\n".join(
        f"{place_of(p, case)}: {p.severity}: {p.pointer}: {p.message} [{p.hint}]"
        for p in loaded.problems
    )
    missing, left = unmet(list(loaded.problems), case)

    assert case.expectations, "an expectation file without expectations shows nothing"
    assert not missing, f"no problem says\n{chr(10).join(missing)}\nbut\n{told}"
    assert case.more or not left, f"more than expected:\n{left}\nin\n{told}"
    assert case.severity in {problem.severity for problem in loaded.problems}
    assert case.severity == "error" or {problem.severity for problem in loaded.problems} == {
        "warning"
    }
    assert not [
        secret for secret in case.secrets if secret in f"{loaded.problems!r} {loaded.desired!r}"
    ]
    for problem in loaded.problems:
        assert_can_be_printed(problem)
