"""Connection to the API server of a cluster: a kubeconfig, or the service account of a Pod."""

import json
import os

import httpx2
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import NameValue, User, UserExec
from lightkube.core.client import Client

from reconciler.core.errors import StateError
from reconciler.core.text import printable

_EXEC_V1 = "client.authentication.k8s.io/v1"
_EXEC_BEFORE = "client.authentication.k8s.io/v1beta1"
_SECONDS = 30.0
_HINT = "set KUBECONFIG to a kubeconfig whose current context reaches the cluster"


def _with_exec_v1(user: User) -> User:
    """Let lightkube run credential plugins of v1, which differ from v1beta1 in their input."""
    plugin = user.exec
    if plugin is None or plugin.apiVersion != _EXEC_V1:
        return user
    told = {"kind": "ExecCredential", "apiVersion": _EXEC_V1, "spec": {"interactive": False}}
    info = NameValue(name="KUBERNETES_EXEC_INFO", value=json.dumps(told))
    user.exec = UserExec(
        apiVersion=_EXEC_BEFORE,
        command=plugin.command,
        args=plugin.args,
        env=[*(plugin.env or []), info],
        installHint=plugin.installHint,
    )
    return user


def _config() -> SingleConfig:
    """The file of KUBECONFIG, else the service account of the Pod, else ~/.kube/config."""
    named = os.environ.get("KUBECONFIG")
    config = (KubeConfig.from_file(named) if named else KubeConfig.from_env()).get()
    assert config is not None
    return config._replace(user=_with_exec_v1(config.user or User()))


def open_client() -> Client:
    """A client of the cluster. StateError if no cluster is configured, or not in a valid way."""
    try:
        return Client(config=_config(), timeout=httpx2.Timeout(_SECONDS))
    except Exception as error:  # the YAML reader and look-ups of lightkube raise what they raise
        words = printable(" ".join(str(error).split()))[:200]
        raise StateError(
            f"state: no Kubernetes cluster can be reached: {words}", hint=_HINT
        ) from error
