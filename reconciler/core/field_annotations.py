"""Recognises the annotations of which ``dataclasses`` makes no plain field."""

from typing import Any, ClassVar

_WORDS = ("ClassVar", "InitVar", "KW_ONLY")
_TYPES = ("InitVar", "_KW_ONLY_TYPE")


def is_special(annotation: Any) -> bool:
    """Whether ``annotation`` is one of ClassVar, InitVar and KW_ONLY, or the text of one."""
    if isinstance(annotation, str):
        return any(word in annotation for word in _WORDS)
    # Not by its text: that of a type takes as long to make as all else about a field.
    if getattr(annotation, "__origin__", annotation) is ClassVar:
        return True
    return type(annotation).__name__ in _TYPES or getattr(annotation, "__name__", "") in _TYPES
