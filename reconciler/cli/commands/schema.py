"""``reconciler schema``: the schemas of the kinds, for editors and other tools."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from reconciler.cli import console
from reconciler.core.combined_schema import combined_schema
from reconciler.core.errors import UsageError
from reconciler.core.text import count, did_you_mean
from reconciler.engine.project_kinds import documents_here

SUFFIX = ".schema.json"
COMBINED = "manifest"


def _documents() -> dict[str, Mapping[str, Any]]:
    """Every schema by its name, and the one of all manifests together."""
    own = {
        name.removesuffix(SUFFIX).removeprefix("own/"): document
        for name, document in documents_here().items()
    }
    own.pop(COMBINED, None)
    return dict(sorted({**own, COMBINED: combined_schema(own.values())}.items()))


def _write(folder: Path, documents: Mapping[str, object]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in documents.items():
            (folder / f"{name}{SUFFIX}").write_text(
                json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
    except OSError as error:
        raise UsageError(f"--write {folder}: {error.strerror}") from error


def _instructions(folder: str, number: int) -> Iterator[str]:
    """How to tell an editor about schemas in ``folder``."""
    every, project = (f"{folder.rstrip('/')}/{name}{SUFFIX}" for name in (COMBINED, "project"))
    yield f"Wrote {count(number, 'schema')} to {folder}. First line of a manifest, for the editor:"
    yield f"# yaml-language-server: $schema={every}"
    yield ""
    yield "The path there starts at the manifest's own folder. Or once for all manifests:"
    yield "VS Code: with the extension redhat.vscode-yaml, in .vscode/settings.json"
    yield '  "yaml.schemas": {'
    yield f'    "{every}": ["manifests/**/*.yaml", "manifests/**/*.yml"],'
    yield f'    "{project}": "reconciler.yaml"'
    yield "  }"
    yield "JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema Mappings: add"
    yield f"  {every} (JSON Schema version 2020-12, or the newest there is) for the directory manifests"
    yield f"  {project} for the file reconciler.yaml"


@click.command("schema")
@click.argument("kind", required=False)
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write every schema into DIR.",
)
def command(kind: str | None, folder: str | None) -> int:
    """Print the JSON Schema of a KIND (or 'manifest' for all kinds in one, 'plan', 'project'), or write all of them for an editor.

    \b
    reconciler schema Room
    reconciler schema --write .schemas
    # yaml-language-server: $schema=.schemas/manifest.schema.json
    """
    documents = _documents()
    if folder:
        _write(Path(folder), documents)
        for line in _instructions(folder, len(documents)):
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
    console.out(json.dumps(documents[kind.lower()], indent=2, ensure_ascii=False) + "\n")
    return 0
