"""The schema files shipped with the tool, in the package or in a checkout."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.fragment_users import with_fragment_users
from reconciler.core.kinds import DERIVED, Kind, kinds_from

_SCHEMAS_VARIABLE = "RECONCILER_SCHEMAS"
SUFFIX = ".schema.json"


def _shipped_dir() -> Path:
    """Folder of the schemas that come with the tool: the wheel's, else the checkout's."""
    packaged = Path(__file__).parent / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "schemas"


def schema_dir() -> Path:
    """Folder of schemas: $RECONCILER_SCHEMAS, else the shipped one."""
    chosen = os.environ.get(_SCHEMAS_VARIABLE)
    return Path(chosen) if chosen else _shipped_dir()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        from reconciler.core.json_errors import json_fault  # noqa: PLC0415  # only for errors

        raise ReconcilerError(json_fault(path, error)) from error
    if not isinstance(document, dict):
        raise ReconcilerError(f"{path}: not a JSON Schema: it is no object")
    return document


def is_own(path: Path) -> bool:
    """Whether ``path`` is a schema for the tool itself, and not one for editors."""
    return _read(path).get("$comment") != DERIVED


def documents(
    folder: Path | None = None, *, own: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Mapping[str, Any]]:
    """Every schema in ``folder``, and a project's ``own``, by file name.

    ReconcilerError names an invalid file. A schema that ``schema --write`` wrote is replaced by the
    shipped one of its name, which says more.
    """
    where, shipped = folder or schema_dir(), _shipped_dir()
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(where.glob(f"*{SUFFIX}")):
        found[path.name] = _read(path)
        if found[path.name].get("$comment") == DERIVED and (shipped / path.name).is_file():
            found[path.name] = _read(shipped / path.name)
    if not found:
        raise ReconcilerError(
            f"{where}: no *{SUFFIX} found",
            hint=f"unset {_SCHEMAS_VARIABLE} or install the tool again",
        )
    return with_fragment_users({**found, **own})


def kinds(folder: Path | None = None) -> dict[str, Kind]:
    """The kinds in ``folder`` (default: the shipped ones) by name."""
    return kinds_from(documents(folder))
