"""What editors need beside manifests: schemas, the line that names one, and VS Code's settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import catalog
from reconciler.core.combined_schema import combined_schema
from reconciler.core.editor_schema import editor_schemas
from reconciler.engine.project_kinds import documents_here
from reconciler.manifest.formatting.emitter import modeline

if TYPE_CHECKING:
    from reconciler.engine.workspace import Workspace

FOLDER = ".schemas"
COMBINED = "manifest"
PROJECT = "project"
SETTINGS = Path(".vscode", "settings.json")
_KEY = "yaml.schemas"
_MANIFESTS = ("manifests",)
_YAML = (".yaml", ".yml")


def file_name(schema: str) -> str:
    """The file of a schema."""
    return f"{schema}{catalog.SUFFIX}"


def documents() -> dict[str, Mapping[str, Any]]:
    """Every schema for editors by its name, and the one of all manifests together."""
    own = {
        name.removesuffix(catalog.SUFFIX).removeprefix("own/"): document
        for name, document in documents_here().items()
    }
    own.pop(COMBINED, None)
    made = editor_schemas(own)
    return dict(sorted({**made, COMBINED: combined_schema(made.values())}.items()))


def text_of(document: Mapping[str, Any]) -> str:
    """A schema as it is printed and written."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def is_source(path: Path) -> bool:
    """Whether ``path`` is a schema that the tool itself reads and editors' schemas come from."""
    if not path.is_file() or path.parent.resolve() != catalog.schema_dir().resolve():
        return False
    return catalog.is_own(path)


def _patterns(path: str) -> list[str]:
    """The files below a path of manifests, as VS Code writes it."""
    plain = path.removeprefix("./").rstrip("/")
    if plain.endswith(_YAML):
        return [plain]
    base = "" if plain in ("", ".") else f"{plain}/"
    return [f"{base}**/*{suffix}" for suffix in _YAML]


def mapping(folder: str, manifests: Sequence[str] = ()) -> dict[str, Any]:
    """``yaml.schemas``: each schema in ``folder``, and the files that it is for."""
    where = folder.rstrip("/")
    files = [pattern for path in manifests or _MANIFESTS for pattern in _patterns(path)]
    return {
        f"{where}/{file_name(COMBINED)}": files,
        f"{where}/{file_name(PROJECT)}": "reconciler.yaml",
    }


def mapping_lines(folder: str, manifests: Sequence[str] = ()) -> Iterator[str]:
    """The lines of VS Code's settings that say ``mapping``."""
    entries = [
        f"    {json.dumps(schema)}: {json.dumps(files)}"
        for schema, files in mapping(folder, manifests).items()
    ]
    yield f'  "{_KEY}": {{'
    yield from ",\n".join(entries).split("\n")
    yield "  }"


def settings_text(folder: str, manifests: Sequence[str] = ()) -> str:
    """VS Code's settings of a repository whose schemas are in ``folder``."""
    lines = "\n".join(mapping_lines(folder, manifests))
    return f"{{\n{lines}\n}}\n"


def says_mapping(text: str, wanted: Mapping[str, Any]) -> bool:
    """Whether settings with ``text`` name each schema of ``wanted``, for any files."""
    try:
        found = json.loads(text)[_KEY]
        return isinstance(found, dict) and found.keys() >= wanted.keys()
    except (ValueError, KeyError, TypeError, RecursionError):
        return False  # comments are allowed there: what is in it is not known


def schema_line(target: Path, root: Path) -> str:
    """The first line of a document in ``target``: names the schema under ``root``, if there is one."""
    schema = root / FOLDER / file_name(COMBINED)
    if target.suffix not in _YAML or not schema.is_file():
        return ""
    return modeline(Path(os.path.relpath(schema, target.parent)).as_posix())


def _unknown_to_editors(root: Path, names: Iterable[str]) -> list[str]:
    """Return the kinds that the schema under ``root`` lacks: it was written before they were added.

    Empty if there is no such schema, or none that this tool wrote.
    """
    try:
        text = (root / FOLDER / file_name(COMBINED)).read_text(encoding="utf-8")
        known = json.loads(text)["$defs"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [name for name in names if isinstance(known, dict) and name not in known]


def note_old_schema(workspace: Workspace, names: Iterable[str]) -> None:
    """Report once that the schema that new manifests name lacks some of the kinds ``names``."""
    missing = _unknown_to_editors(workspace.root, sorted({*names}))
    if missing:
        workspace.note_once(
            f"{FOLDER}/{file_name(COMBINED)} lacks {', '.join(missing)}, so editors reject such"
            f" manifests. To renew it: reconciler schema --write {FOLDER}"
        )
