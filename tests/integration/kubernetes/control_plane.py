"""etcd, kube-apiserver and, where a test wants it, kube-controller-manager: on loopback, in a folder of their own."""

import base64
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import trustme

from devtools import kubernetes
from tests.integration.kubernetes.api import Api

TOKEN = "the-token-of-the-admin"
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager")
_START = 90.0


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _end_with_parent():
    """In the child: the system ends it when the test run dies, also by SIGKILL."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class ControlPlane:
    """One cluster without nodes. ``kill`` and ``start`` let a test take a part away and bring it back."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self._etcd_port, self._peer_port = (_free_port() for _ in range(3))
        self.address = f"https://127.0.0.1:{self.port}"
        self._running = {}
        self._write_keys()

    @property
    def ca_file(self):
        return self.folder / "ca.crt"

    @property
    def kubeconfig(self):
        return self.folder / "kubeconfig.json"

    def api(self, token=TOKEN):
        """A client; by default of the administrator, who may do all."""
        return Api(self.address, self.ca_file, token)

    def _write_keys(self):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert("127.0.0.1", "localhost")
        server.private_key_pem.write_to_path(self.folder / "server.key")
        server.cert_chain_pems[0].write_to_path(self.folder / "server.crt")
        (self.folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
        self.kubeconfig.write_text(json.dumps(self.kubeconfig_for(TOKEN)))

    def kubeconfig_for(self, token, *, namespace="default"):
        """A kubeconfig as a value; JSON is YAML too."""
        ca = base64.b64encode(self.ca_file.read_bytes()).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [
                {
                    "name": "test",
                    "context": {"cluster": "test", "user": "test", "namespace": namespace},
                }
            ],
            "clusters": [
                {
                    "name": "test",
                    "cluster": {"server": self.address, "certificate-authority-data": ca},
                }
            ],
            "users": [{"name": "test", "user": {"token": token}}],
        }

    def _command(self, part):
        """The flags of a part."""
        here = self.folder
        if part == "etcd":
            client, peer = (
                f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port)
            )
            return [
                f"--data-dir={here / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--unsafe-no-fsync",
            ]
        if part == "kube-apiserver":
            return [
                f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={self.port}",
                f"--cert-dir={here / 'generated'}",
                f"--tls-cert-file={here / 'server.crt'}",
                f"--tls-private-key-file={here / 'server.key'}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={here / 'server.key'}",
                f"--service-account-signing-key-file={here / 'server.key'}",
                f"--token-auth-file={here / 'tokens.csv'}",
                "--authorization-mode=RBAC",
                "--disable-admission-plugins=ServiceAccount",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--endpoint-reconciler-type=none",
            ]
        return [
            f"--kubeconfig={self.kubeconfig}",
            "--controllers=namespace-controller,garbage-collector-controller",
            "--leader-elect=false",
            "--secure-port=0",
        ]

    def start(self, part):
        """Start a part and wait until it answers."""
        log = (self.folder / f"{part}.log").open("ab")
        with log:
            self._running[part] = subprocess.Popen(
                [kubernetes.program(part), *self._command(part)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # nothing in it takes a lock
            )
        if part != "kube-controller-manager":
            self._wait_until_ready(part)

    def _wait_until_ready(self, part):
        url, options = f"http://127.0.0.1:{self._etcd_port}/health", {}
        if part == "kube-apiserver":
            url = f"{self.address}/readyz"
            options = {
                "verify": self.api().context,
                "headers": {"Authorization": f"Bearer {TOKEN}"},
            }
        end = time.monotonic() + _START
        with httpx.Client(trust_env=False, timeout=5, **options) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if client.get(url).status_code == 200:
                        return
                ended = self._running[part].poll() is not None
                if ended or time.monotonic() > end:
                    raise RuntimeError(f"{part} does not start:\n{self.log(part)}")
                time.sleep(0.1)

    def log(self, part):
        """The end of what a part wrote."""
        return "\n".join(
            (self.folder / f"{part}.log").read_text(errors="replace").splitlines()[-30:]
        )

    def pid(self, part):
        return self._running[part].pid

    def kill(self, part, how=signal.SIGKILL):
        """End a part and wait until it is gone."""
        process = self._running.pop(part)
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        """The API server before etcd: it hangs without it."""
        for part in reversed(PARTS):
            if part in self._running:
                self.kill(part, signal.SIGTERM)

    def kubectl(self, *words, stdin=None, code=0, timeout=60):
        """What kubectl prints; both streams together where it fails, which ``code`` expects."""
        ran = subprocess.run(
            [kubernetes.program("kubectl"), f"--kubeconfig={self.kubeconfig}", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "HOME": str(self.folder), "NO_COLOR": "1"},
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout if code == 0 else ran.stdout + ran.stderr


@contextlib.contextmanager
def control_plane(folder, *, controllers=False):
    """A cluster of one's own: for tests that kill parts of it, or that measure."""
    plane = ControlPlane(folder)
    try:
        plane.start("etcd")
        plane.start("kube-apiserver")
        if controllers:
            plane.start("kube-controller-manager")
        yield plane
    finally:
        plane.stop()


def attached(folder):
    """The shared cluster that another process of this test run started in ``folder``."""
    plane = ControlPlane.__new__(ControlPlane)
    plane.folder = Path(folder)
    plane.address = json.loads((plane.folder / "ready.json").read_text())["address"]
    plane.port = int(plane.address.rpartition(":")[2])
    plane._running = {}
    return plane
