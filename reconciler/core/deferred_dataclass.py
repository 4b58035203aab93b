"""Dataclasses with slots whose methods are built at first use, so that the tool starts quickly.

``dataclasses`` compiles up to six methods while it defines a class: 0.7 ms for each of a hundred
classes, of which a run uses a few. Here ``__init__`` is compiled when it is first called, and the
other methods are shared. Names and meaning are those of ``dataclasses``, whose own ``fields``,
``replace`` and ``asdict`` take these classes too. ``order``, ``ClassVar``, ``InitVar`` are refused.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from reconciler.core.field_annotations import is_special

_FIELDS = "_deferred_fields"
_COPIED = "_deferred_copied"


class _Unset:
    """Stands for a value that was not given, in signatures for one that a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


_UNSET: Any = _Unset()
_assign = object.__setattr__


class _Field:
    """What is known about a field: its default, and where it takes part."""

    __slots__ = ("compare", "default", "default_factory", "init", "kw_only", "name", "repr", "type")

    def __init__(
        self,
        *,
        default: Any = _UNSET,
        default_factory: Any = _UNSET,
        init: bool = True,
        repr: bool = True,  # noqa: A002  # the name in dataclasses
        compare: bool = True,
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.name, self.type, self.kw_only = "", _UNSET, False

    def default_name(self) -> str:
        """The name of its default in the compiled ``__init__``; '' where it has none."""
        if self.default_factory is not _UNSET:
            return f"_new_{self.name}"
        return "" if self.default is _UNSET else f"_default_{self.name}"


class _Init:
    """Stands for ``__init__`` and puts the compiled one in its place when it is looked up.

    Threads that look it up at once compile it each: the results are the same, and the last one stays.
    """

    def __init__(self, cls: type, twin: Callable[[type], type | None] = lambda _: None) -> None:
        self.cls, self.twin = cls, twin

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        compiled = _compiled_init(self.cls, self.twin(self.cls))
        type.__setattr__(self.cls, "__init__", compiled)
        return compiled.__get__(instance, owner)


class _StandardFields:
    """Stands for ``__dataclass_fields__``, which callers of the standard module look up."""

    def __init__(self, cls: type) -> None:
        self.cls = cls

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        import dataclasses  # noqa: PLC0415  # few runs ask

        def standard(one: _Field) -> Any:
            default = {"default": one.default} if one.default is not _UNSET else {}
            if one.default_factory is not _UNSET:
                default = {"default_factory": one.default_factory}
            return dataclasses.field(
                init=one.init, repr=one.repr, compare=one.compare, kw_only=one.kw_only, **default
            )

        known = [(one.name, one.type, standard(one)) for one in _fields_of(self.cls).values()]
        made = dataclasses.make_dataclass("_", known)
        found = {one.name: one for one in dataclasses.fields(made)}
        type.__setattr__(self.cls, "__dataclass_fields__", found)
        return found


def _fields_of(cls: type) -> Mapping[str, _Field]:
    found: Mapping[str, _Field] = getattr(cls, _FIELDS)
    return found


def _assignments(values: Mapping[str, str], *, of_twin: bool) -> list[str]:
    """Lines that assign ``values``; ``of_twin``: while the instance is of class ``_twin``."""
    lines = [f" _assign(self, {name!r}, {value})" for name, value in values.items()]
    if not of_twin or not values:
        return lines
    exact = ' if self.__class__ is _cls:\n  _assign(self, "__class__", _twin)'
    plain = (f"  self.{name} = {value}" for name, value in values.items())
    others = (f" {line}" for line in lines)  # a subclass may have more slots than the twin
    return [exact, *plain, "  self.__class__ = _cls", " else:", *others]


def _twin_of(cls: type) -> type:
    """A class with the slots of ``cls`` that takes assignments."""
    own = {"__slots__": vars(cls)["__slots__"], "__setattr__": _assign}
    return type(cls)(cls.__name__, cls.__bases__, own)


def _built_often(cls: type) -> type:
    type.__setattr__(cls, "__init__", _Init(cls, _twin_of))
    return cls


def _compiled_init(cls: type, twin: type | None) -> Any:
    fields_ = _fields_of(cls).values()
    scope: dict[str, Any] = {"_assign": _assign, "_UNSET": _UNSET, "_cls": cls, "_twin": twin}
    parameters: dict[bool, list[str]] = {False: [], True: []}
    values: dict[str, str] = {}
    for one in fields_:
        default, value = one.default_name(), one.name
        if default:
            factory = one.default_factory is not _UNSET
            scope[default] = one.default_factory if factory else one.default
            value = default if not factory else f"{default}()"
            if one.init:
                value = (
                    f"{default}() if {one.name} is _UNSET else {one.name}" if factory else one.name
                )
        if one.init:
            shown = "_UNSET" if one.default_factory is not _UNSET else default
            parameters[one.kw_only].append(f"{one.name}={shown}" if default else one.name)
        if one.init or default:
            values[one.name] = value
    lines = _assignments(values, of_twin=bool(twin))
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    keywords = ["*", *parameters[True]] if parameters[True] else []
    head = ", ".join(["self", *parameters[False], *keywords])
    exec(f"def __init__({head}):\n" + "\n".join(lines or [" pass"]), scope)  # noqa: S102  # names of fields alone
    compiled = scope["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    compiled.__module__ = cls.__module__
    compiled.__annotations__ = {one.name: one.type for one in fields_ if one.init} | {
        "return": None
    }
    return compiled


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that reads the attributes ``names`` as a tuple."""
    if not names:
        return lambda _instance: ()
    read: Callable[[Any], Any] = attrgetter(*names)
    return read if len(names) > 1 else lambda instance: (read(instance),)


def _repr(self: Any) -> str:
    shown = (one.name for one in _fields_of(type(self)).values() if one.repr)
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"


def _refuse_assignment(_self: Any, name: str, _value: Any = None) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  # only where a program errs

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in _fields_of(type(self))]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(_fields_of(type(self)), state, strict=True):
        _assign(self, name, value)


def _collected(cls: type, *, kw_only: bool) -> tuple[dict[str, _Field], list[str]]:
    """All fields of ``cls`` in order, those of its bases first; and the names of its own."""
    known: dict[str, _Field] = {}
    for base in cls.__mro__[-1:0:-1]:
        known |= base.__dict__.get(_FIELDS, {})
    own = list(cls.__annotations__)
    for name in own:
        value = cls.__dict__.get(name, _UNSET)
        one = value if isinstance(value, _Field) else _Field(default=value)
        if isinstance(one.default, list | dict | set):
            raise TypeError(f"mutable default of {name}: use default_factory")
        one.name, one.type, one.kw_only = name, cls.__annotations__[name], kw_only
        if is_special(one.type):
            raise TypeError(f"{name}: {one.type} is not for a deferred dataclass")
        known[name] = one
    _check_order(known.values())
    return known, own


def _check_order(fields_: Iterable[_Field]) -> None:
    """TypeError for a positional field without a default after one with a default."""
    given = ""
    for one in (one for one in fields_ if one.init and not one.kw_only):
        if given and not one.default_name():
            raise TypeError(f"field {one.name} has no default, and follows {given}, which has one")
        given = one.name if one.default_name() else given


def _shared_methods(known: Mapping[str, _Field], *, frozen: bool, shows: bool) -> dict[str, Any]:
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
    inherited = {name for base in cls.__mro__[1:] for name in base.__dict__.get(_FIELDS, ())}
    content = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in (*own, "__dict__", "__weakref__")
        and not (name == "__hash__" and value is None)  # Python's own, beside an __eq__
    }
    methods = _shared_methods(known, frozen=frozen, shows=shows)
    copied = tuple(name for name, one in known.items() if one.init)
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
            _FIELDS: known,
            _COPIED: (copied, _values(copied)),
        },
    )
    type.__setattr__(made, "__init__", _Init(made))
    type.__setattr__(made, "__dataclass_fields__", _StandardFields(made))
    return made


def _dataclass(*, repr: bool = True, **options: bool) -> Callable[[type], type]:  # noqa: A002  # as there
    return lambda cls: _with_slots(cls, shows=repr, **options)


def _replace(instance: Any, /, **changes: Any) -> Any:
    if not hasattr(type(instance), _FIELDS):
        import dataclasses  # noqa: PLC0415  # a class of the standard module

        return dataclasses.replace(instance, **changes)
    names, values = getattr(instance, _COPIED)
    return type(instance)(**(dict(zip(names, values(instance), strict=True)) | changes))


def _fields(of: Any) -> tuple[_Field, ...]:
    return tuple(getattr(of, _FIELDS).values())


if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
    from typing import TypeVar

    _Built = TypeVar("_Built", bound=type)

    def built_often(cls: _Built) -> _Built:
        """Mark a class of which a run creates thousands: its ``__init__`` takes a third of the time."""
        return cls
else:
    dataclass, field, fields, replace = _dataclass, _Field, _fields, _replace
    built_often = _built_often

__all__ = ["built_often", "dataclass", "field", "fields", "replace"]
