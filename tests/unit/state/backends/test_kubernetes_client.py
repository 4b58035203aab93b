"""How the cluster is found, and which credential plugins are run."""

import json

import pytest

from reconciler.core.errors import StateError

pytest.importorskip("lightkube")
from reconciler.state.backends.kubernetes_client import open_client

HINT = "set KUBECONFIG to a kubeconfig whose current context reaches the cluster"
V1, BEFORE = (f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1"))


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    """Write a kubeconfig with this user, and name it."""

    def write(**user):
        content = {
            "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": user}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(content), encoding="utf-8")
        monkeypatch.setenv("KUBECONFIG", str(path))

    return write


def opened():
    with open_client() as client:
        return client.config


def test_the_file_of_the_variable_names_the_cluster_and_the_user(kubeconfig):
    kubeconfig(token="t")
    config = opened()
    assert (config.cluster.server, config.user.token, config.user.exec) == (
        "https://cluster.example",
        "t",
        None,
    )


def test_without_the_variable_the_file_of_the_user_counts(kubeconfig, tmp_path, monkeypatch):
    kubeconfig(token="t")
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / "kubeconfig").rename(tmp_path / ".kube" / "config")
    assert opened().user.token == "t"


@pytest.mark.parametrize("env", [None, [{"name": "A", "value": "b"}]])
def test_a_plugin_of_v1_is_run_as_one_of_v1beta1_that_is_told_what_it_gets(kubeconfig, env):
    plugin = {"command": "p", "args": ["x"], "installHint": "install p", "env": env}
    kubeconfig(exec={"apiVersion": V1, **plugin})
    found = opened().user.exec
    assert (found.apiVersion, found.command, found.args, found.installHint) == (
        BEFORE,
        "p",
        ["x"],
        "install p",
    )
    *given, told = [(one.name, one.value) for one in found.env]
    assert given == [("A", "b")] * bool(env)
    assert (told[0], json.loads(told[1])) == (
        "KUBERNETES_EXEC_INFO",
        {"kind": "ExecCredential", "apiVersion": V1, "spec": {"interactive": False}},
    )


def test_any_other_plugin_is_run_as_it_is(kubeconfig):
    kubeconfig(exec={"apiVersion": BEFORE, "command": "p"})
    found = opened().user.exec
    assert (found.apiVersion, found.command, found.env) == (BEFORE, "p", None)


def test_a_request_does_not_wait_for_ever(kubeconfig):
    kubeconfig(token="t")
    with open_client() as client:
        timeout = client._client._client.timeout
    assert (timeout.connect, timeout.read) == (30.0, 30.0)


def test_without_a_cluster_it_is_told_what_to_set(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(StateError) as told:
        open_client()
    assert told.value.message.startswith("state: no Kubernetes cluster can be reached: ")
    assert told.value.hint == HINT
    (tmp_path / "none").write_text("a\n" * 500, encoding="utf-8")
    with pytest.raises(StateError) as told:
        open_client()
    words = told.value.message.removeprefix("state: no Kubernetes cluster can be reached: ")
    assert len(words) <= 200
    assert "\n" not in words
