"""``reconciler operator``: the kinds as Kubernetes resources, reconciled in the cluster."""

from pathlib import Path

import click

from reconciler.cli.completion import files
from reconciler.cli.help_examples import examples
from reconciler.core.errors import UsageError, all_of

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_INSTALL = "pip install 'signalwire-reconciler[operator]'"


def _state_namespace(given: str | None) -> str:
    if given:
        return given
    try:
        return _POD_NAMESPACE.read_text(encoding="ascii").strip()
    except OSError as error:
        raise UsageError(
            "--state-namespace is not given, and this is no Pod with a namespace of its own",
            hint="name a namespace for the records, which outlives those of the Spaces",
        ) from error


@click.command(
    "operator",
    epilog=examples("reconciler operator --state-namespace reconciler --metrics 0.0.0.0:8080"),
)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAME",
    help="Watch only this namespace (may be repeated). Default: all namespaces.",
)
@click.option(
    "--state-namespace",
    metavar="NAME",
    help="The namespace of the records, one Secret for each Space. Default in a Pod: its own namespace.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=32,
    show_default=True,
    metavar="N",
    help="How many Spaces are reconciled at the same time.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=120.0,
    show_default=True,
    metavar="S",
    help="Seconds that the requests of one pass may take to plan, and again to apply.",
)
@click.option(
    "--lease",
    type=click.FloatRange(min=5),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds after which the lock of an operator that died ends.",
)
@click.option(
    "--peering",
    default="",
    metavar="NAME",
    help="Let one of several operators work, by the KopfPeering of this name.",
)
@click.option("--metrics", default="", metavar="HOST:PORT", help="Serve /metrics for Prometheus.")
@click.option("--healthz", default="", metavar="HOST:PORT", help="Serve /healthz for a probe.")
@click.option(
    "--kinds",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="Manage the kinds of your own in this file or folder too (may be repeated).",
)
@click.option("--verbose", "-v", is_flag=True, help="Log what kopf does, too.")
def command(  # noqa: PLR0913  # one parameter for each flag
    *,
    namespaces: tuple[str, ...],
    state_namespace: str | None,
    workers: int,
    deadline: float,
    lease: float,
    peering: str,
    metrics: str,
    healthz: str,
    kinds: tuple[str, ...],
    verbose: bool,
) -> int:
    """Reconcile Spaces that are declared as Kubernetes resources, until it is stopped.

    The cluster is the one of KUBECONFIG, or of the Pod's service account. The resources are those of
    'reconciler schema --format crd'.
    """
    try:
        from reconciler.operator.options import OperatorOptions  # an extra
        from reconciler.operator.run import host_and_port, run_operator
    except ImportError as error:
        raise UsageError(
            "the operator needs packages that are not installed", hint=_INSTALL
        ) from error
    records, *_ = all_of(
        lambda: _state_namespace(state_namespace),
        lambda: metrics and host_and_port(metrics, "--metrics"),
        lambda: healthz and host_and_port(healthz, "--healthz"),
    )
    run_operator(
        OperatorOptions(
            records,
            namespaces,
            workers,
            deadline,
            lease,
            peering,
            metrics,
            healthz,
            verbose,
            kinds,
        )
    )
    return 0
