"""From options, environment and reconciler.yaml to what a command works with: paths, Space, credentials, state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from reconciler import __version__, catalog, manifest
from reconciler import space as spaces
from reconciler.cli import console
from reconciler.cli.credentials import check_quotes, token_in
from reconciler.cli.environments import FOLDER, check_begun, check_states, default_environment, environments_meant
from reconciler.core.errors import CredentialsError, UsageError
from reconciler.core.kinds import Kinds, resources
from reconciler.core.text import printable

# Of manifest and space only what a command comes to is imported: see core/lazy.py.
if TYPE_CHECKING:
    from reconciler.core.declared import Place
    from reconciler.core.guard import Limits
    from reconciler.manifest import Connection, Environment, Project
    from reconciler.space import Target
    from reconciler.state import StateStore


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line: where it stands, and what it was told.

    ``root`` is the folder of reconciler.yaml, or the working folder where there is none. ``once`` keeps what was read from a
    pipe, which can be read one time only.
    """

    kinds: Kinds
    root: Path
    project: Project | None
    env: str | None
    environment: Environment | None
    variables: Mapping[str, str]
    space: str | None
    project_id: str | None
    token_file: str | None
    debug: bool
    once: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def literal_secrets(self) -> Literal["warn", "allow", "refuse"]:
        """What becomes of a secret that stands in a manifest in clear."""
        return cast("Literal['warn', 'allow', 'refuse']", _safety(self, "literal_secrets", "warn"))


def _safety(session: Session, field: str, default: Any) -> Any:
    """A word of ``safety``: as the environment has it, else as the project has it, else the default."""
    for place in (session.environment, session.project):
        value = getattr(place.safety, field) if place and place.safety else None
        if value is not None:
            return value
    return default


def open_session(
    *,
    env: str | None = None,
    debug: bool = False,
    space: str | None = None,
    project_id: str | None = None,
    token_file: str | None = None,
) -> Session:
    """Read reconciler.yaml where there is one. Nothing of a Space or of credentials is looked at yet."""
    asked = click.get_current_context(silent=True)
    console.emit("start", command=asked.command_path.partition(" ")[2] if asked else "", version=__version__)
    found = manifest.find_project(Path.cwd())
    project = manifest.load_project(_shown(found), schema=catalog.documents()["project.schema.json"]) if found else None
    if project is not None:
        check_states(project)
    env, said = (env, "--env") if env is not None else default_environment(project)
    if env is not None and project is None:
        near = manifest.nearly_project(Path.cwd())
        mend = f"there is {printable(near)} here: name it reconciler.yaml" if near else f"go to its folder, or leave {said} out"
        raise UsageError(f"{said} {env}: there is no reconciler.yaml from here upwards", hint=mend)
    if env is None and project is not None:
        env = _only_environment(project, space, project_id)
    environment = manifest.environment_named(project, env) if project and env is not None else None
    variables = {**(project.vars if project else {}), **(environment.vars if environment else {})}
    root = found.parent if found else Path.cwd()
    return Session(catalog.kinds(), root, project, env, environment, variables, space, project_id, token_file, debug)


def _only_environment(project: Project, space: str | None, project_id: str | None) -> str | None:
    """The one environment that is the Space and project that are meant; what was applied to it is in its record."""
    meant = environments_meant(project, space=space, project_id=project_id)
    if len(meant) != 1:
        return None
    console.tell(f"No --env: this Space and project are environment {meant[0]!r} of reconciler.yaml, whose record is used.")
    return meant[0]


def manifest_environment(session: Session) -> dict[str, str]:
    """What ``${env:NAME}`` can be in manifests: everything but the credentials of the tool itself, by whatever name."""
    token = os.environ.get("SIGNALWIRE_API_TOKEN", "")
    kept = {name: value for name, value in os.environ.items() if name != "SIGNALWIRE_API_TOKEN" and not _gives_away(value, token)}
    for environment in session.project.environments.values() if session.project else ():
        written = environment.api_token.text if environment.api_token else ""
        kept.pop(written.removeprefix("${env:").removesuffix("}"), None)
    return kept


def _gives_away(value: str, token: str) -> bool:
    """Whether ``value`` is or holds the token; a short one is a word for trials, which a value may hold by chance."""
    if not token:
        return False
    return token in value if len(token) >= spaces.SHORTEST_TOKEN else value == token != spaces.LOCAL


def search_rules(session: Session) -> manifest.SearchRules:
    """What of the folders of manifests is searched: as reconciler.yaml says, and nothing that this run itself writes to."""
    project, environment = session.project, session.environment
    exclude = (*(project.exclude if project else ()), *(environment.exclude if environment else ()))
    return manifest.SearchRules(
        str(session.root),
        exclude,
        project.follow_links if project else (),
        manifest.outputs(),
        console.tell,
    )


def manifest_paths(session: Session, given: tuple[str, ...]) -> tuple[str, ...]:
    """The paths to read: those given, else those of the environment or the project, else the working folder."""
    if given:
        return given
    return tuple(manifest_places(session)) or (".",)


def manifest_places(session: Session) -> dict[str, Place]:
    """The paths of the environment, or else of the project, from the working folder, and where each is written."""
    environment, project = session.environment, session.project
    where = environment if environment and environment.manifests else project
    if where is None:
        return {}
    return {os.path.relpath(session.root / path): place for path, place in zip(where.manifests, where.manifests_at, strict=True)}


def limits(session: Session) -> Limits:
    """The limits of mass changes: field by field the environment's, else the project's, else the default."""
    from reconciler.core.guard import Limits  # noqa: PLC0415  # for commands that plan

    standard = Limits()
    share = _safety(session, "max_delete_share", standard.max_delete_share)
    number = _safety(session, "max_delete_count", standard.max_delete_count)
    return Limits(
        share,
        number,
        _safety(session, "max_update_share", standard.max_update_share),
        _safety(session, "max_update_count", standard.max_update_count),
    )


def _token(session: Session, written: Connection) -> str:
    if session.token_file:
        return token_in(session.token_file, session.once)
    return written.api_token.value if written.api_token else os.environ.get("SIGNALWIRE_API_TOKEN", "")


def _check_quotes(space: str, project_id: str, token: str) -> None:
    given = ((space, "the space"), (project_id, "the project id"), (token, "the API token"))
    for text, what in given:
        check_quotes(text, what)


def _check_binding(session: Session, written: Connection) -> None:
    """Credentials go to the Space and project that they were given for, whatever a file of the repository says."""
    said = (
        (written.space, os.environ.get("SIGNALWIRE_SPACE"), "SIGNALWIRE_SPACE"),
        (written.space, session.space, "--space"),
        (written.project_id, os.environ.get("SIGNALWIRE_PROJECT_ID"), "SIGNALWIRE_PROJECT_ID"),
        (written.project_id, session.project_id, "--project-id"),
    )
    for meant, other, where in said:
        if meant and other and other != meant and spaces.LOCAL not in (other, meant):
            raise CredentialsError(
                f"environment {session.env!r} is for {meant}, and {where} says {other}",
                hint="the token of one is not sent to another: use the credentials of that environment",
            )


def _check_meant(session: Session, written: Connection, where: Target) -> None:
    """The token of the surroundings goes to the Space that the surroundings name: a file of the repository alone cannot send it
    anywhere. This machine's own Spaces are nobody else's.
    """
    from_outside = written.api_token is None and not session.token_file
    named_outside = session.space or os.environ.get("SIGNALWIRE_SPACE")
    if written.space and from_outside and not named_outside and not where.is_loopback:
        raise CredentialsError(
            f"environment {session.env!r} is for {where.space}, and nothing says that SIGNALWIRE_API_TOKEN is meant for it",
            hint=f"set SIGNALWIRE_SPACE={where.space} beside the token, or write api_token: ${{env:NAME}} into the environment",
        )


def connect_target(session: Session, *, speaks: bool = True) -> Target:
    """The Space and the credentials for it: flags first, then the environment of reconciler.yaml, then SIGNALWIRE_….

    Where nothing is sent (``speaks`` is false) the token may be missing. CredentialsError names everything that is missing,
    and where it is looked for.
    """
    if session.space == spaces.LOCAL:
        return spaces.target(spaces.LOCAL, project=spaces.LOCAL, token=spaces.LOCAL)
    if session.env is None and session.project is not None:
        meant = environments_meant(session.project, space=session.space, project_id=session.project_id)
        if meant:
            raise UsageError(
                f"several environments are this Space and project, each with a record of its own: {', '.join(meant)}",
                hint="choose one with --env",
            )
    written = manifest.connection(session.environment, os.environ) if session.environment else manifest.Connection(None, None, None)
    space = session.space or written.space or os.environ.get("SIGNALWIRE_SPACE", "")
    if space == spaces.LOCAL:
        return spaces.target(spaces.LOCAL, project=spaces.LOCAL, token=spaces.LOCAL)
    _check_binding(session, written)
    if speaks and written.space and not session.space and os.environ.get("SIGNALWIRE_SPACE") != written.space:
        from reconciler.cli.base_branch import BASE, check_space  # noqa: PLC0415  # where CI looks at a pull request

        if os.environ.get(BASE):
            check_space(session.environment.space.text if session.environment and session.environment.space else None, os.environ)
    project_id = session.project_id or written.project_id or os.environ.get("SIGNALWIRE_PROJECT_ID", "")
    token = _token(session, written)
    looked_for = (
        ("the space (--space or SIGNALWIRE_SPACE)", space),
        ("the project (--project-id or SIGNALWIRE_PROJECT_ID)", project_id),
        ("the token (SIGNALWIRE_API_TOKEN or --token-file)", token),
    )
    _check_quotes(space, project_id, token)
    missing = [name for name, value in (looked_for if speaks else looked_for[:2]) if not value]
    if missing:
        known = ", ".join(session.project.environments) if session.project and session.environment is None else ""
        mend = f"choose an environment of reconciler.yaml with --env ({known})" if known else "set them"
        raise CredentialsError(f"missing: {', '.join(missing)}", hint=f"{mend}, or try it without an account: --space local")
    where = spaces.target(space, project=project_id, token=token or "none-since-nothing-is-sent")
    if speaks:
        _check_meant(session, written, where)
    return where


def _shown(path: Path) -> Path:
    """``path`` as people read it best: from the working folder, where it is below that."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def state_path(session: Session, where: Target) -> Path:
    """The file of the state: as reconciler.yaml says, else one for each environment, or for each Space, under .reconciler/.

    A trial with ``--space local`` has its own, so that it never mixes with a real one.
    """
    named = _named_state(session)
    if named:
        return _shown(session.root / named)
    return _shown(session.root / FOLDER / f"{_state_label(session, where)}.state.json")


def _named_state(session: Session) -> str:
    """Where reconciler.yaml says that the record is kept; '' where it does not, and for a trial with ``--space local``."""
    if session.space == spaces.LOCAL:
        return ""
    return (session.environment.state if session.environment else None) or (session.project.state if session.project else None) or ""


def _state_mode(session: Session) -> str:
    """Who may read and write the files of a local record: as the environment says, else as the project does."""
    environment, project = session.environment, session.project
    return (environment.state_mode if environment else "") or (project.state_mode if project else "")


def _state_label(session: Session, where: Target) -> str:
    """What the record is called: as the environment, else as the Space."""
    trial = session.space == spaces.LOCAL
    return session.env if session.env and not trial else where.space.replace(":", "_").replace("[", "").replace("]", "")


def open_state(session: Session, where: Target) -> StateStore:
    """The state of the Space that is meant."""
    from reconciler.cli.base_branch import check_state  # noqa: PLC0415  # as below
    from reconciler.cli.network import access_of  # noqa: PLC0415  # as below
    from reconciler.state import is_shared, store_at  # noqa: PLC0415  # for commands that have to do with a Space

    check_state(_named_state(session), os.environ)
    if where.space != spaces.LOCAL and not is_shared(_named_state(session)):
        check_begun(session.root, session.project, state_path(session, where), where)
    return store_at(
        _named_state(session),
        file=state_path(session, where),
        folder=session.root,
        environment=_state_label(session, where),
        space=where.space,
        project=where.project,
        kinds={kind.name for kind in resources(session.kinds)},
        environ=os.environ,
        tell=console.wait,
        reach=partial(access_of, session),
        owner=session.env or "",
        owners=session.project.environments if session.project else (),
        mode=_state_mode(session),
    )


def has_record(session: Session, where: Target) -> bool:
    """Whether there is a record of this Space in a file: it was asked before, from here. OSError where that cannot be told."""
    return state_path(session, where).is_file()


def recorded_state(session: Session) -> StateStore:
    """The state for commands that never speak to the Space: they need no token."""
    return open_state(session, connect_target(session, speaks=False))


def local_database(session: Session) -> Path:
    """The file that keeps the embedded local Space."""
    return _shown(session.root / FOLDER / "local-space.sqlite")


def trace(session: Session) -> Callable[[str], None] | None:
    """Where requests are traced with --debug."""
    return console.tell if session.debug else None
