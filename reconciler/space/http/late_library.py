"""Parts of the HTTP library that our requests do not use: loaded when they are looked up.

Its half for asyncio, its proxy classes and its stand-in network take longer to load than Python takes
to start. Only the command leaves them for later: a program that imports us may use them at once.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

# Of the library: what may be late, and the modules that do nothing with its names but pass them on.
_PARTS = ("_async", "_backends.mock", "_sync.http_proxy")
_PASS_ON = ("", "._backends", "._sync")
# Parts that cannot be loaded where what they need is marked as missing, so they need not be tried.
_NEEDS = {"_backends.anyio": "anyio", "_backends.trio": "trio", "_sync.http2": "h2"}


class _LatePart(ModuleType):
    """Stands for a part of ``package`` in ``sys.modules`` while the package is imported."""

    def __init__(self, package: str, part: str) -> None:
        super().__init__(f"{package}.{part}")
        self._passing = {f"{package}{suffix}" for suffix in _PASS_ON}
        self.placeholders: dict[str, type] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys._getframe(1).f_globals.get("__name__") in self._passing:  # noqa: SLF001  # documented
            made = type(name, (), {"__module__": self.__name__})
            return self.placeholders.setdefault(name, made)
        self.withdraw()  # a module that may use it now
        return getattr(import_module(self.__name__), name)

    def withdraw(self) -> None:
        """From now on, to import the part loads it."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


def _lookup(module: ModuleType, late: dict[str, tuple[str, str]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of ``module``: ``late`` has, by name, the part it is in and its ``__module__``."""

    def look_up(name: str) -> Any:
        part = f"{module.__name__}.{name}"
        if name in late:
            source, owner = late[name]
            found = getattr(import_module(source), name)
            if owner != source:  # the library names itself as the module of what it passes on
                found.__module__ = owner
        elif part.removeprefix(f"{module.__name__.partition('.')[0]}.") in _PARTS:
            found = import_module(part)
        else:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        setattr(module, name, found)
        return found

    return look_up


def _settle(module: ModuleType, parts: list[_LatePart]) -> None:
    """Replace the placeholders in ``module`` by a function that looks up what they stand for."""
    late = {
        name: (part.__name__, placeholder.__module__)
        for part in parts
        for name, placeholder in part.placeholders.items()
        if vars(module).get(name) is placeholder
    }
    for name in late:
        delattr(module, name)
    look_up = _lookup(module, late)
    if "__getattr__" in vars(module):  # of its own, which stays
        for name in late:
            look_up(name)
    else:
        vars(module)["__getattr__"] = look_up


@contextmanager
def parts_loaded_late(package: str) -> Iterator[None]:
    """Leave parts of ``package`` for later while it is imported, if that is for the command."""
    if package in sys.modules or "reconciler.cli.late_modules" not in sys.modules:
        yield
        return
    parts = [_LatePart(package, part) for part in _PARTS]
    missing = {
        f"{package}.{part}": None
        for part, needed in _NEEDS.items()
        if sys.modules.get(needed, sys) is None
    }
    sys.modules.update({part.__name__: part for part in parts} | missing)  # type: ignore[arg-type]  # as if not installed
    try:
        yield
    finally:
        for part in parts:
            part.withdraw()
        for name in missing:
            sys.modules.pop(name, None)
        for suffix in _PASS_ON:
            module = sys.modules.get(f"{package}{suffix}")
            if module is not None:
                _settle(module, parts)
