"""Where the record is kept: from the words after ``state:`` to the store."""

import importlib
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.access import DIRECTLY, Access
from reconciler.core.errors import UsageError
from reconciler.core.text import did_you_mean, printable
from reconciler.state.disk import GROUP_DISK, SYSTEM_DISK
from reconciler.state.git import GitShelf
from reconciler.state.local import LocalState
from reconciler.state.shared import SharedState
from reconciler.state.shelf import Shelf
from reconciler.state.store import StateStore

Reach = Callable[[], Access]

OBJECTS = ("s3", "gs", "az")
POSTGRES = ("postgresql", "postgres")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_FILLED = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_PLACES = "a file, git, git:REMOTE, s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH or postgresql://HOST/DATABASE"


def _filled(written: str, environ: Mapping[str, str]) -> str:
    """``written`` with every ``${env:NAME}`` filled in."""
    missing = [name for name in _FILLED.findall(written) if not environ.get(name)]
    if missing:
        raise UsageError(f"state: {missing[0]} is not set", hint=f"set {missing[0]} in the environment")
    return _FILLED.sub(lambda match: environ[match[1]], written)


def _check_secrets(written: str, scheme: str) -> None:
    """UsageError where a password stands in the project file in clear, or where it would stand among the words that git is run with."""
    try:
        address = urlsplit(written.removeprefix("git:"))
        user, password = address.username, address.password
    except ValueError:
        return
    if scheme == "git" and address.scheme in ("http", "https") and (user or password):
        raise UsageError("state: user and password stand in the remote's URL", hint="leave them out: git has its own ways to credentials")
    named = re.search(r"[?&](?:password|sslpassword)=([^&]*)", written)
    if any(word and not _FILLED.fullmatch(word) for word in (password, named[1] if named else None)):
        raise UsageError(
            "state: a password stands in it in clear", hint="leave it to PGPASSWORD or a password file, or write ${env:NAME} in its place"
        )


def _extra(module: str, extra: str, scheme: str) -> Any:
    """A module that needs packages which are not installed with the rest."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"state: {scheme}://… needs packages that are not installed", hint=f"pip install 'signalwire-reconciler[{extra}]'"
        ) from error


def _remote(text: str) -> str:
    """The remote after ``git:``. UsageError where git would take it for something else."""
    remote = text.partition(":")[2]
    if remote.startswith("-") or "::" in remote or printable(remote) != remote:
        raise UsageError(
            f"state: {printable(remote)[:60]!r} is not a remote", hint="write git, or git:REMOTE with the name or URL of a remote"
        )
    return remote


def _shelf(text: str, scheme: str, *, folder: Path, environment: str, reach: Reach) -> Shelf:
    shelf: Shelf
    if scheme == "git":
        return GitShelf(folder, remote=_remote(text), name=environment)
    address = urlsplit(text)
    if scheme in OBJECTS:
        if not address.netloc or address.query or address.fragment:
            raise UsageError(
                f"state: {printable(text.partition('?')[0])[:80]!r} does not name a place", hint=f"write {scheme}://… without ? and #"
            )
        shelf = _extra("reconciler.state.objects", "objects", scheme).ObjectShelf(text, name=environment, access=reach())
        return shelf
    shelf = _extra("reconciler.state.postgres", "postgres", scheme).PostgresShelf(text, name=environment)
    return shelf


def _scheme(written: str) -> str:
    """``git``, the scheme of a URL, or '' for a path."""
    if written == "git":
        return "git"
    found = _SCHEME.match(written)
    if found is None or (found[1] != "git" and not written.startswith(f"{found[1]}://")):
        return ""
    scheme = found[1].lower()
    known = ("git", *OBJECTS, *POSTGRES)
    if scheme not in known:
        raise UsageError(f"state: {scheme}:// is not a place for it{did_you_mean(scheme, known)}", hint=f"it can be {_PLACES}")
    return scheme


def is_shared(written: str) -> bool:
    """Whether what is written after ``state:`` is a place that machines share. UsageError where it is no place at all."""
    return bool(_scheme(written))


def store_at(  # noqa: PLR0913  # where, whose, and who is told
    written: str,
    *,
    file: Path,
    folder: Path,
    environment: str,
    space: str,
    project: str,
    kinds: Collection[str] | None = None,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    reach: Reach = lambda: DIRECTLY,
    owner: str = "",
    owners: Collection[str] = (),
    mode: str = "",
) -> StateStore:
    """The store that is meant by ``written``: a shared place, else the local ``file``.

    ``folder`` is that of the project, ``environment`` what the record is called there; ``${env:NAME}`` is filled in from
    ``environ``; a record of other ``kinds`` is refused. ``tell`` takes a sentence where something is waited for. ``reach`` says how
    an object store is reached. ``owner`` is the environment that the run is for, of all ``owners``. ``mode`` says who may read and
    write a local record: 'group' its owner's group as well. UsageError or StateError where
    it is no place.
    """
    scheme = _scheme(written)
    if not scheme:
        disk = GROUP_DISK if mode == "group" else SYSTEM_DISK
        return LocalState(
            file,
            space=space,
            project=project,
            kinds=kinds,
            disk=disk,
            environment=owner,
            environments=owners,
        )
    _check_secrets(written, scheme)
    shelf = _shelf(_filled(written, environ), scheme, folder=folder, environment=environment, reach=reach)
    return SharedState(shelf, space=space, project=project, kinds=kinds, tell=tell)
