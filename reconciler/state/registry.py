"""Opens the state store that ``state:`` in the project file names."""

import importlib
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.errors import UsageError
from reconciler.core.network_access import DIRECTLY, Access
from reconciler.core.text import did_you_mean, printable
from reconciler.state.backends.base import Backend
from reconciler.state.backends.git import GitBackend
from reconciler.state.backends.local import LocalState
from reconciler.state.remote import SharedState
from reconciler.state.store import StateStore

Reach = Callable[[], Access]

OBJECTS = ("s3", "gs", "az")
POSTGRES = ("postgresql", "postgres")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_FILLED = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_PLACES = "a file, git, git:REMOTE, s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH or postgresql://HOST/DATABASE"


def _expand_env(location: str, environ: Mapping[str, str]) -> str:
    """``location`` with every ``${env:NAME}`` filled in."""
    missing = [name for name in _FILLED.findall(location) if not environ.get(name)]
    if missing:
        raise UsageError(
            f"state: {missing[0]} is not set", hint=f"set {missing[0]} in the environment"
        )
    return _FILLED.sub(lambda match: environ[match[1]], location)


def _check_secrets(location: str, scheme: str) -> None:
    """UsageError for a password in clear, or one that would be passed to git as an argument."""
    try:
        address = urlsplit(location.removeprefix("git:"))
        user, password = address.username, address.password
    except ValueError:
        return
    if scheme == "git" and address.scheme in ("http", "https") and (user or password):
        raise UsageError(
            "state: user and password stand in the remote's URL",
            hint="leave them out: git has its own ways to credentials",
        )
    named = re.search(r"[?&](?:password|sslpassword)=([^&]*)", location)
    if any(
        word and not _FILLED.fullmatch(word) for word in (password, named[1] if named else None)
    ):
        raise UsageError(
            "state: a password stands in it in clear",
            hint="leave it to PGPASSWORD or a password file, or write ${env:NAME} in its place",
        )


def _import_extra(module: str, extra: str, scheme: str) -> Any:
    """Import a module of an optional extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"state: {scheme}://… needs packages that are not installed",
            hint=f"pip install 'signalwire-reconciler[{extra}]'",
        ) from error


def _remote_name(text: str) -> str:
    """The git remote after ``git:``. UsageError if git would read it as an option or a path."""
    remote = text.partition(":")[2]
    if remote.startswith("-") or "::" in remote or printable(remote) != remote:
        raise UsageError(
            f"state: {printable(remote)[:60]!r} is not a remote",
            hint="write git, or git:REMOTE with the name or URL of a remote",
        )
    return remote


def _backend(text: str, scheme: str, *, folder: Path, environment: str, reach: Reach) -> Backend:
    backend: Backend
    if scheme == "git":
        return GitBackend(folder, remote=_remote_name(text), name=environment)
    address = urlsplit(text)
    if scheme in OBJECTS:
        if not address.netloc or address.query or address.fragment:
            raise UsageError(
                f"state: {printable(text.partition('?')[0])[:80]!r} does not name a place",
                hint=f"write {scheme}://… without ? and #",
            )
        backend = _import_extra(
            "reconciler.state.backends.object_store", "objects", scheme
        ).ObjectBackend(text, name=environment, access=reach())
        return backend
    backend = _import_extra(
        "reconciler.state.backends.postgres", "postgres", scheme
    ).PostgresBackend(text, name=environment)
    return backend


def _scheme(location: str) -> str:
    """``git``, the scheme of a URL, or '' for a path."""
    if location == "git":
        return "git"
    found = _SCHEME.match(location)
    if found is None or (found[1] != "git" and not location.startswith(f"{found[1]}://")):
        return ""
    scheme = found[1].lower()
    known = ("git", *OBJECTS, *POSTGRES)
    if scheme not in known:
        raise UsageError(
            f"state: {scheme}:// is not a place for it{did_you_mean(scheme, known)}",
            hint=f"it can be {_PLACES}",
        )
    return scheme


def is_shared(location: str) -> bool:
    """Whether the location after ``state:`` is shared between machines. UsageError if invalid."""
    return bool(_scheme(location))


def store_at(  # noqa: PLR0913  # each is a setting of its own
    location: str,
    *,
    file: Path,
    folder: Path,
    environment: str,
    space: str,
    project: str,
    kinds: Collection[str] | None = None,
    environ: Mapping[str, str],
    notify: Callable[[str], None],
    reach: Reach = lambda: DIRECTLY,
    owner: str = "",
    owners: Collection[str] = (),
) -> StateStore:
    """Open the store named by ``location``; an empty one means the local ``file``.

    ``folder`` is the project's, ``environment`` names the record there, and ``environ`` fills in
    ``${env:NAME}``. A record with other ``kinds`` is refused. ``notify`` receives a sentence before a
    wait. ``reach`` says how to connect to an object store. ``owner`` is this run's environment, one
    of ``owners``. UsageError or StateError if the location is invalid.
    """
    scheme = _scheme(location)
    if not scheme:
        return LocalState(
            file, space=space, project=project, kinds=kinds, environment=owner, environments=owners
        )
    _check_secrets(location, scheme)
    backend = _backend(
        _expand_env(location, environ), scheme, folder=folder, environment=environment, reach=reach
    )
    return SharedState(backend, space=space, project=project, kinds=kinds, notify=notify)
