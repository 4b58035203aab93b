"""Puts the generated definitions and policies into a cluster, and waits until they hold."""

from reconciler import catalog
from reconciler.kubernetes.admission import policies
from reconciler.kubernetes.definitions import definitions
from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.waiting import until

_PATHS = {
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}
_ROOMS = "/apis/reconciler.dev/v1/namespaces/default/rooms"
_PROBE = {
    "apiVersion": "reconciler.dev/v1",
    "kind": "Room",
    "metadata": {"generateName": "policy-probe-"},
    "spec": {"spaceRef": {"name": "none"}, "protect": True},
}


def _is_established(api, definition):
    found = api.get(f"{_PATHS['CustomResourceDefinition']}/{definition['metadata']['name']}")
    conditions = found.get("status", {}).get("conditions", ())
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _is_refused(api, name):
    """Whether the policy is in force: it takes a moment after it was made."""
    try:
        api.delete(f"{_ROOMS}/{name}", dryRun="All")
    except Refusal as refusal:
        return "is protected" in refusal.message
    return False


def install(api, kinds=None):
    """Install for all kinds; again and by several workers at once does no harm."""
    kinds = kinds or catalog.kinds()
    for one in (*definitions(kinds), *policies(kinds)):
        api.apply(f"{_PATHS[one['kind']]}/{one['metadata']['name']}", one)
    for one in definitions(kinds):
        until(lambda one=one: _is_established(api, one))
    probe = until(lambda: api.post(_ROOMS, _PROBE))["metadata"]["name"]
    until(lambda: _is_refused(api, probe))
    api.patch(f"{_ROOMS}/{probe}", {"spec": {"protect": False}})
    api.delete(f"{_ROOMS}/{probe}")
