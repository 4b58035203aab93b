"""``reconciler schema``: the schemas of the kinds, for editors and other tools."""

import json
from pathlib import Path

import click

from reconciler import catalog
from reconciler.cli import console
from reconciler.core.errors import UsageError
from reconciler.core.text import count, did_you_mean

SUFFIX = ".schema.json"


@click.command("schema")
@click.argument("kind", required=False)
@click.option("--write", "folder", metavar="DIR", type=click.Path(file_okay=False), help="Write every schema into DIR.")
def command(kind: str | None, folder: str | None) -> int:
    """Print the JSON Schema of a KIND (or of 'plan' or 'project'), or write all of them for an editor.

    \b
    reconciler schema Room
    reconciler schema --write .schemas
    # yaml-language-server: $schema=.schemas/room.schema.json
    """
    documents = {name.removesuffix(SUFFIX): document for name, document in catalog.documents().items()}
    if folder:
        _write(Path(folder), {f"{name}{SUFFIX}": document for name, document in documents.items()})
        console.tell(f"Wrote {count(len(documents), 'schema')} to {folder}. First line of a manifest, for the editor:")
        console.tell(f"# yaml-language-server: $schema={folder}/room{SUFFIX}")
        return 0
    if kind is None:
        console.out("".join(f"{name}\n" for name in documents))
        return 0
    if kind.lower() not in documents:
        raise UsageError(f"no schema of {kind!r}{did_you_mean(kind.lower(), documents)}", hint=f"there are {', '.join(documents)}")
    console.out(json.dumps(documents[kind.lower()], indent=2, ensure_ascii=False) + "\n")
    return 0


def _write(folder: Path, documents: dict[str, object]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in documents.items():
            (folder / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--write {folder}: {error.strerror}") from error
