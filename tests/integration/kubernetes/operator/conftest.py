"""Definitions in the shared cluster, a Space, and an operator for the namespace of a test."""

import json

import pytest

from reconciler import catalog
from reconciler.kubernetes.admission import policies
from reconciler.kubernetes.definitions import definitions
from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.operator.running import Declared, LiveSpace, Operator, until

PATHS = {
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ValidatingAdmissionPolicy": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    ),
    "ValidatingAdmissionPolicyBinding": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
    ),
}


def install(api, values):
    for value in values:
        path = f"{PATHS[value['kind']]}/{value['metadata']['name']}"
        api.apply(path, json.loads(json.dumps(value)))


def is_served(api):
    try:
        listed = api.get("/apis/reconciler.dev/v1")["resources"]
    except Refusal:
        return False
    return {"spaces", "rooms", "conferences", "presets"} <= {one["name"] for one in listed}


@pytest.fixture(scope="session")
def defined(api):
    """The definitions and policies, served by the shared cluster."""
    kinds = catalog.kinds()
    install(api, definitions(kinds))
    until(lambda: is_served(api))
    install(api, policies(kinds))
    return api


@pytest.fixture
def declared(defined, namespace):
    return Declared(defined, namespace)


@pytest.fixture
def live():
    with LiveSpace().served() as space:
        yield space


@pytest.fixture
def operator(cluster, namespace, tmp_path):
    made = Operator(cluster, namespace, folder=tmp_path)
    yield made
    made.end()
