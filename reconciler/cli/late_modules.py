"""Modules that libraries import and few commands use: loaded when they are used.

Click imports ``inspect``, ``gettext`` and ``uuid``, which imports ``platform``; ``urllib.parse``
imports ``ipaddress``, httpcore ``certifi`` and ``ssl``, ``logging`` ``traceback``. They take longer to
load than Python takes to start.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any

_replacing = Lock()


class _LateModule(ModuleType):
    """Stands for a module in ``sys.modules`` and loads it when something of it is looked up."""

    def __getattr__(self, name: str) -> Any:
        # The import itself is outside the lock: Python has a lock for each module.
        with _replacing:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class _LateGettext(_LateModule):
    """``gettext`` without translations, of which click's texts have none: all is in English."""

    @staticmethod
    def gettext(message: str) -> str:
        """``message`` itself."""
        return message

    @staticmethod
    def ngettext(singular: str, plural: str, number: int) -> str:
        """The form for ``number`` things."""
        return singular if number == 1 else plural

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # asked by each ``from gettext import``: only a package has one
            raise AttributeError(name)
        return super().__getattr__(name)


class _LateInspect(_LateModule):
    """``inspect`` with what click asks of each option and default, and dataclasses of each class."""

    def cleandoc(self, text: str) -> str:
        """``text`` without its indentation: the help of a command."""
        first, *rest = text.split("\n")
        shown = "".join((first, *rest)).replace("\b", "")  # with which click marks lines to keep
        if not (text.isascii() and shown.isprintable()):
            cleaned: str = self.__getattr__("cleandoc")(text)
            return cleaned
        margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
        lines = [first.lstrip(), *(line[margin:] for line in rest)]
        return "\n".join(lines).strip("\n")

    @staticmethod
    def isfunction(value: object) -> bool:
        """Whether ``value`` was made by ``def`` or ``lambda``."""
        return isinstance(value, FunctionType)

    def get_annotations(self, of: Any, **options: Any) -> Any:
        """The annotations of a class as they are written, of which Python 3.12 and 3.13 make fields."""
        written = vars(of).get("__annotations__", {}) if isinstance(of, type) else None
        if options or not isinstance(written, dict) or sys.version_info >= (3, 14):
            return self.__getattr__("get_annotations")(of, **options)
        return dict(written)

    def signature(self, called: Any, **options: Any) -> Any:
        """How ``called`` is called; empty for ``dataclasses``, which puts it into missing docs."""
        if sys._getframe(1).f_globals.get("__name__") == "dataclasses":  # noqa: SLF001  # documented
            return ""
        return self.__getattr__("signature")(called, **options)


# Classes that these modules name in annotations while they are imported: there, the name is enough.
_ANNOTATED = {("ssl", "SSLContext", "httpcore._ssl"), ("ssl", "SSLContext", "httpcore2._ssl")}
_ANNOTATED |= {("uuid", "UUID", "click.types")}


class _LateAnnotation(_LateModule):
    """A module with a class that a library annotates: ``ssl``, which few connections need, ``uuid``."""

    def __getattr__(self, name: str) -> Any:
        caller = sys._getframe(1)  # noqa: SLF001  # documented
        asked = self.__name__, name, caller.f_globals.get("__name__")
        if asked in _ANNOTATED and caller.f_code.co_name == "<module>":
            return f"{self.__name__}.{name}"
        return super().__getattr__(name)


class _LatePlatform(_LateModule):
    """``platform`` with what ``uuid`` asks while it is imported."""

    def system(self) -> str:
        """The name of the operating system."""
        if hasattr(os, "uname"):
            return os.uname().sysname
        name: str = self.__getattr__("system")()
        return name


LATE: Mapping[str, type[_LateModule]] = {
    "base64": _LateModule,
    "certifi": _LateModule,
    "getpass": _LateModule,
    "gettext": _LateGettext,
    "inspect": _LateInspect,
    "ipaddress": _LateModule,
    "platform": _LatePlatform,
    "secrets": _LateModule,
    "shlex": _LateModule,
    "ssl": _LateAnnotation,
    "traceback": _LateModule,
    "uuid": _LateAnnotation,
}


def load_late() -> None:
    """From now on, these modules load when they are used. One that is loaded already stays."""
    for name, stand_in in LATE.items():
        if name not in sys.modules:
            sys.modules[name] = stand_in(name)


def is_loaded(module: ModuleType | None) -> bool:
    """Whether an entry of ``sys.modules`` is a module that was executed."""
    return module is not None and not isinstance(module, _LateModule)
