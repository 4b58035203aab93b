"""Shell completion: resource names, kinds and fields, environments.

It never fails and prints nothing.
"""

from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from reconciler.core.errors import ReconcilerError


def _known(flags: dict[str, Any]) -> set[str]:
    # Imported here only: completion runs at each key, and must be fast.
    from reconciler.cli.workspace import open_workspace  # noqa: PLC0415
    from reconciler.engine.suggestions import known_resources  # noqa: PLC0415

    session = open_workspace(
        env=flags.get("env"), space=flags.get("space"), project_id=flags.get("project_id")
    )
    return {str(address) for address in known_resources(session, tuple(flags.get("paths") or ()))}


def _with_prefix(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def resource_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Resources such as ``Room/lobby`` that start with ``incomplete``."""
    try:
        names = _known(ctx.params)
    except (ReconcilerError, OSError):
        return []
    return _with_prefix(names, incomplete)


def plain_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Resource names without their kind (``lobby``), or with it once a slash is typed."""
    names = [one.value for one in resource_names(ctx, param, "")]
    return _with_prefix(
        names if "/" in incomplete else {name.partition("/")[2] for name in names}, incomplete
    )


def names_with_tokens(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of resources that have tokens of their own."""
    from reconciler import catalog  # noqa: PLC0415
    from reconciler.core.kinds import resources  # noqa: PLC0415
    from reconciler.space.tokens import comes_with_tokens  # noqa: PLC0415

    able = {kind.name for kind in resources(catalog.kinds()) if comes_with_tokens(kind)}
    parts = (one.value.partition("/") for one in resource_names(ctx, param, ""))
    return _with_prefix({name for kind, _, name in parts if kind in able}, incomplete)


def token_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The first part of CONFERENCE/NAME. The token names are known to the Space only."""
    return [CompletionItem(f"{one.value}/") for one in names_with_tokens(ctx, param, incomplete)]


def environments(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The environments of the project file."""
    from reconciler.cli.workspace import open_workspace  # noqa: PLC0415

    try:
        project = open_workspace().project
    except (ReconcilerError, OSError):
        return []
    return _with_prefix(project.environments if project else (), incomplete)


def kinds_and_fields(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The kinds, or the fields of a kind followed by a dot."""
    from reconciler.engine.project_kinds import kinds_here  # noqa: PLC0415

    kinds = kinds_here()
    name, dot, _ = incomplete.partition(".")
    if not dot:
        return _with_prefix(kinds, incomplete)
    fields = {**kinds[name].fields, **kinds[name].answers} if name in kinds else {}
    return _with_prefix((f"{name}.{field}" for field in fields), incomplete)


def names_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Resource names, and files as the shell completes them."""
    return [*resource_names(ctx, param, incomplete), CompletionItem(incomplete, type="file")]
