"""A named tuple of ours behaves as one of ``typing`` does."""

import copy
import inspect
import json
import pickle
import threading
import types
import typing
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.core import named_tuple
from reconciler.core.matching import Match
from reconciler.core.resources import Address


def _family(module):
    """The same classes by each of the two modules."""

    class Point(module.NamedTuple):
        """With defaults."""

        x: int
        y: "int" = 2
        z: list | None = None

        @property
        def total(self):
            return self.x + self.y

        def __bool__(self):
            return self.x > 0

    class One(module.NamedTuple):
        """A single field."""

        a: str

        def __repr__(self):
            return "One"

    class Empty(module.NamedTuple):
        """None."""

    class Ordinary(Point):
        """Derived, with a constructor of its own."""

        def __new__(cls, x):
            return super().__new__(cls, x, y=7)

    return Point, One, Empty, Ordinary


@pytest.fixture
def both():
    return zip(_family(named_tuple), _family(typing), strict=True)


def tried(call, *words, **named):
    """What ``call`` returns, or the class of its error."""
    try:
        return call(*words, **named)
    except (TypeError, ValueError, AttributeError) as error:
        return type(error)


def test_instances_are_the_same(both):
    for ours, theirs in both:
        for values in ((), (1,), (0, 3), (1, 2, [3]), ("a", "b", "c", "d")):
            made, expected = tried(ours, *values), tried(theirs, *values)
            assert made == expected
            if not isinstance(expected, tuple):
                continue
            for look in (repr, bool, list, json.dumps, copy.deepcopy, ours._asdict, len):
                assert tried(look, made) == tried(look, expected)
            assert hasattr(made, "__dict__") == hasattr(expected, "__dict__")


def test_classes_tell_the_same(both):
    for ours, theirs in both:
        for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__qualname__"):
            assert getattr(ours, name) == getattr(theirs, name), name
        for _ in range(100):  # often enough for it to be compiled
            compiled = ours.__new__
        assert isinstance(compiled, types.FunctionType)
        assert [*inspect.signature(ours).parameters] == [*inspect.signature(theirs).parameters]
        assert typing.get_type_hints(ours) == typing.get_type_hints(theirs)
        assert compiled.__qualname__.endswith("__new__")


def test_keywords_and_changes_are_the_same():
    (ours, *_), (theirs, *_) = _family(named_tuple), _family(typing)
    made, expected = ours(5), theirs(5)

    for words in ({"x": 1}, {"x": 1, "z": []}, {"y": 1}):
        assert tried(ours, **words) == tried(theirs, **words)
        assert made._replace(**words) == expected._replace(**words)
    assert tried(ours, x=1, w=2) is tried(theirs, x=1, w=2) is TypeError
    # Python 3.13 raises another one here.
    assert {tried(made._replace, w=2), tried(expected._replace, w=2)} <= {ValueError, TypeError}
    assert (ours._make([1, 2, 3]), tried(ours._make, [1])) == ((1, 2, 3), TypeError)
    assert tried(setattr, made, "x", 2) is tried(setattr, expected, "x", 2) is AttributeError
    assert (made.x, made.total) == (5, 7)


def test_a_wrong_call_is_refused_in_the_words_of_python():
    for message, words, named in [
        ("missing 1 required positional argument: 'x'", (), {"y": 1}),
        ("takes from 2 to 4 positional arguments but 5 were given", (1, 2, [], "d"), {}),
        ("multiple values for argument 'x'", (1,), {"x": 1}),
        ("unexpected keyword argument 'w'", (1,), {"w": 1}),
    ]:
        for point, *_ in (_family(named_tuple), _family(typing)):
            with pytest.raises(TypeError, match=message):
                point(*words, **named)


def test_all_calls_give_the_same_before_and_after_it_is_compiled():
    (ours, *_), (theirs, *_) = _family(named_tuple), _family(typing)

    for number in range(100):
        for words, named in [((number,), {}), ((1, 2, number), {}), ((), {"z": [], "x": number})]:
            assert ours(*words, **named) == theirs(*words, **named)
    assert isinstance(ours.__new__, types.FunctionType)


def test_a_pattern_reads_its_fields():
    match Address("Room", "a"):
        case Address(kind, name):
            assert (kind, name) == ("Room", "a")


def test_a_copy_by_pickle_is_equal_to_it():
    made = Match(None, None, None)

    for one in (made, Address("Room", "a")):
        again = pickle.loads(pickle.dumps(one))  # noqa: S301  # our own bytes
        assert (again, type(again)) == (one, type(one))


@pytest.mark.parametrize(
    "content",
    [
        {"__annotations__": {"a": int, "b": int}, "a": 1},
        {"__annotations__": {"_a": int}},
        {"__annotations__": {}, "__new__": None},
        {"__annotations__": {}, "__init__": None},
    ],
)
def test_what_typing_refuses_is_refused(content):
    with pytest.raises(TypeError):
        type(Address)("Wrong", (named_tuple.NamedTuple,), {**content})


def test_all_threads_build_at_once():
    (ours, *_), gate = _family(named_tuple), threading.Barrier(8)

    def build(number):
        gate.wait()
        return ours(number).x

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(build, range(8))) == list(range(8))
