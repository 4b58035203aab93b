"""The rights in deploy/operator.yaml are enough, and a deleted namespace ends in an order that loses nothing."""

import json
from pathlib import Path

import pytest
import yaml

from devtools import kubernetes
from reconciler import catalog
from reconciler.kubernetes.admission import policies
from reconciler.kubernetes.definitions import definitions
from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.control_plane import control_plane
from tests.integration.kubernetes.operator.conftest import install, is_served
from tests.integration.kubernetes.operator.running import Declared, LiveSpace, Operator, until

DEPLOYED = Path(__file__).resolve().parents[4] / "deploy" / "operator.yaml"
SYSTEM = "reconciler-system"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": f"/api/v1/namespaces/{SYSTEM}/serviceaccounts",
    "ClusterRole": f"{RBAC}/clusterroles",
    "ClusterRoleBinding": f"{RBAC}/clusterrolebindings",
    "Role": f"{RBAC}/namespaces/{SYSTEM}/roles",
    "RoleBinding": f"{RBAC}/namespaces/{SYSTEM}/rolebindings",
    "Deployment": f"/apis/apps/v1/namespaces/{SYSTEM}/deployments",
}


def deployed():
    return list(yaml.safe_load_all(DEPLOYED.read_text()))


class AsDeployed(Operator):
    """The operator with the rights of its service account, for all namespaces."""

    def __init__(self, cluster, token, *, folder):
        super().__init__(cluster, SYSTEM, folder=folder)
        kubeconfig = folder / "operator.kubeconfig"
        kubeconfig.write_text(json.dumps(cluster.kubeconfig_for(token)))
        self._environment["KUBECONFIG"] = str(kubeconfig)

    @property
    def namespaces(self):
        return ()


@pytest.fixture
def token(defined):
    """A token of the service account, with the rights as they are deployed."""
    for value in deployed():
        defined.apply(f"{PLACES[value['kind']]}/{value['metadata']['name']}", value)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"{PLACES['ServiceAccount']}/reconciler-operator/token"
    return defined.post(path, asked)["status"]["token"]


def test_it_works_with_the_rights_that_are_deployed(declared, live, cluster, token, tmp_path):
    declared.space("main", live)
    declared.secret("rtmp", url="rtmp://live.example.com/app/key")
    reference = {"secretKeyRef": {"name": "rtmp", "key": "url"}}
    with AsDeployed(cluster, token, folder=tmp_path) as operator:
        declared.room("a", streams=[{"urlFrom": reference}])
        declared.room("b")
        declared.wait("a", "Ready", "True Available")
        declared.wait("b", "Ready", "True Available")
        declared.delete("b")
        until(lambda: declared.names() == {"a"})
        declared.delete("main", "Space")
        declared.delete("a")
        declared.wait("a", "Ready", "False DeletionRefused")
        assert "all 2 managed Rooms would be deleted, 1 of them in the last hour" in (
            declared.message("a")
        )
        declared.annotate("main", "Space", allow_delete="1")
        until(lambda: not declared.names("Space"))
    assert "forbidden" not in operator.log.lower()


def test_it_may_not_read_what_it_has_no_business_with(cluster, token):
    with cluster.api(token) as limited:
        for path in ("/api/v1/secrets", "/api/v1/namespaces", "/api/v1/pods"):
            with pytest.raises(Refusal) as refused:
                limited.get(path)
            assert refused.value.status == 403


@pytest.fixture
def controlled(tmp_path):
    """A cluster whose namespaces can be deleted."""
    missing = kubernetes.why_missing("etcd", "kube-apiserver", "kube-controller-manager")
    if missing:
        pytest.skip(missing)
    with control_plane(tmp_path / "cluster", controllers=True) as plane, plane.api() as api:
        install(api, definitions(catalog.kinds()))
        until(lambda: is_served(api))
        install(api, policies(catalog.kinds()))
        for name in (SYSTEM, "team"):
            api.post("/api/v1/namespaces", {"metadata": {"name": name}})
        yield plane, api


def is_gone(api, name):
    try:
        api.get(f"/api/v1/namespaces/{name}")
    except Refusal as refused:
        return refused.status == 404
    return False


@pytest.mark.slow
def test_a_deleted_namespace_waits_for_consent_and_then_ends(controlled, tmp_path):
    plane, api = controlled
    declared = Declared(api, "team")
    with LiveSpace().served() as live:
        declared.space("main", live)
        for name in ("a", "b", "c"):
            declared.room(name)
        live.make("stranger")
        flags = ("--namespace", "team")
        with Operator(plane, SYSTEM, *flags, folder=tmp_path):
            for name in ("a", "b", "c"):
                declared.wait(name, "Ready", "True Available")
            api.delete("/api/v1/namespaces/team")
            declared.wait("a", "Ready", "False DeletionRefused")
            assert set(live.rooms) == {"a", "b", "c", "stranger"}
            assert "main-credentials" in declared.names("Secret")

            declared.annotate("main", "Space", allow_delete="3")

            until(lambda: is_gone(api, "team"), patience=180)
            assert set(live.rooms) == {"stranger"}
