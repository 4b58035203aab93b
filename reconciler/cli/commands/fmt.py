"""``reconciler fmt``: manifests in the canonical style, comments kept."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import ManifestError, UsageError
from reconciler.core.resources import Place, Problem
from reconciler.core.text import count, printable
from reconciler.core.value_text import plain
from reconciler.engine.workspace import Workspace, manifest_paths, search_rules
from reconciler.manifest.discovery import find_files
from reconciler.manifest.document import Source
from reconciler.manifest.editing.files import rewrite
from reconciler.manifest.editing.text_edits import Uneditable
from reconciler.manifest.formatting.document import formatted, is_manifest
from reconciler.manifest.pipes import is_stream, standard_input

_DIFFERS = 2


def _read(session: Workspace, paths: tuple[str, ...]) -> list[Source]:
    sources, problems = find_files(
        manifest_paths(session, paths), lambda: standard_input(console.info), search_rules(session)
    )
    if problems:
        raise ManifestError(problems)
    return sources


def _manifests(session: Workspace, paths: tuple[str, ...]) -> list[Source]:
    """The files that are manifests. Other files are not formatted, which is said of named ones."""
    sources = _read(session, paths)
    own = [source for source in sources if is_manifest(source, session.kinds)]
    named = {os.path.normpath(path) for path in paths}
    tidied = {source.name for source in own}
    skipped = [
        name
        for name in (source.name for source in sources)
        if name not in tidied and os.path.normpath(name) in named
    ]
    for name in skipped:
        console.info(f"{plain(name)} is not a manifest, and is left as it is")
    if paths and not own and not skipped:
        where = ", ".join(map(plain, paths))
        console.info(f"there is no manifest in {where}, and nothing is changed")
    return own


def _tidied(
    session: Workspace, sources: Sequence[Source]
) -> tuple[list[tuple[Source, bytes]], list[Problem]]:
    """Each readable file with its formatted bytes, and the problems of the others."""
    tidy: list[tuple[Source, bytes]] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            tidy.append((source, formatted(source, session.kinds)))
        except Uneditable as error:
            problems += error.problems or [
                Problem(Place(source.name, 1, 1), error.message, hint=error.hint)
            ]
    return tidy, problems


def _through(session: Workspace) -> int:
    """Standard input to standard output."""
    sources = _read(session, ("-",))
    if not is_manifest(sources[0], session.kinds):
        sys.stdout.flush()
        sys.stdout.buffer.write(sources[0].content)
        return 0
    tidy, problems = _tidied(session, sources)
    if problems:
        raise ManifestError(problems)
    sys.stdout.flush()
    sys.stdout.buffer.write(tidy[0][1])
    return 0


@click.command(
    "fmt",
    epilog=examples("reconciler fmt", "reconciler fmt --check", "reconciler fmt --diff manifests"),
)
@options.paths
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; list the files that would change, and exit with 2 if there are any.",
)
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@options.project
def command(paths: tuple[str, ...], *, check: bool, diff: bool, **project: Any) -> int:
    """Put manifests into the canonical style: order of keys, indentation, blank lines.

    Comments stay with their values, and every value is written as before. Files that are not manifests are not
    changed. PATH is a file, a folder, or '-' to format standard input to standard output.
    """
    session = open_workspace(**project)
    if "-" in paths and len(paths) > 1:
        raise UsageError("'-' cannot be formatted together with files", hint="give it alone")
    stream = next((path for path in paths if is_stream(path)), None)
    if stream and not check and not diff:
        raise UsageError(
            f"{printable(stream)} is a pipe, and cannot be written back",
            hint="give '-' for standard input",
        )
    if paths == ("-",) and not check and not diff:
        return _through(session)
    tidy, problems = _tidied(session, _manifests(session, paths))
    changed = [(source, content) for source, content in tidy if source.content != content]
    if not check and not diff:
        rewrite(changed)
    if diff:
        from reconciler.reports.text.pull import file_diff  # which brings all of pull with it

        console.out(
            "".join(
                f"{line}\n"
                for source, content in changed
                for line in file_diff(source.name, source.content, content)
            )
        )
    else:
        console.out("".join(f"{plain(source.name)}\n" for source, _ in changed))
    verb = "would change" if check or diff else "changed"
    console.info(
        f"{count(len(changed), 'file')} {verb}, {len(tidy) - len(changed)} already formatted"
    )
    if problems:
        raise ManifestError(problems)
    return _DIFFERS if check and changed else 0
