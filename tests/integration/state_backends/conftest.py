"""The servers, and a fresh place of each kind."""

import contextlib
import itertools
import os
import subprocess
import time

import pytest

from devtools import kubernetes
from tests.integration.kubernetes.shared import shared_control_plane
from tests.integration.state_backends import postgres_server
from tests.integration.state_backends.places import BRIEF, Place, Witness
from tests.integration.state_backends.s3_server import BUCKET, Server

SHARED = ("git", "s3", "postgres", "kubernetes")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """The address of a real PostgreSQL, started once."""
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    with postgres_server.server() as address:
        yield address


@pytest.fixture(scope="session")
def cluster():
    """A real API server, the same for all workers."""
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        pytest.skip(missing)
    with shared_control_plane() as plane:
        yield plane


@pytest.fixture
def kubeconfig(cluster, monkeypatch):
    """KUBECONFIG leads to the API server."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    return cluster


@pytest.fixture
def s3(monkeypatch):
    """A server that speaks S3, and the environment that leads to it."""
    server = Server()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server.objects
    server.close()


@pytest.fixture
def bare(tmp_path):
    """A bare repository, as a remote is."""
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    subprocess.run(
        ["git", "-C", str(remote), "config", "receive.autogc", "false"], check=True
    )  # nothing that goes on after a test
    return remote


def fresh(kind, request, tmp_path):
    number = next(_numbers)
    if kind == "local":
        return Place(kind, str(tmp_path / ".reconciler" / "prod.state.json"), str(tmp_path))
    if kind == "git":
        return Place(kind, str(request.getfixturevalue("bare")), str(tmp_path))
    if kind == "s3":
        request.getfixturevalue("s3")
        return Place(kind, f"s3://{BUCKET}/team", str(tmp_path))
    if kind == "kubernetes":
        request.getfixturevalue("kubeconfig")
        return Place(kind, f"kubernetes:default/state-{os.getpid()}-{number}", str(tmp_path))
    return Place(kind, request.getfixturevalue("postgres"), str(tmp_path), f"prod-{number}")


@pytest.fixture(params=("local", *SHARED))
def place(request, tmp_path):
    """A place of every kind in turn."""
    return fresh(request.param, request, tmp_path)


@pytest.fixture(params=SHARED)
def shared(request, tmp_path):
    """A place of every kind that machines share."""
    return fresh(request.param, request, tmp_path)


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path / "witness")


@pytest.fixture
def let_the_lease_end(request):
    """Time passes: by the store's clock where the tests can set it, else a lease of ``BRIEF`` long."""

    def wait(kind):
        if kind == "s3":
            request.getfixturevalue("s3").ahead += 3600
        time.sleep(0 if kind == "s3" else BRIEF.lease * 1.1)

    return wait


@pytest.fixture
def frozen():
    """Takes the lock for a run that then gives no sign of life: the store with which it would go on."""
    with contextlib.ExitStack() as runs:

        def freeze(place, **options):
            store = place.store(BRIEF._replace(heartbeat=3600.0), **options)
            runs.enter_context(store.lock(reason="apply", since="then"))
            return store

        yield freeze
