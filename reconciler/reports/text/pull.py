"""Text of ``pull``: each change with its place, skipped changes with reasons, a unified diff."""

import difflib
from collections.abc import Iterator

from reconciler.core.text import count
from reconciler.core.value_text import origin_text, plain, sides
from reconciler.engine.pull.changes import FileEdit, LiveChange, Skipped
from reconciler.engine.pull.files import Rewritten
from reconciler.manifest.editing.source_map import may_show


def _change_lines(wish: LiveChange) -> Iterator[str]:
    place = origin_text(wish.origin)
    if wish.what == "missing":
        yield f"{wish.address}  deleted outside   {place}"
    elif wish.what in ("children", "secret"):
        paths = ", ".join(change.path for change in wish.changes)
        yield f"{wish.address}  {paths}: (secret) changed   {place}"
    elif wish.what == "name":
        yield f"{wish.address}  name: {' → '.join(sides(wish.address.name, wish.live_name))}   {place}"
    else:
        yield from (
            f"{wish.address}  {one.path}: {' → '.join(sides(one.after, one.before))}   {place}"
            for one in wish.changes
        )
    yield from _conflict_lines(wish)


def _conflict_lines(wish: LiveChange) -> Iterator[str]:
    """Edits of the manifest that pulling would overwrite before they were applied."""
    if not wish.conflicts:
        return
    if wish.what == "missing":
        yield "    conflict: the manifest was changed since the last apply"
    elif wish.what in ("field", "name"):
        for one in wish.changes:
            if one.origin == "conflict":
                was, says = sides(wish.applied(one), one.after)
                yield (
                    f"    conflict: {one.path} is {says} in the manifest now, "
                    f"and was {was} at the last apply"
                )


def change_text(wish: LiveChange) -> str:
    """One change on one line for each place: declared value, live value, place."""
    return "\n".join(plain(line) for line in _change_lines(wish))


def edit_text(step: FileEdit) -> str:
    """What an edit adds to the files, and where."""
    lines = [change_text(wish) for wish in step.wishes]
    return "\n".join([*lines, *([f"    {plain(step.note)}"] if step.note else [])])


def skipped_text(skipped: Skipped) -> str:
    """Why a change was not written."""
    hint = f" ({plain(skipped.hint)})" if skipped.hint else ""
    return f"not written: {change_text(skipped.wish)}\n    {plain(skipped.why)}{hint}"


def _line(text: str) -> str:
    """A safe line of a diff, with possible secrets masked."""
    sign, rest = text[0], text[1:].rstrip("\r\n")
    if not may_show(rest):
        return f"{sign}{' ' * (len(rest) - len(rest.lstrip(' ')))}(not shown: it may hold a secret)"
    return sign + "\t".join(plain(part) for part in rest.split("\t"))


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig").splitlines(keepends=True)


def file_diff(name: str, old: bytes, new: bytes) -> list[str]:
    """The unified diff of one file, safe to print, with possible secrets masked."""
    lines = list(difflib.unified_diff(_lines(old), _lines(new), n=3))
    if not lines:
        return []
    head = [
        f"--- {plain(name) if old else '/dev/null'}",
        f"+++ {plain(name) if new else '/dev/null'}",
    ]
    shown = list(head)
    for line in lines[2:]:
        shown.append(line.rstrip("\n") if line.startswith("@@") else _line(line))
        if not line.endswith(("\n", "\r")):  # else two lines that look alike would differ
            shown.append("\\ No newline at end of file")
    return shown


def diff_text(result: Rewritten) -> str:
    """All changes to files as a unified diff."""
    lines: list[str] = []
    for source, content in result.contents:
        lines += file_diff(source.name, source.content, content)
    for name, content in result.created.items():
        lines += file_diff(name, b"", content)
    return "".join(f"{line}\n" for line in lines)


def summary_text(result: Rewritten, *, written: bool) -> str:
    """Numbers of changes written, or to be written, by file."""
    number = sum(max(len(wish.changes), 1) for step in result.steps for wish in step.wishes)
    files = len(result.contents) + len(result.created)
    verb = "Written" if written else "Would be written"
    return f"{verb}: {count(number, 'change')} in {count(files, 'file')}."
