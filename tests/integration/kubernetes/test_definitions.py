"""The generated definitions and policies, taken by a real API server: what it refuses, and with which words."""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from reconciler import catalog
from reconciler.core.kinds import resources
from reconciler.kubernetes.admission import ALLOW_DELETE, policies
from reconciler.kubernetes.definitions import declarable, definitions, plural_of
from tests.integration.kubernetes.api import Refusal
from tests.integration.kubernetes.waiting import until

KINDS = catalog.kinds()
_names = (f"x{number}" for number in itertools.count(1))


def path(namespace, kind, name=""):
    base = f"/apis/reconciler.dev/v1/namespaces/{namespace}/{plural_of(kind)}"
    return f"{base}/{name}" if name else base


def resource(kind, name=None, **spec):
    needs = {"Conference": {"display_name": "Hall"}}.get(kind, {})
    return {
        "apiVersion": "reconciler.dev/v1",
        "kind": kind,
        "metadata": {"name": name or next(_names)},
        "spec": {"spaceRef": {"name": "prod"}, **needs, **spec},
    }


@pytest.fixture
def made(installed, api, namespace):
    """Create a resource in the namespace of the test."""

    def create(kind, name=None, **spec):
        return api.post(path(namespace, kind), resource(kind, name, **spec))

    return create


def test_every_kind_is_served(installed, api):
    served = api.get("/apis/reconciler.dev/v1")["resources"]
    kinds = {one["kind"] for one in served}
    assert kinds == {"Space", *(kind.name for kind in declarable(KINDS))}
    assert {one["name"] for one in served if one["name"].endswith("/status")} == {
        f"{plural_of(kind)}/status" for kind in kinds
    }


def test_the_api_server_finds_nothing_to_say_about_a_schema(installed, api):
    for one in definitions(KINDS):
        found = api.get(
            f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{one['metadata']['name']}"
        )
        conditions = {each["type"]: each for each in found["status"]["conditions"]}
        assert conditions["Established"]["status"] == "True"
        assert conditions["NamesAccepted"]["status"] == "True"
        assert "NonStructuralSchema" not in conditions


def test_the_output_of_the_command_is_what_is_installed(installed, api):
    ran = subprocess.run(
        [sys.executable, "-m", "reconciler", "schema", "--format", "crd"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(yaml.safe_load_all(ran.stdout)) == json.loads(
        json.dumps([*definitions(KINDS), *policies(KINDS)])
    )


@pytest.mark.parametrize(
    ("kind", "spec", "told"),
    [
        ("Room", {"max_member": 5}, 'unknown field "spec.max_member"'),
        ("Room", {"max_members": 500}, "spec.max_members in body should be less than or equal to 300"),
        ("Room", {"max_members": "many"}, "spec.max_members"),
        ("Room", {"quality": "4k"}, 'spec.quality: Unsupported value: "4k": supported values: "720p", "1080p"'),
        ("Room", {"join_from": "2027-01-02T00:00:00Z", "join_until": "2027-01-01T00:00:00Z"},
         "spec.join_until: Invalid value: join_until must be later than join_from"),
        ("Room", {"join_from": "2027-01-02", "join_until": "2027-01-01T23:59:00+00:00"}, "join_until must be later than join_from"),
        ("Room", {"join_from": "2027-01-01", "join_until": "2027-01-01"}, "join_until must be later than join_from"),
        ("Room", {"join_from": "tomorrow"}, "spec.join_from"),
        ("Room", {"presets": ["a", "a"]}, "spec.presets[1]: Duplicate value"),
        ("Room", {"presets": ["a b"]}, "spec.presets[0]"),
        ("Room", {"streams": [{"url": "rtmp://x/canary"}]}, 'unknown field "spec.streams[0].url"'),
        ("Room", {"streams": [{"urlFrom": {"secretKeyRef": {"name": "a"}}}]}, "spec.streams[0].urlFrom.secretKeyRef.key: Required value"),
        ("Room", {"spaceRef": None}, "spec.spaceRef"),
        ("Room", {"roomName": "Town Hall"}, "spec.roomName"),
        ("Room", {"deletionPolicy": "Keep"}, "spec.deletionPolicy"),
        ("Room", {"meta": "text"}, "spec.meta"),
        ("Conference", {"display_name": None}, "display_name or presets is required"),
        ("Conference", {"dark_primary": "red"}, "spec.dark_primary"),
        ("Theme", {"dark": {}}, "spec.dark"),
        ("Role", {"permissions": "all"}, "spec.permissions"),
        ("Space", {"host": "https://x.signalwire.com"}, "spec.host"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_refused_with_the_field(installed, api, namespace, kind, spec, told):
    one = resource(kind)
    if kind in {"Theme", "Role", "Preset", "Space"}:
        del one["spec"]["spaceRef"]
    if kind == "Space":
        one["spec"] |= {"credentialsSecretRef": {"name": "a"}}
    one["spec"] = {
        name: value for name, value in {**one["spec"], **spec}.items() if value is not None
    }
    with pytest.raises(Refusal) as refusal:
        api.post(path(namespace, kind), one, dryRun="All")
    assert told in refusal.value.message


@pytest.mark.parametrize(
    "spec",
    [
        {"join_from": None, "join_until": "2027-01-01"},
        {"join_from": "2027-01-01", "join_until": "2027-01-01T00:00:01Z"},
        {"join_from": "2027-01-01T00:00:00+02:00", "join_until": "2027-01-01"},
        {"description": None, "meta": None},
        {"meta": {"any": {"depth": [1, {"a": None}]}}},
        {"streams": [{"urlFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]},
        {"presets": ["b", "a"], "roomName": "Town_Hall"},
    ],
)
def test_what_is_right_is_taken_and_nothing_is_added(made, api, namespace, spec):
    name = made("Room", **spec)["metadata"]["name"]
    found = api.get(path(namespace, "Room", name))
    assert found["spec"] == {"spaceRef": {"name": "prod"}, **spec}


@pytest.mark.parametrize("name", ["town.hall", "a" * 101])
def test_a_name_that_is_none_in_a_space_needs_room_name(made, name):
    with pytest.raises(Refusal, match=r"set spec\.roomName"):
        made("Room", name)
    assert made("Room", name, roomName="hall")


def test_another_space_is_refused(made, api, namespace):
    name = made("Room")["metadata"]["name"]
    with pytest.raises(Refusal, match="spaceRef cannot be changed"):
        api.patch(path(namespace, "Room", name), {"spec": {"spaceRef": {"name": "other"}}})


def test_a_protected_room_keeps_its_name(made, api, namespace):
    name = made("Room", protect=True)["metadata"]["name"]
    with pytest.raises(Refusal, match="it is protected, and a rename is refused"):
        api.patch(path(namespace, "Room", name), {"spec": {"roomName": "other"}})
    api.patch(path(namespace, "Room", name), {"spec": {"protect": False}})
    api.patch(path(namespace, "Room", name), {"spec": {"roomName": "other"}})


# Deletion


def with_status(api, namespace, kind, name, **status):
    api.patch(f"{path(namespace, kind, name)}/status", {"status": status})


SESSION = {"id": "f00", "members": 2}
RESOURCES = [kind.name for kind in resources(KINDS)]


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_is_protected_is_not_deleted(made, api, namespace, kind):
    name = made(kind, protect=True)["metadata"]["name"]
    for parameters in ({}, {"dryRun": "All"}):
        with pytest.raises(Refusal) as refusal:
            api.delete(path(namespace, kind, name), **parameters)
        told = f"{kind}/{name} is protected: set spec.protect to false first"
        assert told in refusal.value.message
    api.patch(path(namespace, kind, name), {"spec": {"protect": False}})
    api.delete(path(namespace, kind, name))


@pytest.mark.parametrize("kind", RESOURCES)
def test_what_has_a_session_in_progress_is_not_deleted(made, api, namespace, kind):
    name = made(kind)["metadata"]["name"]
    with_status(api, namespace, kind, name, session=SESSION)
    with pytest.raises(Refusal, match=f"{kind}/{name} has a session in progress"):
        api.delete(path(namespace, kind, name))
    with_status(api, namespace, kind, name, session=None)
    api.delete(path(namespace, kind, name))


@pytest.mark.parametrize(
    "spec", [{"deletionPolicy": "Retain"}, {"managementPolicy": "Observe"}], ids=["retain", "observe"]
)  # fmt: skip
def test_a_deletion_that_leaves_the_room_is_not_refused(made, api, namespace, spec):
    name = made("Room", protect=True, **spec)["metadata"]["name"]
    with_status(api, namespace, "Room", name, session=SESSION)
    api.delete(path(namespace, "Room", name))


def test_a_collection_is_deleted_without_the_protected_ones(made, api, namespace):
    kept = made("Room", protect=True)["metadata"]["name"]
    with pytest.raises(Refusal, match="is protected"):
        api.delete(path(namespace, "Room"))
    assert kept in {one["metadata"]["name"] for one in api.get(path(namespace, "Room"))["items"]}


def test_a_definition_is_not_deleted_by_accident(installed, api):
    where = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rooms.reconciler.dev"
    with pytest.raises(Refusal, match="takes all its resources with it"):
        api.delete(where)
    api.patch(where, {"metadata": {"annotations": {ALLOW_DELETE: "true"}}})
    api.delete(where, dryRun="All")
    api.patch(where, {"metadata": {"annotations": {ALLOW_DELETE: None}}})


# kubectl

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Applied",
    "message": "It is as declared.",
    "lastTransitionTime": "2027-01-01T00:00:00Z",
    "observedGeneration": 1,
}


def test_kubectl_explains_the_fields(installed, kubectl):
    told = " ".join(kubectl("explain", "rooms.spec.max_members").split())
    assert "How many members may be in the room at once." in told
    assert "Not declared, the Space has: 20." in told
    assert "managementPolicy" in kubectl("explain", "room.spec")


def test_kubectl_shows_columns_and_waits(made, api, namespace, kubectl):
    name = made("Room")["metadata"]["name"]
    synced = {**READY, "type": "Synced", "reason": "AsDeclared"}
    with_status(api, namespace, "Room", name, id="f00-1", conditions=[READY, synced])
    header, line = kubectl("get", "rooms.reconciler.dev", "-n", namespace, "-o", "wide").splitlines()  # fmt: skip
    assert header.split() == ["NAME", "SPACE", "READY", "SYNCED", "DRIFTED", "AGE", "REASON", "ID"]
    assert [line.split()[index] for index in (0, 1, 2, 3, -2, -1)] == [
        name, "prod", "True", "True", "AsDeclared", "f00-1",
    ]  # fmt: skip
    assert name in kubectl("get", "reconciler", "-n", namespace)
    kubectl("wait", "--for=condition=Ready", f"room/{name}", "-n", namespace, "--timeout=5s")


def test_kubectl_tells_a_typo_and_a_protected_room(made, namespace, kubectl):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "room.json"
        file.write_text(json.dumps(resource("Room", "typo", max_member=5)))
        told = kubectl("apply", "-n", namespace, "-f", str(file), code=1)
    assert 'unknown field "spec.max_member"' in told
    name = made("Room", protect=True)["metadata"]["name"]
    told = kubectl("delete", "room", name, "-n", namespace, "--dry-run=server", code=1)
    assert f"Room/{name} is protected: set spec.protect to false first" in told


def test_the_policy_is_bound(installed, api):
    found = until(
        lambda: api.get(
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/deletion.reconciler.dev"
        )
    )
    assert found["spec"]["failurePolicy"] == "Fail"
    assert not found.get("status", {}).get("typeChecking", {}).get("expressionWarnings")
