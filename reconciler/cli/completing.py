"""What a shell may complete: the names of resources, declared or recorded. Nothing here may fail, or speak."""

from typing import Any

import click
from click.shell_completion import CompletionItem

from reconciler.core.errors import ReconcilerError


def _known(flags: dict[str, Any]) -> set[str]:
    from reconciler.cli.meant import known_resources  # noqa: PLC0415  # a shell asks often: no more is imported than is needed
    from reconciler.cli.session import open_session  # noqa: PLC0415

    session = open_session(env=flags.get("env"), space=flags.get("space"), project_id=flags.get("project_id"))
    return {str(address) for address in known_resources(session, tuple(flags.get("paths") or ()))}


def resource_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``Room/lobby`` and the like that start with what is typed; the part before the slash first, where nothing is typed yet."""
    try:
        names = _known(ctx.params)
    except (ReconcilerError, OSError):
        return []
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
