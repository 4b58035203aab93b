"""Lists the managed resources for people, and as lines for programs."""

from collections.abc import Sequence

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable
from reconciler.core.value_text import address_text, plain
from reconciler.reports.text.history import minute_text
from reconciler.reports.text.style import RenderStyle, cell, finish, grid
from reconciler.reports.text.wrapping import shown_width
from reconciler.state.record import State

_HEAD = ("resource", "id", "last applied", "")


class _Row(NamedTuple):
    """A managed resource: its address, id, the time of the last apply (RFC 3339), and its protection."""

    address: str
    id: str
    applied_at: str
    protection: str


def _rows(state: State) -> list[_Row]:
    rows = []
    for address, record in sorted(state.resources.items()):
        when = state.stamps[address].applied_at if address in state.stamps else ""
        protection = "protected" if record.protect else ""
        rows.append(_Row(address_text(address), record.id, printable(when) or "-", protection))
    return rows


def _lines(rows: Sequence[_Row]) -> list[str]:
    """One line for each resource, without a heading: scripts take fields of it."""
    width = max((len(row.address) for row in rows), default=0)
    return [
        f"{row.address:<{width}}  {row.id}  {row.applied_at:<20}{row.protection and f'  {row.protection}'}"
        for row in rows
    ]


def _table(rows: Sequence[_Row], look: RenderStyle) -> list[str]:
    cells = [[cell(name, "dim") for name in _HEAD]]
    for address, key, when, protection in rows:
        shown = minute_text(when)
        cells.append([cell(address, "bold"), cell(plain(key)), cell(shown), cell(protection)])
    return grid(cells, look, indent=0)


def _list(rows: Sequence[_Row], look: RenderStyle) -> list[str]:
    """Several lines for each resource, for a screen that is too narrow for the table."""
    lines = []
    for address, key, when, protection in rows:
        lines += grid([[cell(address, "bold"), cell(protection)]], look, indent=0)
        facts = (("id", plain(key)), ("applied", minute_text(when)))
        lines += grid([[cell(name, "dim"), cell(fact)] for name, fact in facts], look, indent=2)
    return lines


def state_list_text(state: State, look: RenderStyle) -> str:
    """The managed resources by address: a table on a terminal, or a list where it is narrow; else one line for each."""
    rows = _rows(state)
    if not look.lines or not rows:
        return finish(_lines(rows), look)
    table = _table(rows, look)
    if max(map(shown_width, table)) > look.width:
        table = _list(rows, look)
    return finish(table, look)
