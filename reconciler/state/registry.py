"""Opens the state store that ``state:`` in the project file names."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.core.errors import UsageError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.network_access import DIRECTLY, Access
from reconciler.core.regex import regex
from reconciler.core.text import did_you_mean, printable
from reconciler.installation import extra_hint
from reconciler.state.backends.local import LocalState
from reconciler.state.filesystem import GROUP_DISK, SYSTEM_DISK
from reconciler.state.store import StateStore

if TYPE_CHECKING:
    from reconciler.state.backends.base import Backend

_Reach = Callable[[], Access]

POSTGRES = ("postgresql", "postgres")
_PLAIN = ("git", "kubernetes")  # SCHEME:REST, where the others are SCHEME://REST
_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]+):")
_FILLED = regex(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def _expand_env(written: str, environ: Mapping[str, str]) -> str:
    """``written`` with every ``${env:NAME}`` filled in."""
    missing = [name for name in _FILLED.findall(written) if not environ.get(name)]
    if missing:
        raise UsageError(
            f"state: {missing[0]} is not set", hint=f"set {missing[0]} in the environment"
        )
    return _FILLED.sub(lambda match: environ[match[1]], written)


def _check_secrets(written: str, scheme: str) -> None:
    """UsageError for a password in clear, or one that would be passed to git as an argument."""
    try:
        address = urlsplit(written.removeprefix("git:"))
        user, password = address.username, address.password
    except ValueError:
        return
    if scheme == "git" and address.scheme in ("http", "https") and (user or password):
        raise UsageError(
            "state: the remote's URL contains a user and password",
            hint="leave them out: git gets credentials in its own ways",
        )
    named = re.search(r"[?&](?:password|sslpassword)=([^&]*)", written)
    if any(
        word and not _FILLED.fullmatch(word) for word in (password, named[1] if named else None)
    ):
        raise UsageError(
            "state: it contains a password in clear",
            hint="leave it to PGPASSWORD or a password file, or write ${env:NAME} in its place",
        )


def _extra(module: str, extra: str, scheme: str) -> Any:
    """Import a module of an optional extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"state: {scheme}{'' if scheme in _PLAIN else '://'}… needs packages that are not installed (the extra '{extra}')",
            hint=extra_hint(extra),
        ) from error


class Location(NamedTuple):
    """A shared location: its text, the project's folder, the environment, and the network."""

    text: str
    scheme: str
    folder: Path
    environment: str
    reach: _Reach


class BackendEntry(NamedTuple):
    """A backend: its URL schemes, how it is written, and the function that opens it."""

    schemes: tuple[str, ...]
    forms: tuple[str, ...]
    open: Callable[[Location], Backend]


def _git(location: Location) -> Backend:
    """A ref of a git remote. UsageError if git would read the remote as an option or a path."""
    from reconciler.state.backends.git import GitBackend  # noqa: PLC0415  # as slow to import as all of state

    remote = location.text.partition(":")[2]
    if remote.startswith("-") or "::" in remote or printable(remote) != remote:
        raise UsageError(
            f"state: {printable(remote)[:60]!r} is not a remote",
            hint="write git, or git:REMOTE with the name or URL of a remote",
        )
    return GitBackend(location.folder, remote=remote, name=location.environment)


def _object_store(location: Location) -> Backend:
    address = urlsplit(location.text)
    if not address.netloc or address.query or address.fragment:
        raise UsageError(
            f"state: {printable(location.text.partition('?')[0])[:80]!r} does not name a place",
            hint=f"write {location.scheme}://… without ? and #",
        )
    module = _extra("reconciler.state.backends.object_store", "objects", location.scheme)
    backend: Backend = module.ObjectBackend(
        location.text, name=location.environment, access=location.reach()
    )
    return backend


def _postgres(location: Location) -> Backend:
    module = _extra("reconciler.state.backends.postgres", "postgres", location.scheme)
    backend: Backend = module.PostgresBackend(location.text, name=location.environment)
    return backend


def _kubernetes(location: Location) -> Backend:
    module = _extra("reconciler.state.backends.kubernetes", "kubernetes", location.scheme)
    backend: Backend = module.KubernetesBackend(location.text)
    return backend


# A new backend is one entry here and one module in ``backends``.
BACKENDS = (
    BackendEntry(("git",), ("git", "git:REMOTE"), _git),
    BackendEntry(
        ("s3", "gs", "az"),
        ("s3://BUCKET/PATH", "gs://BUCKET/PATH", "az://CONTAINER/PATH"),
        _object_store,
    ),
    BackendEntry(POSTGRES, ("postgresql://HOST/DATABASE",), _postgres),
    BackendEntry(("kubernetes",), ("kubernetes:NAMESPACE/NAME",), _kubernetes),
)
_BY_SCHEME = {scheme: entry for entry in BACKENDS for scheme in entry.schemes}


def _forms() -> str:
    """All forms of a location: ``a file, git, … or postgresql://HOST/DATABASE``."""
    *forms, last = ["a file", *(form for entry in BACKENDS for form in entry.forms)]
    return f"{', '.join(forms)} or {last}"


def _scheme(written: str) -> str:
    """``git``, the scheme of a URL, or '' for a path."""
    if written == "git":
        return "git"
    match = _SCHEME.match(written) if ":" in written else None
    if match is None or (match[1] not in _PLAIN and not written.startswith(f"{match[1]}://")):
        return ""
    scheme = match[1].lower()
    if scheme not in _BY_SCHEME:
        raise UsageError(
            f"state: {scheme}:// is not a place for a state{did_you_mean(scheme, _BY_SCHEME)}",
            hint=f"write {_forms()}",
        )
    return scheme


def is_shared(written: str) -> bool:
    """Whether the location after ``state:`` is shared between machines. UsageError if invalid."""
    return bool(_scheme(written))


def store_at(  # noqa: PLR0913  # each is a setting of its own
    written: str,
    *,
    file: Path,
    folder: Path,
    environment: str,
    space: str,
    project: str,
    kinds: Collection[str] | None = None,
    environ: Mapping[str, str],
    notify: Callable[[str], None],
    reach: _Reach = lambda: DIRECTLY,
    owner: str = "",
    owners: Collection[str] = (),
    mode: str = "",
) -> StateStore:
    """Open the store named by ``written``; an empty one means the local ``file``.

    ``folder`` is the project's, ``environment`` names the record there, and ``environ`` fills in
    ``${env:NAME}``. A record with other ``kinds`` is refused. ``notify`` receives a sentence before a
    wait. ``reach`` says how to connect to an object store. ``owner`` is this run's environment, one
    of ``owners``. ``mode`` says who may use a local file: ``group`` also allows its group.
    UsageError or StateError if the location is invalid.
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
    from reconciler.state.remote import SharedState  # noqa: PLC0415  # most states are files

    _check_secrets(written, scheme)
    location = Location(_expand_env(written, environ), scheme, folder, environment, reach)
    backend = _BY_SCHEME[scheme].open(location)
    return SharedState(backend, space=space, project=project, kinds=kinds, notify=notify)
