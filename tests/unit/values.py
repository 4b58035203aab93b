"""What every value of a package has in common: it is frozen, and a field that is not given is empty."""

import importlib
import inspect
import pkgutil

import pytest

from reconciler.core.deferred_dataclass import fields


def _classes(package):
    modules = [
        importlib.import_module(one.name)
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for module in modules:
        for _, found in inspect.getmembers(module, inspect.isclass):
            if found.__module__ == module.__name__:
                yield found


def dataclasses_in(package):
    """The dataclasses that the modules of a package define."""
    return [one for one in _classes(package) if hasattr(one, "_deferred_fields")]


def _default(of):
    """The default of a field, () where it has none: the value itself, or what its factory makes."""
    given = [one for one in (of.default, of.default_factory) if repr(one) != "<factory>"]
    return () if not given else given[0]() if given[0] is of.default_factory else given[0]


def defaults_in(package):
    """Each default that is not empty, by ``Class.field``; of dataclasses and of named tuples."""
    found = {}
    for one in _classes(package):
        if hasattr(one, "_deferred_fields"):
            own = {each.name: _default(each) for each in fields(one)}
        else:
            own = getattr(one, "_field_defaults", {})
        found |= {f"{one.__name__}.{name}": value for name, value in own.items() if value}
    return found


def check_frozen(value):
    """No field of a dataclass can be set."""
    bare = object.__new__(value)
    for one in fields(value):
        with pytest.raises(AttributeError):
            setattr(bare, one.name, None)
