"""Opens the record of a Space: a Secret in the operator's own namespace, which outlives the others."""

from collections.abc import Callable

from lightkube.core.client import Client

from reconciler.core.kinds import Kinds, resources
from reconciler.operator.options import OperatorOptions
from reconciler.operator.resources import SpaceItem
from reconciler.space.target import target
from reconciler.state.backends.kubernetes import KubernetesBackend
from reconciler.state.lease import Timing
from reconciler.state.remote import SharedState
from reconciler.state.store import StateStore


def _record_place(space: SpaceItem, options: OperatorOptions) -> str:
    """Return where the record is, as ``state:`` in reconciler.yaml would name it.

    A namespace has no dot in its name, so no two Spaces share a record.
    """
    name = f"{space.metadata.namespace}.{space.metadata.name}"
    return f"kubernetes:{options.state_namespace}/{name}"


def open_record(
    space: SpaceItem,
    project: str,
    *,
    kinds: Kinds,
    options: OperatorOptions,
    client: Callable[[], Client],
) -> StateStore:
    """Open the record of a Space and project; ``client`` returns the connection to the cluster.

    CredentialsError for an unusable host.
    """
    where = target(space.host, project=project, token="unused")  # noqa: S106  # only for its name
    return SharedState(
        KubernetesBackend(_record_place(space, options), shared=client),
        space=where.space,
        project=where.project,
        kinds={kind.name for kind in resources(kinds)},
        timing=Timing(options.lease, options.lease / 4, min(3.0, options.lease / 5)),
    )
