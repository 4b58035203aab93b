"""``reconciler export``: manifests as resources of a Kubernetes cluster."""

from typing import Any

import click

from reconciler import catalog
from reconciler.cli import console, options
from reconciler.cli.help_examples import examples
from reconciler.cli.workspace import open_workspace
from reconciler.core.errors import ManifestError
from reconciler.core.resources import has_errors
from reconciler.core.text import count
from reconciler.engine.manifests import load_manifests
from reconciler.engine.workspace import Workspace
from reconciler.kubernetes.definitions import operator_needs
from reconciler.kubernetes.export import Exported, Names, export, space_resource
from reconciler.manifest.declared import declared
from reconciler.manifest.formatting.emitter import manifest_text

_LOCAL = "local"


def _host(workspace: Workspace) -> str:
    """The host of the Space; '' if it is not known, or is the local one."""
    written = workspace.environment.space if workspace.environment else None
    configured = written.text if written and "${" not in written.text else ""
    host = workspace.space or configured or workspace.environ.get("SIGNALWIRE_SPACE", "")
    return "" if host == _LOCAL else host


def _still_to_do(made: Exported, names: Names, *, credentials: str, host: str) -> None:
    """What the resources need and the output does not have."""
    into = f" --namespace {names.namespace}" if names.namespace else ""
    if host:
        console.info(
            f"The Space needs its credentials: kubectl create secret generic {credentials}{into} "
            "--from-literal=project_id=… --from-file=api_token=…"
        )
    else:
        console.info(
            f"The host of the Space is not known: give --space HOST, or write the Space {names.space} yourself."
        )
    if made.keys:
        console.info(f"The Secret {names.secret} beside it must have these keys:")
        for key, value in sorted(made.keys.items()):
            console.info(f"  {key}: {value}")


@click.command(
    "export",
    epilog=examples(
        "reconciler export --to kubernetes --namespace rooms > resources.yaml",
        "kubectl apply --server-side -f resources.yaml",
    ),
)
@options.paths
@click.option(
    "--to",
    "target",
    type=click.Choice(["kubernetes"]),
    required=True,
    help="What to turn the manifests into.",
)
@click.option("--namespace", default="", metavar="NAME", help="The namespace of the resources.")
@click.option(
    "--space-name",
    metavar="NAME",
    help="The name of the Space resource. Default: the name of the environment, or 'space'.",
)
@click.option(
    "--credentials",
    default="space-credentials",
    show_default=True,
    metavar="NAME",
    help="The Secret with project_id and api_token that the Space refers to.",
)
@click.option(
    "--secret",
    default="reconciler-env",
    show_default=True,
    metavar="NAME",
    help="The Secret that has the URLs of streams.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Let the operator take over what is in the Space already (adoptionPolicy: IfExists).",
)
@options.connection
def command(
    paths: tuple[str, ...],
    *,
    target: str,  # noqa: ARG001  # there is one so far
    namespace: str,
    space_name: str | None,
    credentials: str,
    secret: str,
    adopt: bool,
    **project: Any,
) -> int:
    """Turn manifests into resources of a Kubernetes cluster, for the operator, and say what cannot be converted.

    Variables are filled in; URLs of streams become references to a Secret. Nothing is sent anywhere.
    """
    workspace = open_workspace(**project)
    loaded = load_manifests(workspace, paths, missing_variables=set())
    if has_errors(loaded.problems):
        raise ManifestError(loaded.problems)
    names = Names(space_name or workspace.env or "space", namespace, secret, adopt)
    manifests = declared(loaded.sources, kinds=workspace.kinds, variables=workspace.variables)
    made = export(manifests, workspace.kinds, names)
    host = _host(workspace)
    space = [space_resource(names, host=host, credentials=credentials)] if host else []
    console.out(manifest_text(*space, *made.resources))
    console.warn(made.problems)
    _still_to_do(made, names, credentials=credentials, host=host)
    exported = {one["kind"] for one in made.resources}
    own = sorted(exported - catalog.kinds().keys())
    if own:
        console.info(operator_needs(own))
    left_out = len(manifests) - len(made.resources)
    console.info(f"Exported: {count(len(made.resources), 'resource')}; left out: {left_out}.")
    return 1 if left_out else 0
