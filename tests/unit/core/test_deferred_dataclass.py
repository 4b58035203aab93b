"""A deferred dataclass behaves as one of the standard library does."""

import copy
import dataclasses
import inspect
import itertools
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType
from typing import ClassVar

import pytest

from reconciler.core import deferred_dataclass
from reconciler.core.resources import Address, Applied


def _family(module):
    """The same classes by each of the two modules."""
    dataclass, field = module.dataclass, module.field

    @dataclass(frozen=True, slots=True)
    class Point:
        """Frozen, with defaults of each sort, and values of the class that are no fields."""

        shared = None
        unit = "cm"

        x: int
        y: int = 2
        tags: list = field(default_factory=list, compare=False)
        hidden: str = field(default="h", repr=False)

    @dataclass(frozen=True, slots=True)
    class Named(Point):
        """With a base, and a field of it anew."""

        name: str = "n"
        y: int = 5

    @dataclass(slots=True)
    class Counter:
        """Changeable."""

        count: int = 0
        total: int = field(init=False)

        def __post_init__(self):
            self.total = self.count * 2

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Keywords:
        """By keyword alone."""

        a: int = 1
        b: int

    @dataclass(frozen=True, slots=True, repr=False)
    class One:  # noqa: PLW1641  # the hash that the decorator makes is compared
        """One field, its own comparison and text."""

        a: int

        def __eq__(self, other):
            return isinstance(other, One) and abs(self.a) == abs(other.a)

        def __repr__(self):
            return "one"

    @dataclass(frozen=True, slots=True)
    class Nothing:
        """No field."""

    return Point, Named, Counter, Keywords, One, Nothing


OURS, THEIRS = _family(deferred_dataclass), _family(dataclasses)
OFTEN = [deferred_dataclass.built_often(one) for one in _family(deferred_dataclass)]
ARGUMENTS = [
    (),
    (1,),
    (1, 3),
    (1, 3, ["t"], "s"),
    (1, 3, ["t"], "s", "name"),
    (1, 2, 3, 4, 5, 6),
]
KEYWORDS = [{}, {"x": 1}, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}, {"count": 4}, {"hidden": "z"}]


def _told(make):
    try:
        return make()
    except Exception as error:  # noqa: BLE001  # its type is compared
        return type(error).__name__


def _uses(cls, positional, named):
    """What one call of the class gives, and each use of its instances."""
    one, other = (_told(lambda: cls(*positional, **named)) for _ in range(2))
    return [
        str(one).rpartition("<locals>.")[2],
        _told(lambda: one == other),
        _told(lambda: hash(one)),
        *(_told(lambda name=each.name: setattr(one, name, 9)) for each in dataclasses.fields(cls)),
        _told(lambda: delattr(one, next(iter(cls.__annotations__)))),
        _told(lambda: copy.deepcopy(one) == one),
        _told(lambda: str(dataclasses.asdict(one))),
        _told(lambda: str(dataclasses.replace(one, hidden="r")).rpartition("<locals>.")[2]),
    ]


def _all_of(cls):
    return [_uses(cls, positional, named) for positional in ARGUMENTS for named in KEYWORDS]


@pytest.mark.parametrize("family", [OURS, OFTEN], ids=["plain", "built often"])
@pytest.mark.parametrize("number", range(len(OURS)), ids=[one.__name__ for one in OURS])
def test_the_same_as_the_standard_library(number, family):
    ours, theirs = family[number], THEIRS[number]

    assert _all_of(ours) == _all_of(theirs)
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert ours.__match_args__ == theirs.__match_args__
    public = [{name for name in vars(each) if name[0] != "_"} for each in (ours, theirs)]
    assert public[0] == public[1]
    assert ours.__slots__ == theirs.__slots__
    for name in ("name", "init", "repr", "compare", "default", "default_factory", "type"):
        one, other = (
            [getattr(each, name) for each in dataclasses.fields(cls)] for cls in (ours, theirs)
        )
        assert one == other


@pytest.mark.parametrize("number", range(len(OURS)), ids=[one.__name__ for one in OURS])
def test_the_first_instance_is_that_of_the_standard_library(number):
    # It is not made by the compiled __init__, and each wrong call compiles it: a class for each.
    for positional, named in itertools.product(ARGUMENTS, KEYWORDS):
        ours = _family(deferred_dataclass)[number]
        assert _uses(ours, positional, named) == _uses(THEIRS[number], positional, named)


def test_a_wrong_call_is_refused_in_the_words_of_python():
    for message, arguments in [
        ("missing 1 required positional argument: 'x'", ()),
        ("takes from 2 to 5 positional arguments but 6 were given", (1, 2, [], "h", 5)),
    ]:
        with pytest.raises(TypeError, match=message):
            _family(deferred_dataclass)[0](*arguments)


def test_the_init_is_compiled_after_some_calls():
    point = _family(deferred_dataclass)[0]
    made = [point(number) for number in range(100)]
    assert [one.x for one in made] == list(range(100))
    assert isinstance(vars(point)["__init__"], FunctionType)


def test_our_replace_and_fields_take_both_sorts():
    for point in (OURS[0](1, 7), THEIRS[0](1, 7)):
        moved = deferred_dataclass.replace(point, x=4)
        assert (type(moved), moved.x, moved.y) == (type(point), 4, 7)
    names = [one.name for one in deferred_dataclass.fields(OURS[1])]
    assert names == [one.name for one in dataclasses.fields(THEIRS[1])]


def test_a_real_one_is_pickled():
    one = Applied(Address("Room", "a"), "id", {"layout": "2x2"})
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # what was just written


@pytest.mark.parametrize("options", [{}, {"slots": False}, {"order": True, "slots": True}])
def test_what_it_does_not_know_is_refused(options):
    with pytest.raises(TypeError):
        deferred_dataclass.dataclass(**options)(type("C", (), {}))


def test_a_mutable_default_is_refused():
    with pytest.raises(TypeError, match="default_factory"):
        deferred_dataclass.dataclass(slots=True)(
            type("C", (), {"__annotations__": {"a": list}, "a": []})
        )


@pytest.mark.parametrize(
    "annotation",
    [
        ClassVar,
        ClassVar[int],
        "ClassVar[int]",
        dataclasses.InitVar,
        dataclasses.InitVar[int],
        dataclasses.KW_ONLY,
    ],
)
def test_a_field_that_is_none_is_refused(annotation):
    with pytest.raises(TypeError, match="is not for a deferred dataclass"):
        deferred_dataclass.dataclass(slots=True)(
            type("C", (), {"__annotations__": {"a": annotation}})
        )


def test_a_field_without_a_default_after_one_with_a_default_is_refused():
    with pytest.raises(TypeError, match="b has no default, and follows a"):
        deferred_dataclass.dataclass(slots=True)(
            type("C", (), {"__annotations__": {"a": int, "b": int}, "a": 1})
        )


def test_the_fields_of_the_standard_library_are_made_once():
    point = _family(deferred_dataclass)[0]
    first = dataclasses.fields(point)
    assert all(one is other for one, other in zip(first, dataclasses.fields(point(1)), strict=True))


def test_threads_may_make_the_first_instances_at_once():
    for _ in range(20):
        point, named, *_ = _family(deferred_dataclass)
        together = threading.Barrier(8)

        def made(number, named=named, together=together):
            together.wait()
            one = named(number)
            return one.x, one.y, one.tags, one.name

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(made, range(8)))
        assert found == [(number, 5, [], "n") for number in range(8)]
        assert point(3).y == 2


@pytest.mark.parametrize("point", [OURS[0], OFTEN[0]], ids=["plain", "built often"])
@pytest.mark.parametrize("slots", [(), ("more",)])
def test_a_class_below_that_is_no_dataclass_has_the_init_of_its_base(point, slots):
    class Below(point):
        """Without fields of its own."""

        __slots__ = slots

    assert (Below(1).x, Below(1) == Below(1), Below(1) == point(1)) == (1, True, False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Below(1).x = 2


def test_pattern_matching_takes_the_positional_fields():
    named = OURS[1]
    match named(1, 7):
        case named(x, y):
            assert (x, y) == (1, 7)


def test_its_public_names_are_those_of_the_standard_library_that_it_stands_for():
    names = set(deferred_dataclass.__all__) - {
        "built_often"
    }  # an addition for classes of many instances
    assert names == {"dataclass", "field", "fields", "replace"}
    assert all(hasattr(deferred_dataclass, name) and hasattr(dataclasses, name) for name in names)
