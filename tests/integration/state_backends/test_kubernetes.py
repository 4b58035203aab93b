"""What is special about a Secret: its size, its owners, who may do what, and how the cluster is reached."""

import base64
import contextlib
import dataclasses
import gzip
import itertools
import json
import os
import stat

import pytest

from reconciler.core.errors import Refused, StateError, UsageError
from reconciler.state.backends.base import Unavailable
from reconciler.state.backends.kubernetes import MAX_SECRET, KubernetesBackend
from reconciler.state.record import Entry
from tests.integration.state_backends.places import Place, made, resource

SECRETS = "/api/v1/namespaces/default/secrets"
_numbers = itertools.count(1)


@pytest.fixture
def place(kubeconfig, tmp_path):
    name = f"own-{os.getpid()}-{next(_numbers)}"
    return Place("kubernetes", f"kubernetes:default/{name}", str(tmp_path))


@pytest.fixture
def api(cluster):
    with cluster.api() as client:
        yield client


def name_of(place):
    return place.address.rpartition("/")[2]


def secret(api, place):
    return api.get(f"{SECRETS}/{name_of(place)}")


def load(address):
    with contextlib.closing(KubernetesBackend(address)) as backend:
        return backend.load()


def a_secret(place, **more):
    return {"metadata": {"name": name_of(place)}, "type": "reconciler.dev/state", **more}


def entries(number, *, size):
    """Records of ``number`` resources with ``size`` bytes each that do not compress."""
    for index in range(number):
        attributes = {"meta": {"x": os.urandom(size).hex()}}
        yield Entry(dataclasses.replace(resource("ada", index), attributes=attributes))


def test_people_can_read_it(place, api):
    store = place.store()
    store.write(store.read().with_entries(made("ada", 0)))
    found = secret(api, place)
    page = json.loads(gzip.decompress(base64.b64decode(found["data"]["state.json.gz"])))
    assert json.loads(page["record"])["resources"][0]["name"] == "ada-0"
    assert found["type"] == "reconciler.dev/state"
    assert found["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "reconciler"}
    assert store.place == f"the Secret default/{name_of(place)}"


def test_a_hundred_rooms_take_few_kilobytes(place, api):
    store = place.store()
    store.write(store.read().with_entries(*(made("ada", number) for number in range(100))))
    content = base64.b64decode(secret(api, place)["data"]["state.json.gz"])
    assert len(content) < 10_000


def test_what_is_too_large_is_refused_in_words_and_nothing_is_lost(place):
    store = place.store()
    with store.lock(reason="apply", since="now"):
        written = store.write(store.read().with_entries(made("ada", 0)))
        with pytest.raises(StateError) as refusal:
            store.write(written.with_entries(*entries(60, size=20_000)))
        assert f"can hold {MAX_SECRET // 1024} KiB, and the state takes 1" in refusal.value.message
        assert "PostgreSQL" in refusal.value.hint
        assert store.read() == written
        store.write(written)
    assert store.unlock() == ""


def test_what_the_tool_takes_the_api_server_takes_too(place):
    store = place.store()
    state = store.read()
    sizes = [
        state.with_entries(*entries(number, size=40_000)) for number in (10, 20, 22, 23, 24, 26)
    ]

    def fill():
        for each in sizes:
            store.write(dataclasses.replace(each, serial=store.read().serial))

    with pytest.raises(StateError, match="can hold 1024 KiB"):
        fill()


def test_what_others_put_on_it_stays(place, api):
    store = place.store()
    store.write(store.read())
    more = {"labels": {"team": "rooms"}, "annotations": {"a": "b"}, "finalizers": ["rooms/kept"]}
    api.patch(f"{SECRETS}/{name_of(place)}", {"metadata": more, "data": {"other": "eA=="}})
    store.write(store.read())
    found = secret(api, place)
    assert found["metadata"]["labels"]["team"] == "rooms"
    assert found["metadata"]["finalizers"] == ["rooms/kept"]
    assert set(found["data"]) == {"state.json.gz", "other"}
    api.patch(f"{SECRETS}/{name_of(place)}", {"metadata": {"finalizers": None}})


def test_an_empty_secret_that_an_administrator_made_is_a_beginning(place, api):
    api.post(SECRETS, a_secret(place))
    store = place.store()
    assert store.read().serial == 0
    with store.lock(reason="apply", since="now"):
        written = store.write(store.read().with_entries(made("ada", 0)))
    assert place.store().read() == written


@pytest.mark.parametrize("kind", ["Opaque", "kubernetes.io/basic-auth"])
def test_a_secret_that_holds_something_else_is_left_alone(place, api, kind):
    data = {"username": "YQ==", "password": "Y2FuYXJ5"}
    api.post(SECRETS, {**a_secret(place, data=data), "type": kind})
    for attempt in (place.store().read, lambda: place.store().unlock()):
        with pytest.raises(StateError, match=f"holds something else: its type is '{kind}'") as told:
            attempt()
        assert "canary" not in told.value.message
    assert secret(api, place)["data"] == data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip",
        gzip.compress(b"not json"),
        gzip.compress(b"[]"),
        gzip.compress(b'{"head": 1, "record": null, "journal": []}'),
        gzip.compress(b'{"head": "", "record": 1, "journal": []}'),
        gzip.compress(b'{"head": "", "record": null, "journal": null}'),
        gzip.compress(b"{}")[:-4],
        gzip.compress(b"{}") + b"more",
        None,  # made in the test: that takes as long as reading ten files of tests
    ],
    ids=["empty", "text", "no-json", "list", "head", "record", "journal", "cut", "more", "bomb"],
)
def test_what_is_damaged_is_refused_and_stays(place, api, content):
    if content is None:
        content = gzip.compress(b" " * (70 * 1024**2), compresslevel=9)
    data = {"state.json.gz": base64.b64encode(content).decode()}
    api.post(SECRETS, a_secret(place, data=data))
    with pytest.raises(StateError, match=r"its value state\.json\.gz is damaged") as refusal:
        place.store().read()
    assert refusal.value.hint
    assert secret(api, place)["data"] == data


def test_a_secret_that_was_deleted_meanwhile_is_not_made_again_by_its_holder(place, api):
    store = place.store()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        api.delete(f"{SECRETS}/{name_of(place)}")
        with pytest.raises(StateError, match="the lock is lost"):
            store.note(state, made("ada", 0))


def test_two_that_begin_at_once_do_not_share_the_first_write(place):
    one, two = place.store(), place.store()
    with (
        one.lock(reason="apply", since="now"),
        pytest.raises(Refused, match="the state is locked by"),
    ):
        two.write(two.read())
    assert place.store().read().serial == 0


# Who may do what


@pytest.fixture
def as_account(cluster, api, tmp_path, monkeypatch):
    """Go on as a service account with these rules; its token is one that Pods have."""

    def use(*rules):
        name = f"account-{os.getpid()}-{next(_numbers)}"
        rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        api.post(accounts, {"metadata": {"name": name}})
        api.post(f"{rbac}/roles", {"metadata": {"name": name}, "rules": list(rules)})
        subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        api.post(
            f"{rbac}/rolebindings",
            {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]},
        )
        token = api.post(f"{accounts}/{name}/token", {"spec": {"expirationSeconds": 3600}})
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(cluster.kubeconfig_for(token["status"]["token"])))
        monkeypatch.setenv("KUBECONFIG", str(file))

    return use


def rule(place, *verbs):
    return {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": [name_of(place)],
        "verbs": list(verbs),
    }


def test_get_and_patch_of_one_secret_are_enough_where_it_exists(place, api, as_account):
    api.post(SECRETS, a_secret(place))
    as_account(rule(place, "get", "patch"))
    store = place.store()
    with store.lock(reason="apply", since="now"):
        store.note(store.write(store.read()), made("ada", 0))
    assert len(place.store().read().resources) == 1


@pytest.mark.parametrize(("verbs", "what"), [((), "read"), (("get",), "written")])
def test_who_may_not_is_told_what_is_needed(place, as_account, verbs, what):
    as_account(*([rule(place, *verbs)] if verbs else []))
    store = place.store()
    with pytest.raises(StateError) as refusal:
        store.write(store.read())
    assert refusal.value.message.startswith(f"the Secret default/{name_of(place)} cannot be {what}")
    assert "forbidden" in refusal.value.message
    assert "needs get, create and patch" in refusal.value.hint


def test_a_namespace_that_is_not_there_is_told(kubeconfig):
    with contextlib.closing(KubernetesBackend("kubernetes:nowhere/state")) as backend:
        current = backend.load()
        with pytest.raises(StateError, match='namespaces "nowhere" not found'):
            backend.swap(current, current.snapshot)


# How the cluster is reached


def written_config(tmp_path, monkeypatch, config):
    file = tmp_path / "kubeconfig"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(file))


@pytest.mark.parametrize(
    "config", ["", "a: [", "[]", "{}", '{"clusters": [], "contexts": [], "current-context": "x"}']
)
def test_a_kubeconfig_that_is_none_is_told(tmp_path, monkeypatch, config):
    written_config(tmp_path, monkeypatch, config)
    with pytest.raises(StateError, match="no Kubernetes cluster can be reached") as refusal:
        load("kubernetes:default/state")
    assert "KUBECONFIG" in refusal.value.hint


def test_a_kubeconfig_that_is_missing_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(StateError, match="no Kubernetes cluster can be reached"):
        load("kubernetes:default/state")


def test_a_server_that_does_not_answer_is_told(cluster, tmp_path, monkeypatch):
    config = cluster.kubeconfig_for("x")
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    written_config(tmp_path, monkeypatch, config)
    with pytest.raises(Unavailable, match="the Secret default/state cannot be read"):
        load("kubernetes:default/state")


def test_a_wrong_token_is_told_and_not_shown(cluster, tmp_path, monkeypatch):
    written_config(tmp_path, monkeypatch, cluster.kubeconfig_for("canary-token"))
    with pytest.raises(StateError, match="cannot be read: Unauthorized") as refusal:
        load("kubernetes:default/state")
    assert "canary" not in refusal.value.message + refusal.value.hint


@pytest.mark.parametrize("version", ["v1beta1", "v1"])
def test_a_credential_plugin_is_asked_for_the_token(cluster, tmp_path, monkeypatch, version):
    api_version = f"client.authentication.k8s.io/{version}"
    user = cluster.kubeconfig_for("x")
    token = json.loads(cluster.kubeconfig.read_text())["users"][0]["user"]["token"]
    plugin = tmp_path / "plugin"
    answer = {"apiVersion": api_version, "kind": "ExecCredential", "status": {"token": token}}
    plugin.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user["users"][0]["user"] = {"exec": {"apiVersion": api_version, "command": str(plugin)}}
    written_config(tmp_path, monkeypatch, user)
    assert load("kubernetes:default/not-there").version == ""


def test_a_credential_plugin_that_fails_is_told(cluster, tmp_path, monkeypatch):
    user = cluster.kubeconfig_for("x")
    user["users"][0]["user"] = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}
    }
    written_config(tmp_path, monkeypatch, user)
    with pytest.raises(StateError, match="cannot be read: Exec false returned 1"):
        load("kubernetes:default/state")


@pytest.mark.parametrize(
    "written",
    ["name", "/name", "a/", "A/b", "a/b/c", "a/b c", "a/-b", "a.b/c", f"{'a' * 64}/b", "a/b\n"],
)
def test_what_names_no_secret_is_refused(written):
    with pytest.raises(UsageError, match="does not name a Secret") as refusal:
        KubernetesBackend(f"kubernetes:{written}")
    assert "NAMESPACE/NAME" in refusal.value.hint
