import pytest

from devtools.mutants import mutants

SOURCE = '''"""A module."""
LIMIT = 5


class Room:
    open: bool = True

    def fits(self, people: int | None) -> str:
        """Whether people fit."""
        return "yes" if people and people < LIMIT else f"at most {LIMIT + 1}"
'''


def faults(source):
    return {(mutant.before, mutant.after) for mutant in mutants(source)}


def test_each_fault_is_in_a_source_of_its_own():
    found = mutants(SOURCE)
    assert {mutant.function: mutant.in_function for mutant in found} == {
        "": False,
        "Room": False,
        "Room.fits": True,
    }
    for mutant in found:
        assert mutant.source != SOURCE
        assert mutant.after in mutant.source.splitlines()[mutant.line - 1]
        assert mutant.source.replace(mutant.after, mutant.before, 1) == SOURCE


def test_docstrings_annotations_and_messages_stay():
    texts = "".join(after for _, after in faults(SOURCE))
    assert not [
        word for word in ("module", "Whether", "None |", "int &", "at most") if word in texts
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1", {("1", "2")}),
        ("a = 60", {("60", "120")}),
        ("a = True", {("True", "False")}),
        ("a = 'word'", {("'word'", "'wordXX'")}),
        ("a = 'two words'", set()),
        ("a = b < c", {("b < c", "(b) <= (c)")}),
        ("a = b is c", {("b is c", "(b) is not (c)")}),
        ("a = not b", {("not b", "(b)")}),
        ("a = b and c", {("b and c", after) for after in ("((b) or (c))", "(b)", "(c)")}),
        ("a = b + c", {("b + c", "((b) - (c))")}),
        ("a = [b for b in c if b]", {("b", "True")}),
        ("f(a, b=c)", {("f(a, b=c)", "pass"), ("f(a, b=c)", "f(a)")}),
        ("if a:\n    f()", {("a", "(not (a))"), ("f()", "pass")}),
        ("for a in b:\n    break", {("break", "continue")}),
        ("def f():\n    return a", {("return a", "return None")}),
        ("def f():\n    return None", set()),
        ("A = Literal['b', 'c']", set()),
        ("def f():\n    raise a", {("raise a", "pass")}),
        ("from a import b", set()),
    ],
)
def test_what_may_go_wrong_in_a_line(source, expected):
    assert faults(source) == expected


HEADS = """@decorated(1)
def f(a=2,
      b=3):
    if (a
        and b):
        return call(
            4,
        )
    match a:
        case 5 if b == 6:
            return 7
    try:
        pass
    except g(8):
        pass
"""


def test_each_fault_knows_the_lines_of_its_statement_and_whether_a_call_runs_it():
    found = {
        mutant.before: (mutant.statement, mutant.in_function)
        for mutant in mutants(HEADS)
        if mutant.before.isdecimal()
    }
    assert found == {
        "1": ((1, 3), False),
        "2": ((1, 3), False),
        "3": ((1, 3), False),
        "4": ((6, 8), True),
        "5": ((10, 10), True),
        "6": ((10, 10), True),
        "7": ((11, 11), True),
        "8": ((14, 14), True),
    }
