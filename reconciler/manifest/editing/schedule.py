"""Schedules edits in rounds of steps that do not overlap in the text."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.text import printable
from reconciler.manifest.document import Path, pointer, position
from reconciler.manifest.editing.anchors import aliases_in_use, shared_paths
from reconciler.manifest.editing.operations import (
    Edit,
    Put,
    Remove,
    copied,
    nested,
    references_in,
    steps_of,
    value_at,
    with_value,
    without,
)
from reconciler.manifest.editing.scalar_style import FileStyle, inline
from reconciler.manifest.editing.text_edits import (
    TextEdit,
    Uneditable,
    apply_text_edits,
    column,
    newline_of,
    touch,
)
from reconciler.manifest.editing.values import insert_item, insert_key, put_value, remove_entry
from reconciler.manifest.parse.syntax import Entry, Node, Outline, nodes_of, outlines

_Step = tuple[Edit, Put | Remove]
_Shared = Mapping[int, Mapping[Path, Sequence[Path]]]


class _EditContext(NamedTuple):
    """A document during edits: text, outline, value, anchors in use."""

    text: str
    outline: Outline
    value: Any
    used: Mapping[int, Sequence[Node]]
    manner: FileStyle


def file_style_of(text: str, found: Sequence[Outline], *, json: bool) -> FileStyle:
    """Line break and indentation of the file."""
    for outline in found:
        for entry in outline.root.entries:
            inner = entry.value
            if inner.type == "mapping" and not inner.style and not outline.root.style:
                return FileStyle(
                    json,
                    newline_of(text),
                    max(column(text, inner.entries[0].at) - column(text, entry.at), 1),
                )
    return FileStyle(json, newline_of(text))


def _check_anchor(ground: _EditContext, node: Node) -> None:
    aliases = ground.used.get(node.head) if node.anchor else None
    if aliases:
        line, _ = position(ground.text, aliases[0].start)
        refused = Uneditable(
            f"the value is anchored as '&{printable(node.anchor)}' and used again on line {line}, which would change as well",
            hint="write both values in full",
        )
        refused.anchored = True
        raise refused


def _check_cut(ground: _EditContext, cut: TextEdit) -> None:
    """Uneditable if a removed anchor has remaining aliases."""
    for node in nodes_of(ground.outline.root):
        if node.anchor and cut.start <= node.head and node.end <= cut.end and node.head < cut.end:
            outside = [
                alias
                for alias in ground.used.get(node.head, ())
                if not (cut.start <= alias.start and alias.end <= cut.end)
            ]
            if outside:
                _check_anchor(ground, node)


def _put_cuts(ground: _EditContext, edit: Put) -> Iterator[TextEdit]:
    text, manner = ground.text, ground.manner
    entry = Entry(ground.outline.root.head, None, ground.outline.root)
    in_flow, indent = manner.is_json, 0
    for depth, step in enumerate(edit.path):
        node, rest = entry.value, edit.path[depth:]
        if node.type == "alias":
            whole = with_value(value_at(ground.value, edit.path[:depth]), rest, edit.value)
            yield TextEdit(node.start, node.end, inline(whole, manner, in_flow=in_flow))
            return
        _check_anchor(ground, node)
        if node.is_null:
            yield from put_value(
                text, entry, nested(rest, edit.value), manner, in_flow=in_flow, parent_column=indent
            )
            return
        in_flow = in_flow or bool(node.style)
        indent = column(text, node.entries[0].at) if node.entries else indent
        found = node.entry(step)
        if found is None:
            value = nested(rest[1:], edit.value)
            siblings = edit.siblings if len(rest) == 1 else ()
            if node.type != ("list" if isinstance(step, int) else "mapping"):
                raise Uneditable(f"there is no {printable(pointer(edit.path))} to change here")
            if isinstance(step, int):
                yield insert_item(text, node, value, manner, in_flow=in_flow)
            else:
                yield insert_key(
                    text, node, step, value, manner, in_flow=in_flow, siblings=siblings
                )
            return
        entry = found
    _check_anchor(ground, entry.value)
    yield from put_value(text, entry, edit.value, manner, in_flow=in_flow, parent_column=indent)


def _remove_cuts(ground: _EditContext, edit: Remove) -> Iterator[TextEdit]:
    node = ground.outline.root
    for depth, step in enumerate(edit.path[:-1]):
        _check_anchor(ground, node)
        found = node.entry(step)
        if node.type == "alias" or found is None:
            whole = without(value_at(ground.value, edit.path[:depth]), edit.path[depth:])
            yield from _put_cuts(ground, Put(edit.document, edit.path[:depth], whole))
            return
        node = found.value
    last = edit.path[-1]
    if node.type == "alias" or len(node.entries) == 1:
        whole = without(value_at(ground.value, edit.path[:-1]), (last,))
        yield from _put_cuts(ground, Put(edit.document, edit.path[:-1], whole))
        return
    _check_anchor(ground, node)
    yield remove_entry(
        ground.text,
        node,
        last
        if isinstance(last, int)
        else [entry.key and entry.key.text for entry in node.entries].index(last),
    )


def _possible_cuts(ground: _EditContext, edit: Put | Remove) -> list[TextEdit]:
    try:
        references = references_in(value_at(ground.value, edit.path))
    except LookupError:
        references = []
    if references:
        raise Uneditable(
            f"the manifest has {printable(references[0])} here, which pull keeps",
            hint="give that variable the new value, or write the value by hand",
        )
    cuts = list(_put_cuts(ground, edit) if isinstance(edit, Put) else _remove_cuts(ground, edit))
    for cut in cuts:
        _check_cut(ground, cut)
    return cuts


def _cuts(ground: _EditContext, step: Put | Remove, edit: Edit) -> list[TextEdit]:
    try:
        return _possible_cuts(ground, step)
    except Uneditable as error:
        error.edit = edit
        raise


def _changed(value: Any, edit: Put | Remove) -> Any:
    try:
        return (
            without(value, edit.path)
            if isinstance(edit, Remove)
            else with_value(value, edit.path, copied(edit.value))
        )
    except (LookupError, TypeError) as error:
        impossible = Uneditable(f"there is no {printable(pointer(edit.path))} to change here")
        impossible.edit = edit
        raise impossible from error


def _steps(values: Sequence[Any], edits: Iterable[Put | Remove]) -> Iterator[_Step]:
    """The smallest steps of each edit."""
    current = list(values)
    for edit in edits:
        if isinstance(edit, Put):
            try:
                old = value_at(current[edit.document], edit.path)
            except LookupError:
                yield edit, edit
            else:
                yield from ((edit, step) for step in steps_of(edit, old))
        else:
            yield edit, edit
        current[edit.document] = _changed(current[edit.document], edit)


def _cuts_or_later(
    ground: _EditContext, step: Put | Remove, edit: Edit
) -> list[TextEdit] | Uneditable:
    """Text edits of a step, or the error if another step may still make it possible."""
    try:
        return _cuts(ground, step, edit)
    except Uneditable as error:
        if not error.anchored:
            raise
        return error


def _depend(one: Put | Remove, other: Put | Remove) -> bool:
    """Whether one step's path is inside the other's."""
    shorter = min(len(one.path), len(other.path))
    return one.path[:shorter] == other.path[:shorter]


def _round(
    text: str, values: list[Any], waiting: Sequence[_Step], shared: _Shared, *, json: bool
) -> tuple[str, list[_Step]]:
    """Take as many non-overlapping steps as possible, in order; the rest waits."""
    found = outlines(text, is_json=json)
    manner = file_style_of(text, found, json=json)
    used = {
        at: aliases_in_use(found[at].root, shared[at])
        for at in {step.document for _, step in waiting}
    }
    made: dict[int, list[TextEdit]] = {}
    left: list[_Step] = []
    done: dict[int, list[Put | Remove]] = {}
    blocked: set[int] = set()
    anchored: Uneditable | None = None
    for edit, step in waiting:
        at = step.document
        if at in blocked or any(_depend(step, other) for other in done.get(at, ())):
            blocked.add(at)
            left.append((edit, step))
            continue
        cuts = _cuts_or_later(
            _EditContext(text, found[at], values[at], used[at], manner), step, edit
        )
        if isinstance(cuts, Uneditable):
            anchored = anchored or cuts
            left.append((edit, step))
        elif any(touch(cut, other) for cut in cuts for other in made.get(at, ())):
            blocked.add(at)
            left.append((edit, step))
        else:
            made.setdefault(at, []).extend(cuts)
            done.setdefault(at, []).append(step)
            blocked |= (
                {at} if isinstance(step, Remove) else set()
            )  # the remaining siblings decide how the next step is done
    if anchored and not done:
        raise anchored
    for at, steps in done.items():
        for step in steps:
            values[at] = _changed(values[at], step)
    return apply_text_edits(text, (cut for cuts in made.values() for cut in cuts)), left


def schedule(
    text: str, values: Sequence[Any], edits: Sequence[Put | Remove], *, json: bool
) -> tuple[str, list[Any]]:
    """Apply all edits; returns the text and the expected documents."""
    steps, current, expected = list(_steps(values, edits)), list(values), list(values)
    for _, step in steps:
        expected[step.document] = _changed(expected[step.document], step)
    found = outlines(text, is_json=json) if steps else []
    shared: dict[int, dict[Path, list[Path]]] = {}
    followers: dict[int, set[Path]] = {}
    for at in {step.document for _, step in steps}:
        shared[at] = shared_paths(found[at].root, expected[at])
        followers[at] = set(chain(*shared[at].values()))
    # What an alias repeats changes with its anchor.
    waiting = [
        (edit, step) for edit, step in steps if not _is_within(step.path, followers[step.document])
    ]
    while waiting:
        text, waiting = _round(text, current, waiting, shared, json=json)
    return text, expected


def _is_within(path: Path, outer: Collection[Path]) -> bool:
    return any(path[: len(other)] == other for other in outer)
