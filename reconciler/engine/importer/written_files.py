"""Files written by an import and not edited since, which a later import may overwrite."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.core.deferred_dataclass import dataclass

_FILE = "imported.json"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """Digests of imported files, by path relative to ``root``; stored in ``file``."""

    file: Path
    root: Path
    digests: Mapping[str, str]

    def _key(self, path: Path) -> str:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(self.root))).as_posix()

    def wrote(self, path: Path) -> bool:
        """Whether ``path`` is as an import wrote it."""
        left = self.digests.get(self._key(path))
        try:
            return left is not None and left == _digest(path.read_bytes())
        except OSError:
            return False

    def with_files(self, texts: Mapping[Path, str]) -> str:
        """Serialise with ``texts`` added; missing files are dropped."""
        there = {key: digest for key, digest in self.digests.items() if (self.root / key).exists()}
        after = there | {self._key(path): _digest(text.encode()) for path, text in texts.items()}
        return json.dumps({"files": after}, indent=1, sort_keys=True) + "\n"


def written_files_in(folder: Path, *, root: Path) -> WrittenFiles:
    """Load the digests in ``folder``. If missing or damaged, nothing may be overwritten."""
    file = folder / _FILE
    try:
        found = json.loads(file.read_bytes())["files"]
        digests = {str(key): str(digest) for key, digest in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        digests = {}
    return WrittenFiles(file, root, digests)
