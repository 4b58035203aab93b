"""The fixtures of the command line, for every test here that goes through it."""

from tests.commands.conftest import (
    _clean,
    apply,
    company,
    declare,
    done,
    kinds,
    local,
    plan,
    process,
    reconciler,
    refused,
    serving,
    space,
    stack,
)

__all__ = [
    "_clean",
    "apply",
    "company",
    "declare",
    "done",
    "kinds",
    "local",
    "plan",
    "process",
    "reconciler",
    "refused",
    "serving",
    "space",
    "stack",
]
