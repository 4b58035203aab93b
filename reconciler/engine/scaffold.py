"""Files of a new repository, kept as templates beside this module."""

from collections.abc import Mapping
from pathlib import Path

from reconciler import __version__
from reconciler.atomic_write import why_unwritable
from reconciler.core.errors import UsageError
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.engine import editor_files
from reconciler.manifest.discovery import PROJECT_FILE
from reconciler.manifest.formatting.emitter import modeline

MANIFESTS = "manifests"

_WORKFLOW = ".github/workflows/video-rooms.yml"
_STATE_ALONE = """\
    # The state is a file under .reconciler/. For CI and for a team, keep it on the repository's own remote:
    # state: git"""
_STATE_SHARED = """\
    # The state is kept in a ref of the repository's own remote, where CI and colleagues can read it.
    state: git"""
_READS_REMOTE = """\
      # The plan reads the record of what was applied from a ref of this repository, for which the checkout keeps its credentials."""
_READS_ALONE = """\
      # The plan reads the record of what was applied. Where it is out of reach, what exists already shows as 'adopt'. With 'state: git'
      # in a private repository, the checkout above needs persist-credentials: true."""
_PINNED = regex(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
_TEMPLATES = Path(__file__).parent / "scaffold"
_FILES = {
    PROJECT_FILE: "project.yaml",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit.yaml",
    _WORKFLOW: "workflow.yml",
}


def _text(template: Path, words: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    return text


def project_files(*, space: str, action: str = "", remote: bool = False) -> dict[str, str]:
    """Return the files around the manifests by path; ``space`` is the production Space.

    With a git ``remote`` the state is kept there, so that the first plan in CI finds it.
    ``action`` (``OWNER/REPOSITORY@COMMIT``) is the GitHub action of the workflow; without it the
    workflow installs the tool. With it the state is shared, as the workflow's disk is lost.
    UsageError unless it is pinned.
    """
    if action and not _PINNED.fullmatch(action):
        raise UsageError(
            f"--action {printable(action)}: write it as OWNER/REPOSITORY@COMMIT",
            hint="a commit has 40 digits; a tag can be moved",
        )
    words = {
        "space": space,
        "version": __version__,
        "action": action,
        "state": _STATE_SHARED if action or remote else _STATE_ALONE,
    }
    words["persist"] = "true" if remote else "false"
    words["reads"] = _READS_REMOTE if remote else _READS_ALONE
    files = _FILES | ({_WORKFLOW: "workflow-action.yml"} if action else {})
    made = {path: _text(_TEMPLATES / template, words) for path, template in files.items()}
    schema = f"{editor_files.FOLDER}/{editor_files.file_name(editor_files.PROJECT)}"
    made[PROJECT_FILE] = modeline(schema) + made[PROJECT_FILE]
    return made | _files_for_editors()


def _files_for_editors() -> dict[str, str]:
    """Return schemas and the settings that name them, by path."""
    schemas = editor_files.documents()
    return {
        **{
            f"{editor_files.FOLDER}/{editor_files.file_name(name)}": editor_files.text_of(
                schemas[name]
            )
            for name in (editor_files.COMBINED, editor_files.PROJECT)
        },
        editor_files.SETTINGS.as_posix(): editor_files.settings_text(
            editor_files.FOLDER, (MANIFESTS,)
        ),
    }


def first_manifests() -> dict[str, str]:
    """Return example manifests by path."""
    templates = sorted((_TEMPLATES / MANIFESTS).rglob("*.yaml"))
    schema = f"../../{editor_files.FOLDER}/{editor_files.file_name(editor_files.COMBINED)}"
    return {
        template.relative_to(_TEMPLATES).as_posix(): modeline(schema) + _text(template, {})
        for template in templates
    }


def write_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Write the files that do not exist, and return their paths. UsageError on failure."""
    written = []
    for path, text in files.items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError as error:
            if not target.is_file():
                raise UsageError(
                    f"{printable(str(target))}: cannot be created: there is a file or link of this name",
                    hint="move it to another place, or start in another folder: reconciler init DIR",
                ) from error
            continue
        except OSError as error:
            why, fix = why_unwritable(error)
            shown = printable(str(target))
            raise UsageError(f"{shown}: cannot be written: {why}", hint=fix) from error
        written.append(path)
    return written
