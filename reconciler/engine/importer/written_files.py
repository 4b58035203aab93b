"""Which files an import wrote, so that a later one may write over them: what anybody wrote or changed since is not among them."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FILE = "imported.json"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The digest of each file as an import left it, by its path from the ``root`` of the project; kept in ``file``."""

    file: Path
    root: Path
    digests: Mapping[str, str]

    def _key(self, path: Path) -> str:
        return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(self.root))).as_posix()

    def wrote(self, path: Path) -> bool:
        """Whether ``path`` is as an import left it."""
        left = self.digests.get(self._key(path))
        try:
            return left is not None and left == _digest(path.read_bytes())
        except OSError:
            return False

    def with_files(self, texts: Mapping[Path, str]) -> str:
        """The text of the memory once ``texts`` are written as well; files that are gone are forgotten."""
        there = {key: digest for key, digest in self.digests.items() if (self.root / key).exists()}
        after = there | {self._key(path): _digest(text.encode()) for path, text in texts.items()}
        return json.dumps({"files": after}, indent=1, sort_keys=True) + "\n"


def written_files_in(folder: Path, *, root: Path) -> WrittenFiles:
    """What is kept in ``folder``. Where it is absent or damaged nothing is known, and so nothing is written over unasked."""
    file = folder / _FILE
    try:
        found = json.loads(file.read_bytes())["files"]
        digests = {str(key): str(digest) for key, digest in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        digests = {}
    return WrittenFiles(file, root, digests)
