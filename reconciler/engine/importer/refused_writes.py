"""Refuses an import whose files would declare a fragment twice, or lose what they declare now."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.errors import Refused, UsageError
from reconciler.core.export import Draft
from reconciler.core.resources import Address
from reconciler.core.text import printable
from reconciler.engine.importer.selection import Known, Request
from reconciler.manifest.load import Loaded

_SHOWN = 5


def check_not_declared(
    request: Request, files: Mapping[Path, Sequence[Draft]], known: Known
) -> None:
    """UsageError if a file would declare a fragment that another file declares."""
    new: set[Address] = set()
    for path, drafts in files.items():
        if not (request.overwrite and known.memory.wrote(path)):
            new.update(draft.address for draft in drafts)
    if duplicates := new.intersection(known.fragments):
        raise UsageError(f"{min(duplicates)} is declared already", hint="choose another name")


def refuse_losses(known: Known, after: Loaded) -> None:
    """Refused if an overwritten file declares other resources as well."""
    remaining = {one.address for one in after.desired} | after.fragments.keys()
    lost = sorted({*known.desired, *known.fragments} - remaining)
    if lost:
        shown = printable(", ".join(map(str, lost[:_SHOWN])))
        if len(lost) > _SHOWN:
            shown += f" and {len(lost) - _SHOWN} more"
        places = [known.desired[one].origins[""].place for one in lost if one in known.desired]
        file = printable(places[0].file) if places else "a file"
        raise Refused(
            f"refused, nothing was written: {file}, which would be overwritten, also declares {shown}",
            hint=f"move {'it' if len(lost) == 1 else 'them'} to another file, or choose another folder with --out",
        )
