"""A real API server for these tests, and a namespace for each."""

import itertools
import os

import pytest

from devtools import kubernetes
from tests.integration.kubernetes.installing import install
from tests.integration.kubernetes.shared import shared_control_plane

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster():
    """The control plane that all tests of a run share; do not kill it."""
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        pytest.skip(missing)
    with shared_control_plane() as plane:
        yield plane


@pytest.fixture(scope="session")
def api(cluster):
    """A client of the administrator."""
    with cluster.api() as client:
        yield client


@pytest.fixture(scope="session")
def installed(api):
    """The definitions and policies of ``reconciler schema --format crd``, in force."""
    install(api)


@pytest.fixture
def kubectl(cluster):
    """kubectl as a function: words in, output out."""
    missing = kubernetes.why_missing("kubectl")
    if missing:
        pytest.skip(missing)
    return cluster.kubectl


@pytest.fixture
def namespace(api):
    """The name of a fresh namespace."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}})
    return name
