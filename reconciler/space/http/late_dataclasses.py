"""Dataclasses of a library whose methods are made when one of them is used.

``dataclasses`` compiles up to six methods while it makes a class: for the seven of h11, which uses one
of them, that takes longer than to load h11. Here the same decorator makes them in place at first use,
so that they are the same.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MemberDescriptorType
from typing import Any

_NAMES = ["__dataclass_fields__", "__dataclass_params__", "__match_args__", "__repr__"]
_NAMES += ["__setattr__", "__delattr__", "__hash__", "__init__", "__doc__", "__eq__"]
if sys.version_info >= (3, 13):
    _NAMES.append("__replace__")
_KEPT = {"__doc__", "__init__", "__hash__"}  # the decorator leaves these as a class has them
_completing = threading.RLock()


class _Unfinished:
    """A class that the decorator was not applied to yet, and what stands for its attributes."""

    def __init__(self, cls: type, decorate: Callable[[type], type], *, makes_init: bool) -> None:
        self.cls, self.decorate, self.is_finished = cls, decorate, False
        decided = {"__hash__"} & set(vars(cls)) | (set() if makes_init else {"__init__"})
        missing = (one for one in _NAMES if vars(cls).get(one) is None and one not in decided)
        self.late: dict[str, Any] = {name: _Late(self, name) for name in missing}
        self.late["__eq__"] = self._equal()
        for name, stand_in in self.late.items():
            setattr(cls, name, stand_in)

    def _equal(self) -> Callable[[Any, Any], Any]:
        def equal(one: Any, other: Any) -> Any:
            if other.__class__ is not one.__class__:  # h11 compares each event with other things
                return NotImplemented
            self.finish()
            return vars(self.cls)["__eq__"](one, other)

        return equal

    def finish(self) -> None:
        """Apply the decorator: it keeps, or refuses, what is there already, so that goes first."""
        with _completing:
            if self.is_finished:  # by another thread
                return
            self.is_finished = True
            for name, stand_in in self.late.items():
                if vars(self.cls).get(name) is not stand_in:
                    continue
                if name == "__doc__":
                    self.cls.__doc__ = None
                else:
                    delattr(self.cls, name)
            self.decorate(self.cls)


class _Late:
    """Stands for an attribute that the decorator makes, and has it made when it is looked up."""

    __slots__ = ("name", "of")

    def __init__(self, of: _Unfinished, name: str) -> None:
        self.of, self.name = of, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        self.of.finish()
        return getattr(owner if instance is None else instance, self.name)


def _may_be_late(cls: type, options: dict[str, bool]) -> bool:
    """Whether the decorator would add attributes to ``cls`` and do nothing else, as with those of h11."""
    own = vars(cls)
    # From 3.14 on, a class computes them.
    written = own.get("__annotations__", ()) if sys.version_info < (3, 14) else cls.__annotations__
    values = (own[name] for name in written if name in own)
    return (
        options in ({"frozen": True}, {"frozen": True, "init": False})
        and not getattr(cls, "__abstractmethods__", None)
        and not any(name in own for name in _NAMES if name not in _KEPT)
        and all(isinstance(value, MemberDescriptorType) for value in values)
    )


@contextmanager
def dataclasses_finished_late() -> Iterator[None]:
    """Make ``dataclass`` leave its work for later, in this thread and block."""
    import dataclasses  # noqa: PLC0415  # the library needs it; many commands do not

    at_once, ours = dataclasses.dataclass, threading.get_ident()

    def decorator(cls: type | None = None, /, **options: Any) -> Any:
        decorate: Callable[[type], type] = at_once(**options)

        def late(cls: type) -> type:
            still = dataclasses.dataclass is decorator and threading.get_ident() == ours
            if not (still and _may_be_late(cls, options)):
                return decorate(cls)
            _Unfinished(cls, decorate, makes_init=options.get("init", True))
            return cls

        return late if cls is None else late(cls)

    dataclasses.dataclass = decorator
    try:
        yield
    finally:
        dataclasses.dataclass = at_once
