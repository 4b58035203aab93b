"""What a shell may complete: names of resources, declared or recorded, of kinds and fields, of environments.

Nothing here may fail, or speak.
"""

from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from reconciler.core.errors import ReconcilerError


def _known(flags: dict[str, Any]) -> set[str]:
    from reconciler.cli.workspace import open_workspace  # noqa: PLC0415
    from reconciler.engine.suggestions import known_resources  # noqa: PLC0415  # a shell asks often: no more is imported than is needed

    session = open_workspace(
        env=flags.get("env"), space=flags.get("space"), project_id=flags.get("project_id")
    )
    return {str(address) for address in known_resources(session, tuple(flags.get("paths") or ()))}


def _with_prefix(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def resource_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """``Room/lobby`` and the like that start with what is typed; the part before the slash first, where nothing is typed yet."""
    try:
        names = _known(ctx.params)
    except (ReconcilerError, OSError):
        return []
    return _with_prefix(names, incomplete)


def plain_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Where a resource may be called without its kind: ``lobby``, or ``Room/lobby`` once a slash is typed."""
    names = [one.value for one in resource_names(ctx, param, "")]
    return _with_prefix(
        names if "/" in incomplete else {name.partition("/")[2] for name in names}, incomplete
    )


def names_with_tokens(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The names of what comes with tokens of its own."""
    from reconciler import catalog  # noqa: PLC0415
    from reconciler.core.kinds import resources  # noqa: PLC0415
    from reconciler.space.tokens import comes_with_tokens  # noqa: PLC0415

    able = {kind.name for kind in resources(catalog.kinds()) if comes_with_tokens(kind)}
    found = (one.value.partition("/") for one in resource_names(ctx, param, ""))
    return _with_prefix({name for kind, _, name in found if kind in able}, incomplete)


def token_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The first part of CONFERENCE/NAME; which tokens it has, only the Space could tell."""
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
    """The kinds; of one that is typed with its dot, the fields."""
    from reconciler import catalog  # noqa: PLC0415

    kinds = catalog.kinds()
    name, dot, _ = incomplete.partition(".")
    if not dot:
        return _with_prefix(kinds, incomplete)
    fields = {**kinds[name].fields, **kinds[name].answers} if name in kinds else {}
    return _with_prefix((f"{name}.{field}" for field in fields), incomplete)


def names_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of resources, and files as the shell finds them."""
    return [*resource_names(ctx, param, incomplete), CompletionItem(incomplete, type="file")]
