"""``reconciler kind``: help with kinds of a project's own."""

from pathlib import Path

import click

from reconciler.atomic_write import why_unwritable
from reconciler.cli import console
from reconciler.cli.completion import files
from reconciler.cli.groups import CommandGroup
from reconciler.cli.help_examples import examples
from reconciler.core.errors import ManifestError, UsageError
from reconciler.core.kind_draft import drafted
from reconciler.core.text import printable
from reconciler.core.value_text import json_text
from reconciler.manifest.document import Source
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.parse.documents import read_documents


def _title(path: str) -> str:
    """``SipEndpoint`` from ``/api/fabric/resources/sip_endpoints``."""
    words = path.rstrip("/").rpartition("/")[2].removesuffix("s").replace("-", "_").split("_")
    return "".join(word.capitalize() for word in words)


def _openapi(file: str) -> dict[str, object]:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(
            f"--from {file}: cannot be read: {error.strerror}",
            hint="check the path and the permissions of the file",
        ) from error
    text, problems = decode(Source(file, content))
    documents, more, _ = read_documents(text) if not problems else ([], [], True)
    if problems or more:
        raise ManifestError([*problems, *more])
    value = documents[0].value if documents else None
    if not isinstance(value, dict) or "paths" not in value:
        raise UsageError(
            f"--from {file}: is not an OpenAPI document: it has no 'paths'",
            hint="name the OpenAPI 3 document of the API, in YAML or JSON",
        )
    return value


@click.group("kind", cls=CommandGroup)
def command() -> None:
    """Help with kinds of your own: schemas that 'kinds' in reconciler.yaml names."""


@command.command(
    "draft",
    epilog=examples(
        "reconciler kind draft --from openapi.yaml --path /api/fabric/resources/sip_endpoints --key username"
    ),
)
@click.option(
    "--from",
    "source",
    required=True,
    metavar="FILE",
    shell_complete=files,
    help="An OpenAPI document.",
)
@click.option("--path", required=True, metavar="COLLECTION", help="The collection: /api/…/things.")
@click.option("--title", metavar="TITLE", help="The kind's name; by default from the path.")
@click.option("--key", default="name", metavar="FIELD", help="The field that is the name.")
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=files,
    help="Write to a new FILE, not to standard output.",
)
def _draft(source: str, path: str, *, title: str | None, key: str, out: str | None) -> int:
    """Write the first draft of a kind from an OpenAPI document, to be read and corrected."""
    try:
        found = drafted(_openapi(source), path, title=title or _title(path), key=key)
    except RecursionError as error:
        raise UsageError(
            f"--from {source}: a schema of {path} refers to itself",
            hint="remove that reference from a copy of the document, and give the copy to --from",
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"--from {source}: does not have the form of OpenAPI 3: {error}",
            hint="check the document with a validator of OpenAPI 3, and correct it",
        ) from error
    text = json_text(found.schema)
    for note in found.notes:
        console.info(f"To check: {printable(note)}")
    if out is None:
        console.out(text)
        return 0
    try:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        with Path(out).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"--out {out}: the file exists", hint="name another file, or remove this one"
        ) from error
    except OSError as error:
        why, fix = why_unwritable(error)
        shown = printable(out)
        raise UsageError(f"--out {shown}: cannot be written: {why}", hint=fix) from error
    console.info(f"Wrote {out}: read it, and name it under 'kinds' in reconciler.yaml.")
    return 0
