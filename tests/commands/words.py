"""The words that the command-line tests are written in: manifests, command lines run, a second hand in the Space."""

import json
import sys
from pathlib import Path
from typing import NamedTuple

from werkzeug.test import Client

from reconciler.core.kinds import resources

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
RECONCILER = [sys.executable, "-m", "reconciler"]
MANIFESTS = "rooms.yaml"
LOCAL_FILE = Path(".reconciler", "local-space.sqlite")
CREDENTIALS = ("project", "PTcanary-of-every-test")


class Ran(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Outside:
    """Somebody else's hand in a local Space, and the test's eyes: kinds by name, resources by name."""

    def __init__(self, space, kinds):
        self.space = space
        self._kinds = kinds
        self._client = Client(space)

    def ask(self, method, path, body=None):
        whole = path if path.startswith("/api/") else f"/api/video{path}"
        answer = self._client.open(whole, method=method, json=body, auth=CREDENTIALS)
        assert answer.status_code < 300, answer.text
        return answer.json if answer.content_length else None

    def all(self, kind):
        """The resources of a kind by name."""
        size = f"?page_size={self._kinds[kind].page_size}" if self._kinds[kind].page_size else ""
        page = self.ask("GET", f"{self._kinds[kind].collection}{size}")
        found = [out_of_envelope(self._kinds[kind], one) for one in page["data"]]
        return {one["name"]: one for one in found}

    def get(self, kind, name):
        return self.all(kind)[name]

    def names(self):
        """Kind/name of everything there is."""
        named = [kind.name for kind in resources(self._kinds)]
        return {f"{kind}/{name}" for kind in named for name in self.all(kind)}

    def _item(self, kind, name):
        return self._kinds[kind].item.replace("{id}", self.get(kind, name)["id"])

    def create(self, kind, **fields):
        """A POST, with what the API demands of the kind."""
        own = self._kinds[kind]
        demanded = dict.fromkeys(own.required, "Theirs") | dict(own.required_on_create)
        return out_of_envelope(own, self.ask("POST", own.collection, {**demanded, **fields}))

    def change(self, kind, name, **fields):
        """A PUT; what the API demands goes with it, as it is."""
        own, there = self._kinds[kind], self.get(kind, name)
        demanded = {field: there[field] for field in own.required} | {
            field: value if there[field] is None else there[field]
            for field, value in own.required_on_update.items()
        }
        return self.ask("PUT", self._item(kind, name), demanded | fields)

    def remove(self, kind, name):
        self.ask("DELETE", self._item(kind, name))

    def streams(self, kind, name):
        return self.ask("GET", f"{self._item(kind, name)}/streams")["data"]

    def stream_to(self, kind, name, url):
        return self.ask("POST", f"{self._item(kind, name)}/streams", {"url": url})

    @property
    def writes(self):
        """Every committed write of this handle as (method, kind), in order."""
        return [(mutation.method, mutation.kind) for mutation in self.space.ledger]


def out_of_envelope(kind, answer):
    """The fields of a resource, whatever wraps them."""
    if kind.envelope is None:
        return answer
    return {**answer[kind.envelope.content], "id": answer["id"]}


def manifest(kind, name, *, labels=None, renamed_from=None, protect=None, **spec):
    """A manifest as a document; keywords are fields."""
    about = {"name": name, "labels": labels, "renamedFrom": renamed_from, "protect": protect}
    metadata = {key: value for key, value in about.items() if value is not None}
    return {"apiVersion": "reconciler.dev/v1", "kind": kind, "metadata": metadata, "spec": spec}


def room(name, **fields):
    return manifest("Room", name, **fields)


def conference(name, **fields):
    return manifest("Conference", name, **{"display_name": name.title(), **fields})


def fabric_room(name, **fields):
    return manifest("ConferenceRoom", name, **fields)


DECLARED = {"Room": room, "Conference": conference, "ConferenceRoom": fabric_room}


# What declares a resource of each kind; test_false_facts checks that none is missing.
MAKERS = {"Room": room, "Conference": conference, "ConferenceRoom": fabric_room}


def rooms(*names, **fields):
    return [room(name, **fields) for name in names]


def write_manifests(*documents, to=MANIFESTS):
    Path(to).parent.mkdir(parents=True, exist_ok=True)
    Path(to).write_text(
        "\n---\n".join(json.dumps(document, indent=1, ensure_ascii=False) for document in documents)
        + "\n",
        encoding="utf-8",
    )


def counts(**some):
    """A whole summary: what is not mentioned is 0."""
    return (
        dict.fromkeys(
            ("create", "update", "rename", "adopt", "delete", "noop", "drifted", "unmanaged"), 0
        )
        | some
    )


def actions(document):
    """The actions of a plan document as (action, kind/name, changed paths)."""
    return [
        (
            one["action"],
            f"{one['kind']}/{one['name']}",
            [change["path"] for change in one["changes"]],
        )
        for one in document["actions"]
    ]


def recorded():
    """All that is kept of what was applied: the record, its backups, its journal."""
    return {
        path: path.read_bytes()
        for path in Path(".reconciler").glob("*.state.json*")
        if path.suffix != ".lock"
    }


def flags_in(message):
    """The consenting flags that a message names."""
    words = message.replace(",", " ").split()
    named = [
        f"{word} {words[at + 1]}"
        for at, word in enumerate(words)
        if word in {"--adopt", "--allow-live", "--allow-delete"}
    ]
    return list(dict.fromkeys(named))
