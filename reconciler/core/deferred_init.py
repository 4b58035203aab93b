"""The fields of deferred dataclasses, and their ``__init__``, which is compiled where that pays.

To compile one takes as long as dozens of calls that assign in a loop, and most classes have fewer
instances in a run.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

FIELDS = "_deferred_fields"
_FEW = 24  # calls; for more of them, it is compiled


class _Unset:
    """Stands for a value that was not given, in signatures for one that a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


UNSET: Any = _Unset()
assign = object.__setattr__


class Field:
    """What is known about a field: its default, and where it takes part."""

    __slots__ = ("compare", "default", "default_factory", "init", "kw_only", "name", "repr", "type")

    def __init__(
        self,
        *,
        default: Any = UNSET,
        default_factory: Any = UNSET,
        init: bool = True,
        repr: bool = True,  # noqa: A002  # the name in dataclasses
        compare: bool = True,
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.name, self.type, self.kw_only = "", UNSET, False

    @property
    def has_default(self) -> bool:
        """Whether a value need not be given."""
        return self.default is not UNSET or self.default_factory is not UNSET

    def default_name(self) -> str:
        """The name of its default in the compiled ``__init__``; '' where it has none."""
        if self.default_factory is not UNSET:
            return f"_new_{self.name}"
        return "" if self.default is UNSET else f"_default_{self.name}"


def fields_of(cls: type) -> Mapping[str, Field]:
    """The fields of a deferred dataclass, by their names."""
    found: Mapping[str, Field] = getattr(cls, FIELDS)
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


def twin_of(cls: type) -> type:
    """A class with the slots of ``cls`` that takes assignments."""
    own = {"__slots__": vars(cls)["__slots__"], "__setattr__": assign}
    return type(cls)(cls.__name__, cls.__bases__, own)


def _compiled_init(cls: type, twin: type | None) -> Any:
    fields_ = fields_of(cls).values()
    scope: dict[str, Any] = {"_assign": assign, "_UNSET": UNSET, "_cls": cls, "_twin": twin}
    parameters: dict[bool, list[str]] = {False: [], True: []}
    values: dict[str, str] = {}
    for one in fields_:
        default, value = one.default_name(), one.name
        if default:
            factory = one.default_factory is not UNSET
            scope[default] = one.default_factory if factory else one.default
            value = default if not factory else f"{default}()"
            if one.init:
                value = (
                    f"{default}() if {one.name} is _UNSET else {one.name}" if factory else one.name
                )
        if one.init:
            shown = "_UNSET" if one.default_factory is not UNSET else default
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


class _Asked:
    """What an ``__init__`` takes, and what it assigns: the same for each instance of a class."""

    __slots__ = "fields", "goes_on", "known", "needed", "positional"

    def __init__(self, cls: type) -> None:
        fields_ = fields_of(cls).values()
        taken = [one for one in fields_ if one.init]
        self.positional = [one.name for one in taken if not one.kw_only]
        self.known = {one.name for one in taken}
        self.needed = {one.name for one in taken if not one.has_default}
        self.fields = [(one.name, one.default, one.default_factory) for one in fields_]
        self.goes_on = hasattr(cls, "__post_init__")


class Init:
    """Stands for ``__init__``: assigns in a loop, and puts the compiled one in its place if that pays.

    Threads that look it up at once compile it each: the results are the same, and the last one stays.
    """

    __slots__ = "asked", "calls", "cls", "twin"

    def __init__(self, twin: Callable[[type], type | None] = lambda _: None) -> None:
        self.cls: Any = None  # once it is made
        self.twin, self.calls = twin, 0
        self.asked: _Asked | None = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        self.calls += 1
        if instance is None or self.calls > _FEW:
            return self._compiled().__get__(instance, owner)
        return partial(self._assign, instance)

    def _compiled(self) -> Any:
        compiled = _compiled_init(self.cls, self.twin(self.cls))
        type.__setattr__(self.cls, "__init__", compiled)
        return compiled

    def _assign(self, instance: Any, /, *given: Any, **named: Any) -> None:
        asked = self.asked
        if asked is None:
            asked = self.asked = _Asked(self.cls)
        values = dict(zip(asked.positional, given, strict=False))
        values.update(named)
        names = values.keys()
        count = len(given) + len(named)  # more than names if one is there twice, or too many
        if len(names) != count or not asked.needed <= names <= asked.known:
            self._compiled()(instance, *given, **named)  # which says what is wrong
            return
        for name, default, factory in asked.fields:
            value = values.get(name, UNSET)
            if value is UNSET:
                value = default if factory is UNSET else factory()
                if value is UNSET:
                    continue
            assign(instance, name, value)
        if asked.goes_on:
            instance.__post_init__()
