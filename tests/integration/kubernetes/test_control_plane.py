"""The API server of the tests is a real one, and each test run has its own."""

import pytest

from devtools import kubernetes
from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.control_plane import control_plane
from tests.integration.kubernetes.shared import shared_control_plane


def test_it_is_the_version_that_go_mod_names(api):
    assert api.get("/version")["gitVersion"] == f"v{kubernetes.version()}"


def test_a_second_user_gets_the_same_one(cluster):
    with shared_control_plane() as plane:
        assert plane.address == cluster.address


def test_a_stranger_is_refused(cluster):
    with cluster.api("no-such-token") as stranger, pytest.raises(Refusal) as refusal:
        stranger.get("/api/v1/namespaces")
    assert refusal.value.status == 401


@pytest.mark.long
def test_what_is_in_etcd_outlives_both_of_them(tmp_path):
    missing = kubernetes.why_missing("etcd", "kube-apiserver")
    if missing:
        pytest.skip(missing)
    with control_plane(tmp_path / "own") as plane, plane.api() as api:
        api.post("/api/v1/namespaces", {"metadata": {"name": "kept"}})
        plane.kill("kube-apiserver")
        plane.kill("etcd")
        plane.start("etcd")
        plane.start("kube-apiserver")
        assert api.get("/api/v1/namespaces/kept")["metadata"]["name"] == "kept"
