"""The figures and the probe of an operator that runs."""

import socket

import httpx

from tests.integration.kubernetes.operator.running import Operator, until


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_metrics_and_healthz(declared, live, cluster, namespace, tmp_path):
    figures, health = (f"127.0.0.1:{free_port()}" for _ in range(2))
    declared.space("main", live, driftPolicy="Report")
    live.make("stranger")
    declared.room("a", layout="2x2")
    flags = ("--metrics", figures, "--healthz", health)
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        Operator(cluster, namespace, *flags, folder=tmp_path),
    ):
        declared.wait("a", "Ready", "True Available")
        live.change("a", layout="5x5")
        declared.wait("a", "Drifted", "True ChangedOutside")

        def shown(line):
            return line in client.get(f"http://{figures}/metrics").text

        space = f'namespace="{namespace}",space="main"'
        until(lambda: shown(f"reconciler_drifted{{{space}}} 1"))
        assert shown(f"reconciler_managed{{{space}}} 1")
        assert shown(f"reconciler_unmanaged{{{space}}} 1")
        assert shown(f'reconciler_actions_total{{{space},result="create"}} 1')
        answer = client.get(f"http://{health}/healthz")
        assert (answer.status_code, answer.json()["spaces"]) == (200, 1)
