"""Dataclasses that are finished at first use are those that the decorator makes at once."""

import copy
import dataclasses
import json
import os
import subprocess
import sys
import threading

import pytest

from reconciler.space.http.late_dataclasses import dataclasses_finished_late


def classes():
    """Classes as those of h11: with slots, with and without an __init__, one derived from another."""

    @dataclasses.dataclass(init=False, frozen=True)
    class Base:
        __slots__ = ("one", "two")
        one: int
        two: list

        def __init__(self, one=1, two=()):
            object.__setattr__(self, "one", one)
            object.__setattr__(self, "two", two)

        __hash__ = None

    @dataclasses.dataclass(init=False, frozen=True)
    class Derived(Base):
        """With a text of its own."""

        __hash__ = None

    @dataclasses.dataclass(frozen=True)
    class Plain:
        """Nothing is in it."""

    @dataclasses.dataclass(frozen=True)
    class Bare:
        number: int
        text: str

    return {"Base": Base, "Derived": Derived, "Plain": Plain, "Bare": Bare}


def late_classes():
    """The same, to be finished."""
    with dataclasses_finished_late():
        return classes()


MADE = {"Base": (3, [4]), "Derived": (3, [4]), "Plain": (), "Bare": (3, "x")}


def said(action, *values):
    """What an action returns, or the kind and text of what it raises."""
    try:
        return action(*values)
    except (AttributeError, TypeError, ValueError) as error:
        return type(error).__name__, str(error)


ACTIONS = {
    "repr": repr,
    "equal": lambda made: made == type(made)(*MADE[type(made).__name__]),
    "unequal": lambda made: made != type(made)(*MADE[type(made).__name__]),
    "other value": lambda made: made == (type(made)(9, 9) if MADE[type(made).__name__] else 9),
    "other type": lambda made: (made == 7, made != 7, made in (7, 8)),
    "not implemented": lambda made: made.__eq__(7),
    "hash": lambda made: hash(made) == hash(type(made)(*MADE[type(made).__name__])),
    "set": lambda made: setattr(made, "one", 5),
    "set another": lambda made: setattr(made, "three", 5),
    "delete": lambda made: delattr(made, "one"),
    "fields": lambda made: [
        (field.name, field.type, field.init) for field in dataclasses.fields(type(made))
    ],
    "fields of one": lambda made: [field.name for field in dataclasses.fields(made)],
    "is one": lambda made: (dataclasses.is_dataclass(type(made)), dataclasses.is_dataclass(made)),
    "frozen": lambda made: type(made).__dataclass_params__.frozen,
    "match": lambda made: type(made).__match_args__,
    "doc": lambda made: (type(made).__doc__, made.__doc__),
    "replace": lambda made: repr(dataclasses.replace(made)),
    "as dict": dataclasses.asdict,
    "copy": lambda made: repr(copy.copy(made)),
    "too many": lambda made: type(made)(1, 2, 3, 4),
    "annotations": lambda made: type(made).__init__.__annotations__,
    "names": lambda made: (repr(made), sorted(name for name in dir(type(made))))[1],
    "own names": lambda made: (repr(made), sorted(vars(type(made))))[1],
    "heir": lambda made: repr(type("Heir", (type(made),), {})(*MADE[type(made).__name__])),
    "heir's doc": lambda made: type("Heir", (type(made),), {}).__doc__,
    "frozen heir": lambda made: repr(
        dataclasses.dataclass(frozen=True)(type("Heir", (type(made),), {}))(
            *MADE[type(made).__name__]
        )
    ),
    "thawed heir": lambda made: dataclasses.dataclass(type("Heir", (type(made),), {})),
}


@pytest.mark.parametrize("name", [*MADE])
@pytest.mark.parametrize("before", [None, "repr", "other type", "set", "fields", "doc"])
def test_whatever_is_first_answers_as_that_of_the_decorator(name, before):
    for action, asked in ACTIONS.items():
        answers = []
        for cls in (late_classes()[name], classes()[name]):
            made = cls(*MADE[name])
            if before:
                said(ACTIONS[before], made)
            answers.append(said(asked, made))

        assert answers[0] == answers[1], action


def test_a_comparison_with_another_thing_makes_nothing():
    cls = late_classes()["Derived"]

    assert cls(1, "x") not in [1, "x", None]
    assert "_Late" in {type(value).__name__ for value in vars(cls).values()}


REFUSED = {
    "a mutable default": {"__annotations__": {"one": list}, "one": []},
    "a default before none": {"__annotations__": {"one": int, "two": int}, "one": 1},
    "an assignment of its own": {"__setattr__": lambda *_: None},
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=[*REFUSED])
def test_what_the_decorator_refuses_is_refused_at_once(content):
    with dataclasses_finished_late(), pytest.raises((TypeError, ValueError)):
        dataclasses.dataclass(frozen=True)(type("Wrong", (), dict(content)))


@pytest.mark.parametrize("options", [{}, {"order": True}, {"frozen": True, "slots": True}])
def test_other_options_take_effect_at_once(options):
    with dataclasses_finished_late():

        @dataclasses.dataclass(**options)
        class Other:
            one: int = 1

    assert "_Late" not in {type(value).__name__ for value in vars(Other).values()}
    assert repr(Other()).endswith("Other(one=1)")


def test_after_the_block_and_in_other_threads_a_class_is_finished_at_once():
    found = []
    with dataclasses_finished_late():
        kept = dataclasses.dataclass
        other = threading.Thread(target=lambda: found.append(kept(frozen=True)(type("A", (), {}))))
        other.start()
        other.join()
    found.append(kept(frozen=True)(type("B", (), {})))

    assert dataclasses.dataclass is not kept
    assert [callable(vars(cls)["__repr__"]) for cls in found] == [True, True]


def test_all_threads_use_the_one_finished_class():
    cls = late_classes()["Bare"]
    gate, found = threading.Barrier(16), []

    def show():
        gate.wait()
        found.append((cls.__repr__, cls(1, "x") == cls(1, "x")))

    threads = [threading.Thread(target=show) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(found) == 16
    assert set(found) == {(cls.__repr__, True)}


EVENTS = """
import h11, json, dataclasses
shown = {}
for name in h11._events.__all__:
    cls = getattr(h11, name, None) or getattr(h11._events, name)
    if name != "Event":
        shown[name] = [sorted(vars(cls)), cls.__doc__, [one.name for one in dataclasses.fields(cls)]]
        shown[name] += [cls.__hash__ is None, str(cls.__dataclass_params__)]
answer = h11.Response(status_code=200, headers=[("a", "b")])
shown["events"] = [repr(answer), answer == h11.Response(status_code=200, headers=[("a", "b")])]
shown["events"] += [hash(h11.ConnectionClosed()) == hash(h11.ConnectionClosed())]
try:
    answer.reason = b"x"
except dataclasses.FrozenInstanceError as error:
    shown["events"].append(str(error))
print(json.dumps(shown))
"""


def ran(code):
    """What a new Python prints."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=own
    ).stdout


def test_the_events_of_the_parser_are_what_they_are_without_us():
    ours = json.loads(ran("import reconciler.space.http.library" + EVENTS))

    assert ours == json.loads(ran(EVENTS))


def test_the_events_of_the_parser_are_finished_late():
    code = """
import reconciler.space.http.library, h11
print(sorted(name for name, one in vars(h11).items() if "_Late" in str(vars(one).values())
             and isinstance(one, type)))
"""
    code = code.replace("vars(one).values()", "getattr(one, '__dict__', {}).values()")

    assert ran(code).strip() == str(
        ["ConnectionClosed", "Data", "EndOfMessage", "InformationalResponse", "Request", "Response"]
    )
