"""Packages whose names are imported when somebody asks for them, so that a command pays for what it needs and for nothing else."""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package that knows in which of its modules each of its names is at home."""

    homes: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        home = self.__dict__.get("homes", {}).get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{self.__name__}.{home}"), name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        # What Python does once a module is imported; a function that bears the module's name is what the package means by it.
        if not (isinstance(value, ModuleType) and name in self.__dict__.get("homes", ())):
            super().__setattr__(name, value)


def names_at_home(package: str, homes: Mapping[str, str]) -> None:
    """Makes ``package`` (its ``__name__``) import each name when it is first asked for; ``homes`` has the names of each of its modules."""
    module = sys.modules[package]
    module.__dict__["homes"] = {name: home for home, names in homes.items() for name in names.split()}
    module.__class__ = _Package
