from dataclasses import replace

import pytest

from reconciler.core.plan_model import Action, SameRoom
from reconciler.core.resources import Address
from reconciler.core.same_room import conflicts, counterparts, pairs, reason, relation, second_faces
from tests.unit.core.worlds import KINDS, applied, ident, live

# The wrapper is the first, as in the schema of the kind that has ``same_as``.
WRAPPER, (OTHER, FIELD) = next(
    (kind.name, next(iter(kind.same_as.items()))) for kind in KINDS.values() if kind.same_as
)


def wrapper(name, number, inner=""):
    made = live(WRAPPER, name, number)
    return replace(made, attributes={**made.attributes, FIELD: inner})


def planned(verb, one):
    return Action(verb, one.address, one.id)


def test_each_kind_knows_its_counterpart():
    assert OTHER in counterparts(KINDS, WRAPPER)
    assert WRAPPER in counterparts(KINDS, OTHER)


@pytest.mark.parametrize(
    ("around", "inside", "proven"),
    [
        (wrapper("hall", 1, inner=ident(2).upper()), live(OTHER, "lobby", 2), True),
        (wrapper("hall", 2), live(OTHER, "lobby", 2), True),
        (wrapper("hall", 1), live(OTHER, "hall", 2), False),
    ],
)
def test_a_pair_is_known_by_an_id_else_by_the_name(around, inside, proven):
    found = [pair for pair in pairs(KINDS, [around, inside]) if pair.wrapper is around]
    assert [(pair.other, pair.proven) for pair in found] == [(inside, proven)]


def test_a_name_says_nothing_about_what_an_id_has_paired():
    first, namesake = wrapper("first", 1, inner=ident(3)), wrapper("hall", 2)
    found = pairs(KINDS, [first, namesake, live(OTHER, "hall", 3)])
    assert [pair.wrapper for pair in found if pair.wrapper.address.kind == WRAPPER] == [first]


@pytest.mark.parametrize("inner", [ident(2), ""])
@pytest.mark.parametrize(
    ("own", "others", "managed", "conflict"),
    [
        ("adopt", None, True, "both"),
        ("adopt", None, False, ""),
        ("adopt", "delete", True, ""),
        ("update", None, True, ""),
        ("delete", None, True, "proven"),
        ("delete", None, False, ""),
        ("delete", "delete", True, ""),
        ("delete", "adopt", False, "proven"),
    ],
)
def test_one_room_is_not_treated_as_two(inner, own, others, managed, conflict):
    around, inside = wrapper("hall", 1, inner), live(OTHER, "hall", 2)
    actions = [planned(own, around)] + ([planned(others, inside)] if others else [])
    record = [applied(OTHER, "hall", 2)] if managed else []
    found = conflicts(KINDS, [around, inside], actions, record).get(around.address)
    expected = SameRoom(inside.address, proven=bool(inner), managed=managed)
    applies = conflict == "both" or (conflict == "proven" and bool(inner))
    assert found == (expected if applies else None)


def test_of_two_adoptions_that_of_the_wrapper_passes():
    around, inside = wrapper("hall", 1, ident(2)), live(OTHER, "hall", 2)
    actions = [planned("adopt", around), planned("adopt", inside)]
    assert list(conflicts(KINDS, [around, inside], actions, [])) == [inside.address]


def test_a_relation_in_words():
    same = SameRoom(Address("Room", "a"), proven=True, managed=False)
    assert relation(same) == "is the same room as Room/a (their ids are equal)"
    assert (
        relation(same._replace(proven=False))
        == "may be the same room as Room/a, which has its name"
    )


@pytest.mark.parametrize("inner", [ident(2), ""])
@pytest.mark.parametrize(
    ("chosen", "taken", "left"),
    [
        ("both", "", "inside"),  # of two, the wrapper stays
        ("inside", "", ""),
        ("around", "", ""),
        ("around", "inside", "around"),
        ("inside", "around", "inside"),
        ("both", "both", "both"),
        ("", "both", ""),
    ],
)
def test_the_second_face_of_a_room_is_left_out(inner, chosen, taken, left):
    around, inside = wrapper("hall", 1, inner), live(OTHER, "hall", 2)
    faces = {"around": (around,), "inside": (inside,), "both": (around, inside), "": ()}
    found = second_faces(
        KINDS, [around, inside], {one.key for one in faces[chosen]}, lambda one: one in faces[taken]
    )
    others = {around.address: inside, inside.address: around}
    assert found == {
        one.address: SameRoom(
            others[one.address].address,
            proven=bool(inner),
            managed=others[one.address] in faces[taken],
        )
        for one in faces[left]
    }


def test_why_a_second_face_is_left_out_in_words():
    same = SameRoom(Address("Room", "a"), proven=True, managed=True)
    assert reason(same, otherwise="imported") == (
        "it is the same room as Room/a (their ids are equal) and is managed or declared already"
    )
    assert reason(same._replace(managed=False, proven=False), otherwise="imported") == (
        "it may be the same room as Room/a, which has its name and is imported"
    )
