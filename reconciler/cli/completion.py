"""Shell completion: resource names, kinds and fields, environments.

It never fails and prints nothing.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from reconciler.core.errors import ReconcilerError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from reconciler.core.kinds import Kind
    from reconciler.engine.workspace import Workspace
    from reconciler.manifest.load import Loaded


def _session(flags: dict[str, Any]) -> "Workspace":
    # Imported here only: completion runs at each key, and must be fast.
    from reconciler.cli.workspace import open_workspace  # noqa: PLC0415

    return open_workspace(
        env=flags.get("env"), space=flags.get("space"), project_id=flags.get("project_id")
    )


def _paths(flags: dict[str, Any]) -> tuple[str, ...]:
    return tuple(flags.get("paths") or ())


def _known(flags: dict[str, Any]) -> set[str]:
    from reconciler.engine.suggestions import known_resources  # noqa: PLC0415

    return {str(address) for address in known_resources(_session(flags), _paths(flags))}


def _loaded(flags: dict[str, Any]) -> "Loaded | None":
    from reconciler.engine.manifests import load_manifests  # noqa: PLC0415

    try:
        return load_manifests(_session(flags), _paths(flags))
    except (ReconcilerError, OSError):
        return None


def _resource_kinds() -> "tuple[Kind, ...]":
    from reconciler import catalog  # noqa: PLC0415
    from reconciler.core.kinds import resources  # noqa: PLC0415

    return resources(catalog.kinds())


def _item(value: str, *, kind: str = "plain") -> "CompletionItem":
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # a run completes nothing

    return CompletionItem(value, type=kind)


def _with_prefix(names: Iterable[str], incomplete: str) -> "list[CompletionItem]":
    return [_item(name) for name in sorted(names) if name.startswith(incomplete)]


def resource_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Resources such as ``Room/lobby`` that start with ``incomplete``."""
    try:
        names = _known(ctx.params)
    except (ReconcilerError, OSError):
        return []
    return _with_prefix(names, incomplete)


def plain_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Resource names without their kind (``lobby``), or with it once it is typed."""
    names = [one.value for one in resource_names(ctx, param, "")]
    return _of_kinds(names, {name.partition("/")[0] for name in names}, incomplete)


def _of_kinds(
    names: Iterable[str], kinds: Iterable[str], incomplete: str
) -> "list[CompletionItem]":
    """``names`` (``Room/lobby``) of ``kinds``, without their kind until it is begun to be typed."""
    fitting = [name for name in names if name.partition("/")[0] in kinds]
    plain = _with_prefix({name.partition("/")[2] for name in fitting}, incomplete)
    return plain if plain or not incomplete else _with_prefix(fitting, incomplete)


def names_with_tokens(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Names of resources that have tokens of their own."""
    from reconciler.space.tokens import comes_with_tokens  # noqa: PLC0415

    able = {kind.name for kind in _resource_kinds() if comes_with_tokens(kind)}
    names = [one.value for one in resource_names(ctx, param, "")]
    return _of_kinds(names, able, incomplete)


def token_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The first part of CONFERENCE/NAME. The token names are known to the Space only."""
    return [_item(f"{one.value}/") for one in names_with_tokens(ctx, param, incomplete)]


def kinds_with_slash(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The first part of KIND/NAME, where the name is new or known to the Space only."""
    return _with_prefix((f"{kind.name}/" for kind in _resource_kinds()), incomplete)


def kinds_with_number(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The first part of KIND=N."""
    return _with_prefix((f"{kind.name}=" for kind in _resource_kinds()), incomplete)


def names_to_import(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The kinds, and what is known of the kind that was typed."""
    if "/" not in incomplete:
        return kinds_with_slash(ctx, param, incomplete)
    return resource_names(ctx, param, incomplete) or kinds_with_slash(ctx, param, incomplete)


def roles(ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The declared roles."""
    from reconciler import catalog  # noqa: PLC0415

    minted = {name for name, kind in catalog.kinds().items() if kind.type == "token"}
    found = _loaded(ctx.params)
    names = [one.name for one in (found.fragments if found else ()) if one.kind in minted]
    return _with_prefix(names, incomplete)


def labels(ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The labels of what is declared, as KEY=VALUE."""
    found = _loaded(ctx.params)
    pairs: set[str] = set()
    for one in found.desired if found else ():
        pairs.update(f"{key}={value}" for key, value in one.labels.items())
    return _with_prefix(pairs, incomplete)


def spaces(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The embedded Space: the other hosts are in the project file, under their environments."""
    return _with_prefix(("local",), incomplete)


def environments(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The environments of the project file."""
    from reconciler.cli.workspace import open_workspace  # noqa: PLC0415

    try:
        project = open_workspace().project
    except (ReconcilerError, OSError):
        return []
    return _with_prefix(project.environments if project else (), incomplete)


def schema_names(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The schemas that there are: the kinds as they are written, and others."""
    from reconciler import catalog  # noqa: PLC0415

    kinds = catalog.kinds()
    others = {name.removesuffix(catalog.SUFFIX) for name in catalog.documents()}
    small = {name.lower() for name in kinds}
    return _with_prefix({*kinds, *(others - small), "manifest"}, incomplete)


def kinds_and_fields(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """The kinds, or the fields of a kind followed by a dot."""
    from reconciler.engine.project_kinds import kinds_here  # noqa: PLC0415

    kinds = kinds_here()
    name, dot, _ = incomplete.partition(".")
    if not dot:
        return _with_prefix(kinds, incomplete)
    fields = {**kinds[name].fields, **kinds[name].answers} if name in kinds else {}
    return _with_prefix((f"{name}.{field}" for field in fields), incomplete)


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Files and folders, as the shell completes them."""
    return [_item(incomplete, kind="file")]


def names_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Resource names, and files as the shell completes them."""
    return [*resource_names(ctx, param, incomplete), *files(ctx, param, incomplete)]


def names_or_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Resource names; files where no name fits."""
    return resource_names(ctx, param, incomplete) or files(ctx, param, incomplete)
