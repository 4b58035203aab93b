"""The schema files shipped with the tool, in the package or in a checkout."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reconciler.core.errors import ReconcilerError
from reconciler.core.fragment_users import with_fragment_users
from reconciler.core.kinds import Kind, kinds_from

SCHEMAS_VARIABLE = "RECONCILER_SCHEMAS"


def schema_dir() -> Path:
    """Folder of schemas: $RECONCILER_SCHEMAS, else the wheel's, else the checkout's."""
    chosen = os.environ.get(SCHEMAS_VARIABLE)
    if chosen:
        return Path(chosen)
    packaged = Path(__file__).parent / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "schemas"


def documents(
    folder: Path | None = None, *, own: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Mapping[str, Any]]:
    """Every schema in ``folder``, and a project's ``own``, by file name.

    ReconcilerError names an invalid file.
    """
    where = folder or schema_dir()
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(where.glob("*.schema.json")):
        try:
            found[path.name] = json.loads(path.read_bytes())
        except ValueError as error:
            raise ReconcilerError(f"{path}: not JSON: {error}") from error
    if not found:
        raise ReconcilerError(
            f"{where}: no *.schema.json found",
            hint=f"unset {SCHEMAS_VARIABLE} or install the tool again",
        )
    return with_fragment_users({**found, **own})


def kinds(folder: Path | None = None) -> dict[str, Kind]:
    """The kinds in ``folder`` (default: the shipped ones) by name."""
    return kinds_from(documents(folder))
