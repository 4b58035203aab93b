import pytest

ROOM = "apiVersion: reconciler.dev/v1\nkind: {}\nmetadata: {{name: {}{}}}\n"


def rooms(*metadata, kind="Room"):
    return "---\n".join(
        ROOM.format(
            kind,
            *(one.split(" < ")[0], f", renamedFrom: {one.split(' < ')[1]}" if " < " in one else ""),
        )
        for one in metadata
    )


def told(loaded):
    return [
        (problem.place.line, problem.place.column, problem.message) for problem in loaded.problems
    ]


@pytest.mark.parametrize(
    "names", [("a < b", "b < a"), ("a < b", "b < c"), ("a < gone", "b"), ("a", "b < A")]
)
def test_renames_that_can_be_carried_out(load_text, names):
    assert load_text(rooms(*names)).problems == ()


def test_one_name_twice(load_text):
    assert told(load_text(rooms("a", "b", "a"))) == [
        (3, 18, "Room/a is declared twice; the other declaration is at <stdin>:11:18"),
        (11, 18, "Room/a is declared twice; the other declaration is at <stdin>:3:18"),
    ]


def test_one_name_for_two_kinds_is_fine(load_text):
    conference = ROOM.format("Conference", "a", "") + "spec: {display_name: A}\n"
    assert load_text(rooms("a") + "---\n" + conference).problems == ()


def test_names_that_differ_by_case(load_text):
    assert told(load_text(rooms("Lobby", "lobby"))) == [
        (3, 18, "'Lobby' differs only by case from 'lobby' at <stdin>:7:18"),
        (7, 18, "'lobby' differs only by case from 'Lobby' at <stdin>:3:18"),
    ]


def test_names_that_differ_by_case_can_both_be_meant(load_text):
    loaded = load_text(rooms("Lobby", "lobby"))
    assert {problem.severity for problem in loaded.problems} == {"warning"}
    assert [str(one.address) for one in loaded.desired] == ["Room/Lobby", "Room/lobby"]


def test_renamed_from_itself(load_text):
    assert told(load_text(rooms("a < a"))) == [(3, 34, "'a' is this Room's own name")]


def test_renamed_from_what_is_still_declared(load_text):
    assert told(load_text(rooms("a < b", "b"))) == [
        (3, 34, "Room/b is still declared, at <stdin>:7:18, so it cannot be renamed to Room/a")
    ]


def test_two_renamed_from_one(load_text):
    assert told(load_text(rooms("a < x", "b < x"))) == [
        (
            3,
            34,
            "Room/b has the same renamedFrom, at <stdin>:7:34; only one can take over the resource",
        ),
        (
            7,
            34,
            "Room/a has the same renamedFrom, at <stdin>:3:34; only one can take over the resource",
        ),
    ]
