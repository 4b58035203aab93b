"""The rights in deploy/operator.yaml are enough, and a deleted namespace ends in an order that loses nothing."""

import itertools
import json
import signal
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
from tests.integration.kubernetes.operator.running import Declared, Operator, until

DEPLOY = Path(__file__).resolve().parents[4] / "deploy"
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
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterKopfPeering": "/apis/kopf.dev/v1/clusterkopfpeerings",
}
PEERING = f"{PLACES['ClusterKopfPeering']}/reconciler"
_numbers = itertools.count(1)


def deploy(api, name):
    for value in yaml.safe_load_all((DEPLOY / name).read_text()):
        path = f"{PLACES[value['kind']]}/{value['metadata']['name']}"
        until(lambda path=path, value=value: _applied(api, path, value))


def _applied(api, path, value):
    """Whether it is applied: a definition that was just made is served a moment later."""
    try:
        return api.apply(path, value)
    except Refusal as refused:
        if refused.status == 404:
            return None
        raise


class AsDeployed(Operator):
    """The operator with the rights of its service account, for all namespaces."""

    def __init__(self, cluster, token, *flags, folder):
        super().__init__(cluster, SYSTEM, *flags, folder=folder)
        kubeconfig = folder / "operator.kubeconfig"
        kubeconfig.write_text(json.dumps(cluster.kubeconfig_for(token)))
        self._environment["KUBECONFIG"] = str(kubeconfig)

    @property
    def namespaces(self):
        return ()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of its own: an operator for all namespaces would take up other tests' Spaces.

    Its namespaces can be deleted.
    """
    missing = kubernetes.why_missing("etcd", "kube-apiserver", "kube-controller-manager")
    if missing:
        pytest.skip(missing)
    with control_plane(tmp_path_factory.mktemp("cluster"), controllers=True) as plane:
        yield plane


@pytest.fixture(scope="module")
def api(cluster):
    with cluster.api() as client:
        install(client, definitions(catalog.kinds()))
        until(lambda: is_served(client))
        install(client, policies(catalog.kinds()))
        deploy(client, "operator.yaml")
        yield client


@pytest.fixture
def declared(api):
    name = f"team-{next(_numbers)}"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}})
    return Declared(api, name)


@pytest.fixture
def token(api):
    """A token of the service account, with the rights as they are deployed."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"{PLACES['ServiceAccount']}/reconciler-operator/token"
    return api.post(path, asked)["status"]["token"]


@pytest.mark.long
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


@pytest.mark.long
def test_it_may_not_read_what_it_has_no_business_with(cluster, token):
    with cluster.api(token) as limited:
        for path in ("/api/v1/secrets", "/api/v1/namespaces", "/api/v1/pods"):
            with pytest.raises(Refusal) as refused:
                limited.get(path)
            assert refused.value.status == 403


@pytest.mark.long
def test_the_second_of_two_operators_works_when_the_first_is_gone(
    api, declared, live, cluster, token, tmp_path
):
    deploy(api, "peering.yaml")
    declared.space("main", live)
    declared.room("a")
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (
        AsDeployed(cluster, token, "--peering", "reconciler", folder=folder) for folder in folders
    )
    with first:
        declared.wait("a", "Ready", "True Available")
        with second:
            until(lambda: len(api.get(PEERING).get("status", {})) == 2 or None)
            first.end(signal.SIGKILL)
            declared.room("b")
            declared.wait("b", "Ready", "True Available")
            assert len(live.sent("POST")) == 2
    assert "forbidden" not in f"{first.log}{second.log}".lower()


def is_gone(api, name):
    try:
        api.get(f"/api/v1/namespaces/{name}")
    except Refusal as refused:
        return refused.status == 404
    return False


@pytest.mark.long
def test_a_deleted_namespace_waits_for_consent_and_then_ends(
    api, declared, live, cluster, tmp_path
):
    team = declared.namespace
    declared.space("main", live)
    for name in ("a", "b", "c"):
        declared.room(name)
    live.make("stranger")
    operator = Operator(cluster, SYSTEM, "--namespace", team, folder=tmp_path)
    with operator:
        for name in ("a", "b", "c"):
            declared.wait(name, "Ready", "True Available")
        api.delete(f"/api/v1/namespaces/{team}")
        declared.wait("a", "Ready", "False DeletionRefused")
        assert set(live.rooms) == {"a", "b", "c", "stranger"}
        assert "main-credentials" in declared.names("Secret")

        operator.end(signal.SIGKILL)  # what goes on is done by the next one
        declared.annotate("main", "Space", allow_delete="3")
        operator.start()

        until(lambda: is_gone(api, team))
        assert set(live.rooms) == {"stranger"}
