"""Dataclasses with slots whose methods are built at first use, so that the tool starts quickly.

``dataclasses`` compiles up to six methods while it defines a class: 0.7 ms for each of a hundred
classes, of which a run uses a few. Here ``__init__`` is compiled when it has been called often, and
the other methods are shared. Names and meaning are those of ``dataclasses``, whose own ``fields``,
``replace`` and ``asdict`` take these classes too. ``order``, ``ClassVar``, ``InitVar`` are refused.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.core.deferred_init import FIELDS, UNSET, Field, Init, assign, fields_of, twin_of

_COPIED = "_deferred_copied"
# Of the annotations of which ``dataclasses`` makes no plain field.
_SPECIAL_WORDS = ("ClassVar", "InitVar", "KW_ONLY")
_SPECIAL_TYPES = ("InitVar", "_KW_ONLY_TYPE")


class _StandardFields:
    """Stands for ``__dataclass_fields__``, which callers of the standard module look up."""

    __slots__ = ("cls",)

    def __init__(self) -> None:
        self.cls: Any = None  # once it is made

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        import dataclasses  # noqa: PLC0415  # few runs ask

        def standard(one: Field) -> Any:
            default = {"default": one.default} if one.default is not UNSET else {}
            if one.default_factory is not UNSET:
                default = {"default_factory": one.default_factory}
            return dataclasses.field(
                init=one.init, repr=one.repr, compare=one.compare, kw_only=one.kw_only, **default
            )

        known = [(one.name, one.type, standard(one)) for one in fields_of(self.cls).values()]
        made = dataclasses.make_dataclass("_", known)
        found = {one.name: one for one in dataclasses.fields(made)}
        type.__setattr__(self.cls, "__dataclass_fields__", found)
        return found


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that reads the attributes ``names`` as a tuple."""
    if not names:
        return lambda _instance: ()
    read: Callable[[Any], Any] = attrgetter(*names)
    return read if len(names) > 1 else lambda instance: (read(instance),)


def _repr(self: Any) -> str:
    shown = (one.name for one in fields_of(type(self)).values() if one.repr)
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"


def _refuse_assignment(_self: Any, name: str, _value: Any = None) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  # only where a program errs

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in fields_of(type(self))]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(fields_of(type(self)), state, strict=True):
        assign(self, name, value)


def _is_special(annotation: Any) -> bool:
    """Whether ``annotation`` is one of ClassVar, InitVar and KW_ONLY, or the text of one."""
    if isinstance(annotation, type):  # most are, and to look up what they lack takes time
        return annotation.__name__ in _SPECIAL_TYPES
    if isinstance(annotation, UnionType):
        return False
    if isinstance(annotation, str):
        return any(word in annotation for word in _SPECIAL_WORDS)
    # Not by its text: that of a type takes as long to make as all else about a field.
    if getattr(annotation, "__origin__", annotation) is ClassVar:
        return True
    names = type(annotation).__name__, getattr(annotation, "__name__", "")
    return any(name in _SPECIAL_TYPES for name in names)


def _collected(cls: type, *, kw_only: bool) -> tuple[dict[str, Field], list[str]]:
    """All fields of ``cls`` in order, those of its bases first; and the names of its own."""
    known: dict[str, Field] = {}
    for base in cls.__mro__[-1:0:-1]:
        known |= base.__dict__.get(FIELDS, {})
    own = list(cls.__annotations__)
    for name in own:
        value = cls.__dict__.get(name, UNSET)
        one = value if isinstance(value, Field) else Field(default=value)
        if isinstance(one.default, list | dict | set):
            raise TypeError(f"mutable default of {name}: use default_factory")
        one.name, one.type, one.kw_only = name, cls.__annotations__[name], kw_only
        if _is_special(one.type):
            raise TypeError(f"{name}: {one.type} is not for a deferred dataclass")
        known[name] = one
    _check_order(known.values())
    return known, own


def _check_order(fields_: Iterable[Field]) -> None:
    """TypeError for a positional field without a default after one with a default."""
    given = ""
    for one in fields_:
        if not one.init or one.kw_only:
            continue
        if one.has_default:
            given = one.name
        elif given:
            raise TypeError(f"field {one.name} has no default, and follows {given}, which has one")


def _shared_methods(known: Mapping[str, Field], *, frozen: bool, shows: bool) -> dict[str, Any]:
    compared = _values(tuple(name for name, one in known.items() if one.compare))

    def equal(self: Any, other: Any) -> Any:
        return compared(self) == compared(other) if type(other) is type(self) else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    methods: dict[str, Any] = {"__eq__": equal, "__hash__": hashed if frozen else None}
    if shows:
        methods["__repr__"] = _repr
    if frozen:
        methods |= {
            "__setattr__": _refuse_assignment,
            "__delattr__": _refuse_assignment,
            "__getstate__": _get_state,
            "__setstate__": _set_state,
        }
    return methods


def _with_slots(
    cls: type, *, slots: bool, frozen: bool = False, kw_only: bool = False, shows: bool = True
) -> type:
    if not slots:
        raise TypeError("a deferred dataclass has slots")
    known, own = _collected(cls, kw_only=kw_only)
    inherited = {name for base in cls.__mro__[1:] for name in base.__dict__.get(FIELDS, ())}
    made_anew = {*own, "__dict__", "__weakref__"}
    content = {name: value for name, value in cls.__dict__.items() if name not in made_anew}
    if content.get("__hash__") is None:  # Python's own, beside an __eq__
        content.pop("__hash__", None)
    methods = _shared_methods(known, frozen=frozen, shows=shows)
    copied = tuple(name for name, one in known.items() if one.init)
    init, standard = Init(), _StandardFields()
    made = type(cls)(
        cls.__name__,
        cls.__bases__,
        methods
        | content
        | {
            "__slots__": tuple(name for name in own if name not in inherited),
            "__match_args__": tuple(
                name for name, one in known.items() if one.init and not one.kw_only
            ),
            "__qualname__": cls.__qualname__,
            FIELDS: known,
            _COPIED: (copied, _values(copied)),
            "__init__": init,
            "__dataclass_fields__": standard,
        },
    )
    init.cls = standard.cls = made
    return made


def _built_often(cls: type) -> type:
    vars(cls)["__init__"].twin = twin_of
    return cls


def _dataclass(*, repr: bool = True, **options: bool) -> Callable[[type], type]:  # noqa: A002  # as there
    return lambda cls: _with_slots(cls, shows=repr, **options)


def _replace(instance: Any, /, **changes: Any) -> Any:
    if not hasattr(type(instance), FIELDS):
        import dataclasses  # noqa: PLC0415  # a class of the standard module

        return dataclasses.replace(instance, **changes)
    names, values = getattr(instance, _COPIED)
    return type(instance)(**(dict(zip(names, values(instance), strict=True)) | changes))


def _fields(of: Any) -> tuple[Field, ...]:
    return tuple(getattr(of, FIELDS).values())


if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
    from typing import TypeVar

    _Built = TypeVar("_Built", bound=type)

    def built_often(cls: _Built) -> _Built:
        """Mark a class of which a run creates thousands: its ``__init__`` takes a third of the time."""
        return cls
else:
    dataclass, field, fields, replace = _dataclass, Field, _fields, _replace
    built_often = _built_often

__all__ = ["built_often", "dataclass", "field", "fields", "replace"]
