"""Git backend: a ref on a remote; each write is a commit pushed onto the expected one."""

from pathlib import Path
from urllib.parse import quote, unquote

from reconciler.core.errors import StateError
from reconciler.core.regex import regex
from reconciler.core.text import count, printable
from reconciler.state.backends.base import (
    Conflict,
    Snapshot,
    Unavailable,
    VersionedSnapshot,
    bytes_of,
    lines_of,
    text_of,
)
from reconciler.state.backends.git_cli import Completed, git, masked
from reconciler.state.lock_record import decode_lock_record, encode_lock_record
from reconciler.state.safe_files import MAX_BYTES

_HEAD, _RECORD, _JOURNAL = "lock.json", "state.json", "journal.jsonl"
_FILES = (_HEAD, _RECORD, _JOURNAL)
_LOOKS = 5
_CREDENTIALS = (
    "check the remote, and that this job may push to it (on GitHub: permissions: contents: write)"
)
_SPECIAL_DOTS = regex(r"^\.|\.(?=\.)|\.$|\.(?=lock$)")


def _component(name: str) -> str:
    """Escape ``name`` for one component of a ref name; different names stay different."""
    return _SPECIAL_DOTS.sub("%2E", quote(name, safe="").replace("~", "%7E"))


class GitBackend:
    """One snapshot on ``refs/reconciler/NAME`` of a remote of the repository in ``folder``.

    The working tree, index, branches and settings of the repository are not touched. The last
    commit seen is kept in ``refs/reconciler-remotes/REMOTE/NAME``: fetches stay short, and an older
    version on the remote is detected.
    """

    def __init__(self, folder: Path, *, remote: str, name: str, seconds: float = 60.0) -> None:
        self._folder = folder
        self._remote = self._checked_remote(remote) if remote else self._only_remote()
        self._shown = masked(self._remote)
        self._ref = f"refs/reconciler/{_component(name)}"
        self._seen = f"refs/reconciler-remotes/{_component(self._shown)}/{_component(name)}"
        self._seconds = seconds
        self._shallow: bool | None = None
        self._last = VersionedSnapshot()
        self._known: str | None = None  # last commit seen by this repository, once looked up
        self._blobs: dict[bytes, str] = {}

    @property
    def place(self) -> str:
        """See Backend."""
        return f"{self._ref} on {self._shown}"

    @property
    def earlier(self) -> str:
        """See Backend."""
        return f"an earlier version (git log -p {self._seen} -- {_RECORD})"

    def load(self) -> VersionedSnapshot:
        """See Backend."""
        for _ in range(_LOOKS):
            tip = self._remote_commit()
            if tip == self._last.version:
                return self._last if tip else VersionedSnapshot(remains=self._remains())
            if not tip:
                return VersionedSnapshot(remains=self._remains())
            found = self._read(tip) or self._fetch(tip)
            if found is not None:
                self._check_forward(tip)
                self._remember(found)
                return found
        raise Unavailable(f"{self.place}: changes faster than it can be read", hint="run it again")

    def swap(self, current: VersionedSnapshot, snapshot: Snapshot) -> VersionedSnapshot:
        """See Backend."""
        tree = "".join(
            f"100644 blob {oid}\t{name}\n" for name, oid in self._write_blobs(snapshot)
        ).encode()
        parent = ("-p", current.version) if current.version else ()
        subject = _subject(current.snapshot, snapshot)
        top = self._word(
            "commit-tree", self._word("mktree", typed=tree), *parent, typed=subject.encode()
        )
        pushed = self._remote_git(
            *("push", "--quiet", "--no-verify", "--no-signed", "--no-recurse-submodules"),
            *(
                f"--force-with-lease={self._ref}:{current.version}",
                self._remote,
                f"{top}:{self._ref}",
            ),
        )
        if pushed.code != 0:
            tip = self._remote_commit()
            if tip == current.version:
                raise Unavailable(
                    f"{self.place}: cannot be written: {pushed.complaint or 'git push failed'}",
                    hint=_CREDENTIALS,
                )
            if tip != top:
                raise Conflict
        done = VersionedSnapshot(snapshot, top)
        self._remember(done)
        return done

    def silence(self, current: VersionedSnapshot) -> float | None:  # noqa: ARG002  # a git remote has no clock
        """See Backend."""
        return None

    def close(self) -> None:
        """See Backend."""

    def _only_remote(self) -> str:
        asked = git(self._folder, "remote")
        if asked.code != 0:
            raise StateError(
                f"state: git needs a git repository: {asked.complaint}",
                hint="run the command in a checkout, or choose another place with state: in reconciler.yaml",
            )
        names = asked.out.decode().split()
        if len(names) != 1 and "origin" not in names:
            found = f"several remotes to choose from ({', '.join(names)})" if names else "no remote"
            raise StateError(f"state: git has {found}", hint="write state: git:REMOTE")
        return "origin" if "origin" in names else names[0]

    def _checked_remote(self, remote: str) -> str:
        """Return ``remote``. StateError if it is inside the checkout: git would run hooks stored
        there.
        """
        top = git(self._folder, "rev-parse", "--show-toplevel")
        if top.code != 0 or remote in git(self._folder, "remote").out.decode().split():
            return remote
        checkout = Path(top.out.decode().rstrip("\n")).resolve()
        if any(
            _exists(self._folder / path)
            and (self._folder / path).resolve().is_relative_to(checkout)
            for path in _paths(remote)
        ):
            raise StateError(
                f"state: git:{masked(remote)}: this is inside the checkout",
                hint="name a remote, or a repository elsewhere",
            )
        return remote

    def _remote_git(self, *words: str) -> Completed:
        """Run a git command that contacts the remote."""
        return git(self._folder, *words, seconds=self._seconds)

    def _local_git(self, *words: str, typed: bytes = b"") -> bytes:
        """Run a local git command and return its output."""
        ran = git(self._folder, *words, typed=typed)
        if ran.code != 0:
            raise StateError(
                f"{self.place}: git {words[0]} failed: {ran.complaint}",
                hint="check the repository with: git fsck",
            )
        return ran.out

    def _word(self, *words: str, typed: bytes = b"") -> str:
        return self._local_git(*words, typed=typed).decode().strip()

    def _remote_commit(self) -> str:
        """The remote's current commit; '' if the ref does not exist."""
        listed = self._remote_git("ls-remote", self._remote, self._ref)
        if listed.code != 0:
            raise Unavailable(
                f"{self.place}: cannot be read: {listed.complaint or 'git ls-remote failed'}",
                hint=_CREDENTIALS,
            )
        pairs = (line.split("\t") for line in listed.out.decode().splitlines())
        return next((pair[0] for pair in pairs if pair[1:] == [self._ref]), "")

    def _fetch(self, tip: str) -> VersionedSnapshot | None:
        """Fetch commit ``tip`` and return its snapshot; None if the remote has moved on."""
        if self._shallow is None:
            self._shallow = self._word("rev-parse", "--is-shallow-repository") == "true"
        # A shallow clone stays shallow; a full clone must not become one.
        depth = ("--depth=1",) if self._shallow else ()
        quiet = (
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-prune",
            "--refmap=",
        )
        fetched = self._remote_git("fetch", *quiet, *depth, self._remote, self._ref)
        if fetched.code != 0 and self._remote_commit() == tip:
            raise Unavailable(
                f"{self.place}: cannot be fetched: {fetched.complaint}", hint=_CREDENTIALS
            )
        return self._read(tip)

    def _read(self, tip: str) -> VersionedSnapshot | None:
        """The snapshot in commit ``tip``; None if the commit is not in the repository."""
        found = self._read_files(tip)
        if found is None:
            return None
        if any(len(content) > MAX_BYTES for content in found.values()):
            raise StateError(
                f"{self.place}: is larger than {MAX_BYTES // 1024**2} MiB, too large for a state",
                hint=f"restore {self.earlier}",
            )
        head = decode_lock_record(found.get(_HEAD, b""), where=self.place)
        record = text_of(found[_RECORD]) if _RECORD in found else None
        return VersionedSnapshot(
            Snapshot(head, record, lines_of(text_of(found.get(_JOURNAL, b"")))), tip
        )

    def _read_files(self, tip: str) -> dict[str, bytes] | None:
        """The state files in commit ``tip``; None if the commit is missing."""
        names = ("", *_FILES)
        rest = self._local_git(
            "cat-file", "--batch", typed="".join(f"{tip}:{name}\n" for name in names).encode()
        )
        found = {}
        for name in names:
            header, _, rest = rest.partition(b"\n")
            if not header.endswith(b" missing"):
                size = int(header.split()[-1])
                found[name], rest = rest[:size], rest[size + 1 :]
        return found if found.pop("", None) is not None else None

    def _write_blobs(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        """Store the snapshot's files as blobs and return their ids."""
        files = {_HEAD: encode_lock_record(snapshot.head)}
        files |= {_RECORD: bytes_of(snapshot.record)} if snapshot.record is not None else {}
        files |= {_JOURNAL: bytes_of("".join(snapshot.journal))} if snapshot.journal else {}
        known = self._blobs
        self._blobs = {
            content: known.get(content) or self._word("hash-object", "-w", "--stdin", typed=content)
            for content in files.values()
        }
        return sorted((name, self._blobs[content]) for name, content in files.items())

    def _last_seen_commit(self) -> str:
        """The last commit this repository has seen; '' if none."""
        if self._known is None:
            self._known = (
                git(self._folder, "rev-parse", "--verify", "--quiet", f"{self._seen}^{{commit}}")
                .out.decode()
                .strip()
            )
        return self._known

    def _remains(self) -> str:
        return f"last version ({self._seen} in this repository)" if self._last_seen_commit() else ""

    def _check_forward(self, tip: str) -> None:
        """StateError if the remote is older than, or unrelated to, what this repository saw."""
        known = self._last_seen_commit()
        if not known or known == tip or self._shallow:
            return
        if git(self._folder, "merge-base", "--is-ancestor", known, tip).code == 1:
            raise StateError(
                f"{self.place}: was rolled back: it is at {tip[:10]}, and this repository has seen {known[:10]}",
                hint=f"put that back with: git push -f {self._shown} {self._seen}:{self._ref} "
                f"— or, if the older one is right: git update-ref -d {self._seen}",
            )

    def _remember(self, current: VersionedSnapshot) -> None:
        if self._last_seen_commit() != current.version:
            # Another process may write the same ref; either value is correct.
            git(self._folder, "update-ref", "-m", "reconciler", self._seen, current.version)
        self._last, self._known = current, current.version


def _paths(remote: str) -> tuple[str, ...]:
    """Local paths that git may read ``remote`` as; none for a URL or HOST:PATH."""
    if remote.startswith("file://"):
        return remote.removeprefix("file://"), unquote(remote.removeprefix("file://"))
    return () if ":" in remote.partition("/")[0] else (remote,)


def _exists(path: Path) -> bool:
    """Whether git finds a repository at the path; git also tries the suffix ``.git``."""
    return path.exists() or Path(f"{path}.git").exists()


def _subject(before: Snapshot, after: Snapshot) -> str:
    """Commit subject for people who read the history."""
    lock = after.head.lock
    if before.record != after.record:
        return f"Record {after.head.newest.serial if after.head.newest else ''}".strip()
    if len(after.journal) > len(before.journal):
        return f"Journal: {count(len(after.journal) - len(before.journal), 'line')}"
    if lock is None:
        return "Unlock"
    if before.head.lock is None or before.head.lock.nonce != lock.nonce:
        return printable(f"Lock for {lock.reason}, by {lock.user} on {lock.host}")
    return "Still at it"
