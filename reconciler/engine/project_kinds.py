"""Kinds of a project's own: schema files that reconciler.yaml names, inside its folder."""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from reconciler import catalog
from reconciler.core.errors import ManifestError, ReconcilerError
from reconciler.core.kinds import Kinds, Schema, kind_from, kinds_from
from reconciler.core.regex import regex
from reconciler.manifest.discovery import find_project

_FIX = "correct this schema, or remove it from 'kinds' in reconciler.yaml"
_PATH = regex(r"(?:/(?:[A-Za-z0-9_-]+|\{id\}|\{name\}))+")
_BASE = regex(r"/api(?:/[A-Za-z0-9_-]+)+")


def kind_files(root: Path, paths: tuple[str, ...]) -> list[Path]:
    """The schema files at ``paths``. ReconcilerError for one outside of ``root``, or missing."""
    inside = root.resolve()
    found: list[Path] = []
    for text in paths:
        path = root / text
        listed = sorted(path.glob(f"*{catalog.SUFFIX}")) if path.is_dir() else [path]
        for file in listed:
            if not file.resolve().is_relative_to(inside):
                raise ReconcilerError(
                    f"kinds: {text} leads out of the folder of reconciler.yaml",
                    hint="copy the schema into the project, and name it there",
                )
            if not file.is_file() or not file.name.endswith(catalog.SUFFIX):
                raise ReconcilerError(
                    f"kinds: {text} is not a file NAME{catalog.SUFFIX}",
                    hint="correct the path in reconciler.yaml",
                )
        if not listed:
            raise ReconcilerError(
                f"kinds: the folder {text} has no file NAME{catalog.SUFFIX}",
                hint="correct the path in reconciler.yaml; 'reconciler kind draft' writes a first schema",
            )
        found += [file for file in listed if file not in found]
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ReconcilerError(
            f"{file}: cannot be read: {error.strerror or error}", hint="check its permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        from reconciler.core.json_errors import json_fault  # noqa: PLC0415  # only for errors

        raise ReconcilerError(json_fault(file, error), hint=_FIX) from error
    if not isinstance(document, dict):
        raise ReconcilerError(f"{file}: is not a JSON object", hint=_FIX)
    return document


def _check(file: Path, document: Schema, known: Kinds) -> None:
    """ReconcilerError unless the file describes one new resource of an API of the Space."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415  # only for own kinds

    try:
        Draft202012Validator.check_schema(document)
        kind = kind_from(document)
    except SchemaError as error:
        raise ReconcilerError(
            f"{file}: is not a JSON Schema: {error.message}", hint=_FIX
        ) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReconcilerError(
            f"{file}: its x-reconciler block cannot be read: {error}",
            hint="correct it by docs/kinds.md; 'reconciler kind draft' writes one to compare it with",
        ) from error
    block = document["x-reconciler"]
    wrong = ""
    if kind.name in known:
        wrong = f"there is a kind {kind.name} already"
    elif kind.type != "resource" or not kind.key:
        wrong = "its x-reconciler block needs 'type': 'resource' and a 'key', the field that holds the name"
    elif _BASE.fullmatch(block.get("base", "/api/video")) is None:
        wrong = f"base: {block['base']!r} is not the base of an API, such as /api/video"
    for word in ("collection", "item", "lookup", "delete"):
        path = block.get(word)
        if not wrong and path is not None and _PATH.fullmatch(path) is None:
            wrong = f"{word}: {path!r} is not a path such as /name/{{id}}"
    if not wrong and "{id}" not in kind.item:
        wrong = "item: the path must contain {id}"
    if wrong:
        raise ReconcilerError(f"{file}: {wrong}", hint=_FIX)
    from reconciler.engine.kind_names import check_names  # noqa: PLC0415  # for kinds of a project

    check_names(file, document)


def kind_documents(root: Path, paths: tuple[str, ...]) -> dict[Path, dict[str, Any]]:
    """The documents at ``paths``, by file, unchecked. ReconcilerError for a file that is no JSON."""
    return {file: _read(file) for file in kind_files(root, paths)}


def _checked(files: Iterable[Path]) -> dict[str, Schema]:
    """The schemas in ``files``, by file name. ReconcilerError says what is wrong with one."""
    known = dict(catalog.kinds())
    found: dict[str, Schema] = {}
    for file in files:
        document = _read(file)
        _check(file, document, known)
        known[document["title"]] = kind_from(document)
        name = f"own/{file.name}"
        if name in found:
            raise ReconcilerError(
                f"{file}: another kind has a file of this name",
                hint="give each file of a kind a name of its own",
            )
        found[name] = document
    return found


def own_kinds(root: Path, paths: tuple[str, ...]) -> dict[str, Schema]:
    """The schemas at ``paths``, by file name. ReconcilerError says what is wrong with one."""
    return _checked(kind_files(root, paths)) if paths else {}


def kinds_at(paths: Iterable[str | os.PathLike[str]]) -> Kinds:
    """The kinds of the tool, and those in the schema files and folders at ``paths``."""
    files: list[Path] = []
    for one in paths:
        path = Path(one).absolute()
        folder, name = (path, ".") if path.is_dir() else (path.parent, path.name)
        files += [file for file in kind_files(folder, (name,)) if file not in files]
    return kinds_from(catalog.documents(own=_checked(files)))


def documents_here() -> Mapping[str, Schema]:
    """All schemas for the working folder: the shipped ones, and those of its project if readable."""
    file = find_project(Path.cwd())
    own: dict[str, Schema] = {}
    if file is not None:
        from reconciler.manifest.project import load_project  # noqa: PLC0415  # where there is a project file

        with suppress(ManifestError):  # said by the commands that need the project
            project = load_project(file, schema=catalog.documents()["project.schema.json"])
            own = own_kinds(file.parent, project.kinds)
    return catalog.documents(own=own)


def kinds_here() -> Kinds:
    """All kinds for the working folder."""
    return kinds_from(documents_here())
