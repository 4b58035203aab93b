"""Named tuples that compile their ``__new__`` where it pays, so that the tool starts quickly.

``typing.NamedTuple`` compiles it while it defines a class, and makes six methods for each: that takes
five times as long as the class itself, and a small plan defines fifty. Here the methods are shared.
Names and meaning are its own, but the signature of a class is known once its ``__new__`` is compiled.
"""

import sys
from collections import _tuplegetter  # type: ignore[attr-defined]  # what namedtuple makes of a field
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

_FEW = 24  # calls; for more of them, ``__new__`` is compiled
_RESERVED = frozenset({"__getnewargs__", "__init__", "__new__", "__slots__"})


class _New:
    """Stands for ``__new__``: makes a few instances itself, and puts the compiled one in its place.

    Threads that look it up at once compile it each: the results are the same, and the last one stays.
    """

    __slots__ = "calls", "cls"

    def __init__(self) -> None:
        self.calls = 0
        self.cls: Any = None  # once it is made

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        self.calls += 1
        return self._compiled() if self.calls > _FEW else self._made

    def _compiled(self) -> Any:
        compiled = _compiled_new(self.cls)
        type.__setattr__(self.cls, "__new__", staticmethod(compiled))
        return compiled

    def _made(self, cls: Any, /, *given: Any, **named: Any) -> Any:
        fields = self.cls._fields
        if len(given) == len(fields) and not named:
            return tuple.__new__(cls, given)
        late = fields[len(given) :]
        defaults = self.cls._field_defaults
        values = {name: defaults[name] for name in late if name in defaults} | named
        if len(given) > len(fields) or values.keys() != {*late}:
            return self._compiled()(cls, *given, **named)  # which says what is wrong
        return tuple.__new__(cls, (*given, *(values[name] for name in late)))


def _compiled_new(cls: Any) -> Any:
    given = "".join(f", {name}" for name in cls._fields)
    values = "".join(f"{name}, " for name in cls._fields)
    scope = {"_new": tuple.__new__, "__builtins__": {}}
    compiled = eval(f"lambda _cls{given}: _new(_cls, ({values}))", scope)  # noqa: S307  # names of fields alone
    compiled.__defaults__ = tuple(cls._field_defaults.values())
    compiled.__name__, compiled.__qualname__ = "__new__", f"{cls.__qualname__}.__new__"
    compiled.__module__ = cls.__module__
    compiled.__annotations__ = dict(cls.__annotations__)
    return compiled


def _check(name: str, content: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Refuse what ``typing`` refuses: a name of its own, a field without a default after one with."""
    if taken := sorted(_RESERVED & content.keys()) or [one for one in fields if one[0] == "_"]:
        raise TypeError(f"{name}: {taken[0]} is not for a named tuple")
    given = [one in content for one in fields]
    if given != sorted(given):
        late = fields[given.index(True)]
        raise TypeError(f"{name}: a field without a default follows {late}, which has one")


class _NamedTupleType(type):
    """Makes a class of a named tuple from its annotations; classes derived from it are ordinary."""

    def __new__(cls, name: str, bases: tuple[type, ...], content: dict[str, Any]) -> Any:
        if bases in ((tuple,), ()) or bases[0] is not _NamedTuple:
            return super().__new__(cls, name, bases, content)
        fields = tuple(content.get("__annotations__", ()))
        _check(name, content, fields)
        new = _New()
        defaults = {one: content.pop(one) for one in fields if one in content}
        getters = {one: _tuplegetter(index, "") for index, one in enumerate(fields)}
        own = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        made = super().__new__(
            cls, name, bases, content | getters | own | {"__slots__": (), "__new__": new}
        )
        new.cls = made
        return made


class _NamedTuple(tuple[Any, ...], metaclass=_NamedTupleType):
    """What all named tuples have."""

    __slots__ = ()

    _fields = tuple[str, ...]()  # not annotated: that would be a type hint of each

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:
        """An instance of the values in ``iterable``."""
        made = tuple.__new__(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes: Any) -> Self:
        """This one with other values of some fields."""
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    def _asdict(self) -> dict[str, Any]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        values = ", ".join(
            f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True)
        )
        return f"{type(self).__name__}({values})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


if TYPE_CHECKING or sys.version_info >= (3, 14):  # where a class body has no __annotations__
    from typing import NamedTuple
else:
    NamedTuple = _NamedTuple

__all__ = ["NamedTuple"]
