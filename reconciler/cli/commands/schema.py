"""``reconciler schema``: the schemas of the kinds, for editors and other tools."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from reconciler import catalog
from reconciler.atomic_write import why_unwritable
from reconciler.cli import console
from reconciler.cli.completion import schema_names
from reconciler.cli.help_examples import examples
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.text import count, did_you_mean, harmless_json, printable
from reconciler.engine import editor_files
from reconciler.engine.project_kinds import kinds_here
from reconciler.kubernetes.admission import policies
from reconciler.kubernetes.definitions import declarable, definition_of, definitions, operator_needs
from reconciler.manifest.formatting.emitter import manifest_text, modeline


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        why, fix = why_unwritable(error)
        shown = printable(str(path))
        raise UsageError(f"{shown}: cannot be written: {why}", hint=fix) from error


def _write(folder: Path, documents: Mapping[str, Mapping[str, Any]]) -> int:
    """Write the schemas; the number of those written. One that the tool reads itself is kept."""
    paths = {name: folder / editor_files.file_name(name) for name in documents}
    kept = {name for name, path in paths.items() if editor_files.is_source(path)}
    for name in documents.keys() - kept:
        _write_file(paths[name], editor_files.text_of(documents[name]))
    return len(documents) - len(kept)


def _place() -> tuple[Path, tuple[str, ...]]:
    """The folder that an editor opens, and its manifests: the project's, else the working folder."""
    try:
        session = open_workspace()
    except ReconcilerError:  # a faulty project file is no matter of schemas
        return Path.cwd(), ()
    return session.root, session.project.manifests if session.project else ()


def _settle(root: Path, folder: str, manifests: Sequence[str]) -> str:
    """Write VS Code's settings if there are none and ``folder`` is in ``root``; says what they lack."""
    path = root / editor_files.SETTINGS
    shown = printable(os.path.relpath(path))
    if Path(folder).is_absolute():  # settings that are shared name no path of one machine
        return "in .vscode/settings.json"
    if not os.path.lexists(path):
        _write_file(path, editor_files.settings_text(folder, manifests))
        return f"wrote {shown}"
    try:
        known = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        known = ""
    if editor_files.says_mapping(known, editor_files.mapping(folder)):
        return f"{shown} has it already"
    return f"{shown} was left as it is; add to it"


def _settings_lines(root: Path, folder: str, manifests: Sequence[str]) -> Iterator[str]:
    relative = Path(os.path.relpath(folder, root))
    inside = (Path(folder).resolve() if ".." in relative.parts else relative).as_posix()
    what = _settle(root, inside, manifests)
    yield f"VS Code: with the extension redhat.vscode-yaml, {what}"
    yield from editor_files.mapping_lines(inside, manifests)


def _instructions(folder: str, number: int) -> Iterator[str]:
    """How to name the schemas in ``folder`` to an editor."""
    combined, project = (
        f"{folder.rstrip('/')}/{editor_files.file_name(name)}"
        for name in (editor_files.COMBINED, editor_files.PROJECT)
    )
    root, manifests = _place()
    yield f"Wrote {count(number, 'schema')} to {folder}. First line of a manifest, for the editor:"
    yield modeline(combined).rstrip()
    yield ""
    yield "It holds for one document: repeat it after each '---'. The path starts at the manifest's own folder."
    yield "Or once for all manifests, and for each document in them:"
    yield from _settings_lines(root, folder, manifests)
    yield "JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema Mappings: add"
    yield f"  {combined} (JSON Schema version 2020-12, or the newest there is) for the directory manifests"
    yield f"  {project} for the file reconciler.yaml"


def _cluster_objects(kind: str | None) -> list[Mapping[str, Any]]:
    """The definition of one kind; or of all, with the Space and the admission policies."""
    kinds = kinds_here()
    own = sorted(kinds.keys() - catalog.kinds().keys())
    if own:
        console.info(operator_needs(own))
    if kind is None:
        return [*definitions(kinds), *policies(kinds)]
    named = {one.name.lower(): one for one in declarable(kinds)}
    if kind.lower() not in named:
        raise UsageError(
            f"no kind {kind!r} is a resource of a cluster{did_you_mean(kind.lower(), named)}",
            hint=f"there are {', '.join(one.name for one in named.values())}",
        )
    return [definition_of(named[kind.lower()], kinds)]


def _write_cluster_objects(folder: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    """One file for each name: a policy is with its binding."""
    texts: dict[str, list[Mapping[str, Any]]] = {}
    for one in objects:
        texts.setdefault(one["metadata"]["name"], []).append(one)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, parts in texts.items():
            (folder / f"{name}.yaml").write_text(manifest_text(*parts), encoding="utf-8")
    except OSError as error:
        why, fix = why_unwritable(error)
        shown = printable(str(folder))
        raise UsageError(f"--write {shown}: cannot be written: {why}", hint=fix) from error
    console.info(
        f"Wrote {count(len(texts), 'file')} to {folder}. To install: kubectl apply -f {folder}"
    )


@click.command(
    "schema",
    epilog=examples(
        "reconciler schema Room",
        "reconciler schema --write .schemas",
        "reconciler schema --format crd | kubectl apply -f -",
    ),
)
@click.argument("kind", required=False, shell_complete=schema_names)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "crd"]),
    default="json",
    help="json: JSON Schemas. crd: CustomResourceDefinitions of Kubernetes, with their admission policies.",
)
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write every schema into DIR, and settings of VS Code if there are none.",
)
def command(kind: str | None, form: str, folder: str | None) -> int:
    """Print the JSON Schema of a KIND (or 'manifest' for all kinds in one, 'plan', 'project'), or write all of them for an editor.

    With --format crd, print what makes the kinds resources of a Kubernetes cluster.

    A manifest names its schema in its first line: # yaml-language-server: $schema=.schemas/manifest.schema.json
    """
    if form == "crd":
        objects = _cluster_objects(kind)
        if folder:
            _write_cluster_objects(Path(folder), objects)
        else:
            console.out(manifest_text(*objects))
        return 0
    documents = editor_files.documents()
    if folder:
        number = _write(Path(folder), documents)
        for line in _instructions(folder, number):
            console.info(line)
        return 0
    if kind is None:
        console.out("".join(f"{name}\n" for name in documents))
        return 0
    by_title = {document.get("title", ""): name for name, document in documents.items()}
    kind = by_title.get(kind, kind)
    if kind.lower() not in documents:
        raise UsageError(
            f"no schema of {kind!r}{did_you_mean(kind.lower(), documents)}",
            hint=f"there are {', '.join(documents)}",
        )
    console.out(harmless_json(editor_files.text_of(documents[kind.lower()])))
    return 0
