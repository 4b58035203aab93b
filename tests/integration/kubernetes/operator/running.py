"""The operator as a process, and Spaces on loopback that it looks after."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from werkzeug.test import Client

from reconciler import catalog
from reconciler.localspace import Settings, create_space, serve

GROUP = "/apis/reconciler.dev/v1"
ROOMS = "/api/video/rooms"
PATIENCE = 180.0  # seconds; the cores may be busy with other tests


def until(look, *, patience=PATIENCE, pause=0.1):
    """What ``look`` returns as soon as it is true; an AssertionError with the last value otherwise."""
    end = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"still: {found!r}"
        time.sleep(pause)


class Operator:
    """``reconciler operator`` for one namespace, which also has its records."""

    def __init__(self, cluster, namespace, *flags, folder):
        self._namespace = namespace
        self._flags = ("--lease", "5", "--deadline", "10", *flags)
        self._environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        self._log = folder / "operator.log"
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "reconciler", "operator"),
                    *(word for name in self.namespaces for word in ("--namespace", name)),
                    *("--state-namespace", self._namespace),
                    *self._flags,
                ],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def end(self, how=signal.SIGTERM):
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def namespaces(self):
        return (self._namespace,)

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()


class LiveSpace:
    """A Space on loopback, and another client of it."""

    def __init__(self, **knobs):
        self.space = create_space(":memory:", kinds=catalog.kinds())
        self.space.knobs = Settings(**knobs)
        self._client = Client(self.space)
        self._auth = ("p", "t")

    @contextlib.contextmanager
    def served(self):
        with serve(self.space, port=0) as server:
            self.host = f"127.0.0.1:{server.port}"
            yield self
        self.space.close()

    @property
    def rooms(self):
        found, page = [], self._client.get(f"{ROOMS}?page_size=1000", auth=self._auth).json
        found += page["data"]
        return {one["name"]: one for one in found}

    def make(self, name, **fields):
        return self._client.post(ROOMS, json={"name": name, **fields}, auth=self._auth).json["id"]

    def change(self, name, **fields):
        room = self._client.get(f"{ROOMS}/{name}", auth=self._auth).json
        self._client.put(f"{ROOMS}/{room['id']}", json=fields, auth=self._auth)

    def enter(self, name):
        body = {"kind": "Room", "name": name, "members": 2}
        return self._client.post("/control/sessions", json=body, auth=self._auth).json["id"]

    def leave(self, session):
        self._client.delete(f"/control/sessions/{session}", auth=self._auth)

    def sent(self, method):
        return [one for one in self.space.requests if one.method == method]


class Declared:
    """The resources of one namespace, through the API server."""

    def __init__(self, api, namespace):
        self.api, self.namespace = api, namespace

    def path(self, kind, name=""):
        if kind == "Secret":
            return f"/api/v1/namespaces/{self.namespace}/secrets{f'/{name}' if name else ''}"
        of = f"{GROUP}/namespaces/{self.namespace}/{kind.lower()}s"
        return f"{of}/{name}" if name else of

    def secret(self, name, **texts):
        data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        return self.api.post(self.path("Secret"), body)

    def space(self, name, live, *, token="t", annotations=None, **spec):  # noqa: S107
        self.secret(f"{name}-credentials", project_id="p", api_token=token)
        return self.make(
            "Space",
            name,
            annotations=annotations,
            host=live.host,
            credentialsSecretRef={"name": f"{name}-credentials"},
            **{"interval": 10, **spec},
        )

    def make(self, kind, name, *, annotations=None, **spec):
        body = {
            "apiVersion": "reconciler.dev/v1",
            "kind": kind,
            "metadata": {"name": name, **({"annotations": annotations} if annotations else {})},
            "spec": spec,
        }
        return self.api.post(self.path(kind), body)

    def room(self, name, *, space="main", **spec):
        return self.make("Room", name, spaceRef={"name": space}, **spec)

    def get(self, name, kind="Room"):
        return self.api.get(self.path(kind, name))

    def all(self, kind="Room"):
        return self.api.get(self.path(kind))["items"]

    def set(self, name, kind="Room", **spec):
        return self.api.patch(self.path(kind, name), {"spec": spec})

    def annotate(self, name, kind="Room", **annotations):
        named = {f"reconciler.dev/{key.replace('_', '-')}": one for key, one in annotations.items()}
        return self.api.patch(self.path(kind, name), {"metadata": {"annotations": named}})

    def delete(self, name, kind="Room"):
        return self.api.delete(self.path(kind, name))

    def names(self, kind="Room"):
        return {one["metadata"]["name"] for one in self.all(kind)}

    def condition(self, name, of, kind="Room"):
        """``True Synced`` of a condition; '' without one for this generation."""
        body = self.get(name, kind)
        for one in body.get("status", {}).get("conditions", ()):
            if one["type"] == of and one["observedGeneration"] == body["metadata"]["generation"]:
                return f"{one['status']} {one['reason']}"
        return ""

    def message(self, name, of="Synced", kind="Room"):
        conditions = self.get(name, kind)["status"]["conditions"]
        return next(one["message"] for one in conditions if one["type"] == of)

    def wait(self, name, of, wanted, kind="Room"):
        return until(lambda: self.condition(name, of, kind) == wanted or None, patience=PATIENCE)

    def events(self, name):
        found = self.api.get(f"/api/v1/namespaces/{self.namespace}/events")["items"]
        return [one for one in found if one["involvedObject"]["name"] == name]

    @property
    def record(self):
        secrets = self.all("Secret")
        return [one for one in secrets if one.get("type") == "reconciler.dev/state"]


def dumped(value):
    return json.dumps(value, indent=1)
