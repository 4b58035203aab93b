"""Options of the operator."""

from reconciler.core.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OperatorOptions:
    """How the operator runs. All times are in seconds.

    ``namespaces`` to watch (none: all), ``state_namespace`` for the records, ``workers`` passes at
    once, ``deadline`` for the requests of one step of a pass, ``lease`` of the lock of a record.
    ``peering`` names a KopfPeering, '' for none. ``metrics`` and ``healthz`` are HOST:PORT, '' for
    none. ``kinds`` are files or folders with schemas of own kinds.
    """

    state_namespace: str
    namespaces: tuple[str, ...] = ()
    workers: int = 32
    deadline: float = 120.0
    lease: float = 60.0
    peering: str = ""
    metrics: str = ""
    healthz: str = ""
    verbose: bool = False
    kinds: tuple[str, ...] = ()
