"""``reconciler import``: writes manifests for live resources and manages them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import files, names_to_import
from reconciler.cli.help_examples import examples
from reconciler.core.errors import ManifestError, ReconcilerError, UsageError
from reconciler.core.kinds import Kinds, resources
from reconciler.core.text import count, printable
from reconciler.manifest.patterns import is_pattern, matches
from reconciler.manifest.search_rules import one_name

if TYPE_CHECKING:
    from reconciler.engine.importer.common_fragments import Suggestion
    from reconciler.engine.importer.importer import Imported
    from reconciler.engine.importer.selection import Request
    from reconciler.engine.workspace import Workspace

_MOST = 20


def _some(lines: list[str], noun: str) -> Iterator[str]:
    yield from (f"  {printable(line)}" for line in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {count(len(lines) - _MOST, f'more {noun}')}"


def _grouped(found: Imported) -> Iterator[str]:
    """Overwritten files, edited ones first; resources that were not imported, with reasons; fields that could not be declared."""
    if found.replaced:
        yield "Overwritten:"
        there = sorted(found.replaced.items(), key=lambda item: (item[1], item[0]))
        yield from _some(
            [
                f"{path}{'' if ours else ', which was edited since its import'}"
                for path, ours in there
            ],
            "file",
        )
    alone = [f"{address}: {why}" for address, why in sorted(found.left_alone.items())]
    if alone:
        yield "Not imported:"
        yield from _some(alone, "resource")
    if found.passing:
        yield "Created when their live session began, perhaps by a room token; such a resource disappears when the session ends:"
        yield from _some(list(map(str, found.passing)), "resource")
    faults = [
        f"{draft.address} {name}: {why}"
        for draft in found.drafts
        for name, why in draft.left_out.items()
    ]
    if faults:
        yield "Left out of the manifests, and therefore not managed:"
        yield from _some(faults, "field")


def _offered(offer: Suggestion, flag: str, name: str) -> str:
    shown = ", ".join(list(offer.fields)[:6]) + (", …" if len(offer.fields) > 6 else "")
    return f"  {count(len(offer.users), 'resource')} with the same {printable(shown)}: {flag} {shlex.quote(name)}"


def _offers(kinds: Kinds, found: Imported) -> Iterator[str]:
    """Possible fragments, each with the flag that writes it."""
    from reconciler.engine.importer.common_fragments import suggested

    lines = [
        _offered(offer, flag, name)
        for flag, some in (("--preset", found.bundles), ("--theme", found.palettes))
        for offer, name in suggested(
            kinds, some, found.drafts, name="common" if flag == "--preset" else "brand"
        )
    ]
    if lines:
        yield "Possible presets and themes (run the import again with --overwrite and one of these flags; you choose the name):"
        yield from lines


def _to_set(found: Imported, request: Request) -> Iterator[str]:
    if not found.variables:
        return
    yield f"Set {count(len(found.variables), 'variable')} before validate, plan and apply; the values are secrets and are not shown:"
    yield from (f"  {name}" for name in found.variables)
    if request.env_file:
        file = str(request.env_file)
        yield f"Their values are in {printable(file)}, which only you can read. To set them: . {shlex.quote(file)}"
    else:
        yield "To write them to a file that only you can read, run the import again with --overwrite --write-env FILE."


def _is_exposed(file: Path) -> bool:
    """Whether git would add ``file``: it is in a working tree and not ignored."""
    from reconciler.state.backends.git_cli import git

    try:
        return git(file.parent, "check-ignore", "-q", "--", file.name, seconds=5).code == 1
    except ReconcilerError:
        return False


def _warn_of_exposed(request: Request) -> None:
    if request.env_file and _is_exposed(request.env_file):
        console.info(
            f"warning: git does not ignore {printable(str(request.env_file))}, which holds secrets: move it, or add it to .gitignore"
        )


def _is_read(session: Workspace, request: Request) -> bool:
    """Whether commands read the folder without PATH."""
    from reconciler.engine.workspace import manifest_paths

    inside = request.folder.resolve()
    read = one_name(str(request.folder), str(session.root))
    return any(
        inside.is_relative_to(Path(path).resolve()) or (is_pattern(path) and matches(path, read))
        for path in manifest_paths(session, ())
    )


def _next(session: Workspace, request: Request) -> str:
    if _is_read(session, request):
        return "The next plan is empty unless something changes before it."
    where = printable(str(request.folder))
    if session.project is None:
        return f"Review and commit them, then run: reconciler plan {shlex.quote(where)}"
    return f"{where} is not under 'manifests' in reconciler.yaml: add it there, or the next plan deletes the imported resources."


def report_text(session: Workspace, request: Request, found: Imported) -> Iterator[str]:
    """The result of an import, in lines."""
    of_kinds = {kind.name for kind in resources(session.kinds)}
    taken = [draft.address for draft in found.drafts if draft.address.kind in of_kinds]
    fragments = [draft.address for draft in found.drafts if draft.address.kind not in of_kinds]
    if taken:
        made = f", with {', '.join(map(str, fragments))}" if fragments else ""
        where = f"{count(len(found.files), 'file')} below {printable(str(request.folder))}"
        yield f"Imported {count(len(taken), 'resource')} into {where}{made}."
    else:
        yield "Nothing was imported." if found.left_alone else "There is nothing to import."
    yield from _grouped(found)
    yield from _offers(session.kinds, found)
    yield from _to_set(found, request)
    if taken:
        yield _next(session, request)


@click.command(
    "import",
    epilog=examples(
        "reconciler import --all --out manifests",
        "reconciler import Room/lobby --out manifests",
        "reconciler import --matching 'web-*' --preset 'web=web-*' --out manifests",
    ),
)
@click.argument("names", nargs=-1, metavar="[KIND/NAME]...", shell_complete=names_to_import)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Import every resource of the Space that is not managed yet.",
)
@click.option(
    "--matching",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Import resources with a matching name: 'web*', 'Room/*' (may be repeated).",
)
@click.option(
    "--selector", "selectors", multiple=True, hidden=True, help="An earlier name of --matching."
)
@click.option(
    "--out",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="The folder to write manifests to.",
)
@click.option(
    "--per",
    type=click.Choice(["resource", "kind"]),
    default="resource",
    show_default=True,
    help="Write one file for each resource, or one for each kind.",
)
@click.option("--full", is_flag=True, help="Also write fields that have their default value.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME[=PATTERN]",
    help="Write a Preset with the fields that resources share (may be repeated).",
)
@click.option(
    "--theme",
    "themes",
    multiple=True,
    metavar="NAME[=PATTERN]",
    help="Write a Theme for resources with the same colours (may be repeated).",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files of an earlier import that were not edited; for resources given by name, replace any file.",
)
@click.option(
    "--write-env",
    "env_file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the values of secrets to a new FILE that only you can read.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="File or folder with existing manifests (may be repeated).",
)
@options.connection
def command(  # noqa: PLR0913  # one parameter for each flag
    names: tuple[str, ...],
    folder: str,
    env_file: str | None,
    *,
    everything: bool,
    patterns: tuple[str, ...],
    selectors: tuple[str, ...],
    per: str,
    full: bool,
    presets: tuple[str, ...],
    themes: tuple[str, ...],
    overwrite: bool,
    paths: tuple[str, ...],
    **connection: Any,
) -> int:
    """Write manifests for live resources, and manage them. The Space is only read.

    Defaults are left out, secrets become ${env:NAME}, and existing files are kept without --overwrite. Resources that are
    managed or declared already are not imported.
    """
    from reconciler.cli.workspace import open_workspace
    from reconciler.engine.importer.importer import run_import
    from reconciler.engine.importer.selection import Request

    if any("=" in selector for selector in selectors):
        raise UsageError(
            "--selector chooses by label, and live resources have no labels",
            hint="choose by name: --matching 'web*', --matching 'Room/*'",
        )
    patterns += selectors
    if not (names or everything or patterns):
        raise UsageError(
            "no resource is named", hint="name KIND/NAME, or give --matching PATTERN or --all"
        )
    session = open_workspace(**connection)
    request = Request(
        Path(folder),
        names,
        patterns,
        everything=everything,
        full=full,
        per=per,
        presets=presets,
        themes=themes,
        overwrite=overwrite,
        paths=paths,
        env_file=Path(env_file) if env_file else None,
    )
    try:
        found = run_import(session, request)
    except ManifestError:
        console.info(
            "The manifests have errors, so it is unknown what is declared already. Correct them, or name others: --path PATH.\n"
        )
        raise
    console.out_for_people("".join(f"{line}\n" for line in report_text(session, request, found)))
    _warn_of_exposed(request)
    return 0
