"""A place of each kind, as contenders in this process and in others open it: each as if it were a machine of its own."""

import json
import subprocess
import tempfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.core.resources import Address, Applied
from reconciler.state.backends.git import GitBackend
from reconciler.state.backends.kubernetes import KubernetesBackend
from reconciler.state.backends.local import LocalState
from reconciler.state.backends.object_store import ObjectBackend
from reconciler.state.backends.postgres import PostgresBackend
from reconciler.state.lease import CLOCK, Timing
from reconciler.state.record import Entry
from reconciler.state.remote import SharedState

BRIEF = Timing(lease=0.15, heartbeat=0.04, poll=0.04)
PATIENT = Timing(lease=60.0, heartbeat=20.0, poll=0.05)


def git(folder, *words):
    return subprocess.run(
        ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def checkout(scratch, remote):
    """A repository of its own that has ``remote``; as git init makes it, and quicker."""
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=scratch))
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text(
        f'[core]\n\trepositoryformatversion = 0\n[remote "origin"]\n\turl = {remote}\n'
    )
    return folder


@dataclass(frozen=True)
class Place:
    """``kind`` as in ``place``; ``address`` a path or URL; ``scratch`` a folder for checkouts; ``name`` the environment."""

    kind: str
    address: str
    scratch: str
    name: str = "prod"

    def backend(self):
        if self.kind == "git":
            return GitBackend(checkout(self.scratch, self.address), remote="", name=self.name)
        if self.kind == "postgres":
            return PostgresBackend(self.address, name=self.name)
        if self.kind == "kubernetes":
            return KubernetesBackend(self.address)
        return ObjectBackend(self.address, name=self.name)

    def store(
        self,
        timing=PATIENT,
        *,
        clock=CLOCK,
        notify=lambda _: None,
        space="local",
        project="local",
        backend=None,
    ):
        if self.kind == "local":
            return LocalState(Path(self.address), space=space, project=project)
        return SharedState(
            backend or self.backend(),
            space=space,
            project=project,
            timing=timing,
            clock=clock,
            notify=notify,
        )

    def out(self):
        return json.dumps(asdict(self))


def resource(who, number):
    """The record of something that ``who`` made."""
    return Applied(
        Address("Room", f"{who}-{number}"),
        f"00000000-0000-4000-8000-{zlib.crc32(f'{who}-{number}'.encode()):012d}",
        {"max_members": 8},
    )


def made(who, number):
    return Entry(resource(who, number))


class Witness:
    """Counts independently of any store: who was inside at once, and which writes were accepted. A folder that all can see."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)

    def inside(self):
        return _Inside(self.folder)

    def accepted(self, serial, who):
        """A write under ``serial`` was accepted; a second one under the same is noticed."""
        try:
            (self.folder / f"serial-{serial}").open("x").close()
        except FileExistsError:
            (self.folder / f"double-{serial}-{who}").touch()

    @property
    def doubles(self):
        return sorted(file.name for file in self.folder.glob("double-*"))

    @property
    def serials(self):
        return sorted(
            int(file.name.removeprefix("serial-")) for file in self.folder.glob("serial-*")
        )


class _Inside:
    def __init__(self, folder):
        self.file = folder / "inside"

    def __enter__(self):
        try:
            self.file.open("x").close()
        except FileExistsError:
            self.file.with_name(f"double-{id(self)}").touch()

    def __exit__(self, *_):
        self.file.unlink(missing_ok=True)
