"""Resolves the Space and its credentials: flags, then the environment, then SIGNALWIRE_…."""

from reconciler.core.errors import CredentialsError, UsageError
from reconciler.engine.environments import environments_meant
from reconciler.engine.token_file import check_quotes, token_in
from reconciler.engine.workspace import Workspace
from reconciler.manifest.credentials import Connection, connection
from reconciler.space.target import LOCAL, SHORTEST_TOKEN, Target, target

# Stands for a missing token where no request is sent.
_NO_TOKEN = "none-since-nothing-is-sent"  # noqa: S105


def _token(workspace: Workspace, configured: Connection) -> str:
    if workspace.token_file:
        return token_in(workspace, workspace.token_file)
    if configured.api_token:
        return configured.api_token.value
    return workspace.environ.get("SIGNALWIRE_API_TOKEN", "")


def _contains_token(value: str, token: str) -> bool:
    """Whether ``value`` contains the token."""
    if not token:
        return False
    if len(token) >= SHORTEST_TOKEN:
        return token in value
    # A short token is a test word, which other values may contain by chance.
    return value == token != LOCAL


def manifest_environment(workspace: Workspace) -> dict[str, str]:
    """Return the variables that ``${env:NAME}`` may read: all but the tool's own credentials."""
    token = workspace.environ.get("SIGNALWIRE_API_TOKEN", "")
    variables = {
        name: value
        for name, value in workspace.environ.items()
        if name != "SIGNALWIRE_API_TOKEN" and not _contains_token(value, token)
    }
    for environment in workspace.project.environments.values() if workspace.project else ():
        if environment.api_token:
            reference = environment.api_token.text
            variables.pop(reference.removeprefix("${env:").removesuffix("}"), None)
    return variables


def _check_binding(workspace: Workspace, configured: Connection) -> None:
    """CredentialsError if flags or variables name another Space than the environment."""
    environ = workspace.environ
    claims = (
        (configured.space, environ.get("SIGNALWIRE_SPACE"), "SIGNALWIRE_SPACE"),
        (configured.space, workspace.space, "--space"),
        (configured.project_id, environ.get("SIGNALWIRE_PROJECT_ID"), "SIGNALWIRE_PROJECT_ID"),
        (configured.project_id, workspace.project_id, "--project-id"),
    )
    for expected, other, source in claims:
        if expected and other and other != expected and LOCAL not in (other, expected):
            raise CredentialsError(
                f"environment {workspace.env!r} is for {expected}, but {source} says {other};"
                " no token was sent",
                hint=f"remove {source}, or choose with --env the environment that is for {other}",
            )


def _check_token_target(workspace: Workspace, configured: Connection, resolved: Target) -> None:
    """CredentialsError if only reconciler.yaml decides where the process's token is sent.

    A file of the repository could otherwise send the token anywhere. Loopback is exempt.
    """
    from_process = configured.api_token is None and not workspace.token_file
    space_from_process = workspace.space or workspace.environ.get("SIGNALWIRE_SPACE")
    if not configured.space or not from_process or space_from_process or resolved.is_loopback:
        return
    raise CredentialsError(
        f"environment {workspace.env!r} is for {resolved.space}, and it is unknown"
        " whether SIGNALWIRE_API_TOKEN belongs to it",
        hint=f"set SIGNALWIRE_SPACE={resolved.space} together with the"
        " token, or write api_token: ${env:NAME} into the environment",
    )


def _check_one_environment(workspace: Workspace) -> None:
    """UsageError if several environments describe the Space and project of this run."""
    if workspace.env is not None or workspace.project is None:
        return
    names = environments_meant(
        workspace.project, space=workspace.space, project_id=workspace.project_id
    )
    if names:
        raise UsageError(
            "several environments have this Space and project, each with its own state:"
            f" {', '.join(names)}",
            hint="choose one with --env",
        )


def _check_base_branch(workspace: Workspace, configured: Connection) -> None:
    """CredentialsError if a pull request chooses a Space or a kind for the token."""
    if workspace.project and workspace.project.kinds:
        from reconciler.engine.base_branch import check_kinds  # noqa: PLC0415  # only own kinds

        check_kinds(workspace.root, workspace.project.kinds, workspace.environ)
    if not configured.space or workspace.space:
        return
    if workspace.environ.get("SIGNALWIRE_SPACE") == configured.space:
        return
    from reconciler.engine.base_branch import BASE, check_space  # noqa: PLC0415  # only in CI

    if workspace.environ.get(BASE):
        environment = workspace.environment
        written = environment.space.text if environment and environment.space else None
        check_space(written, workspace.environ)


def _missing(workspace: Workspace, settings: list[str]) -> CredentialsError:
    fix = "set it" if len(settings) == 1 else "set them"
    if workspace.project and workspace.environment is None and workspace.project.environments:
        known = ", ".join(workspace.project.environments)
        fix = f"choose an environment of reconciler.yaml with --env ({known})"
    return CredentialsError(
        f"missing: {', '.join(settings)}",
        hint=f"{fix}, or try it without an account: --space local",
    )


def _check_quotes(space: str, project_id: str, token: str) -> None:
    """CredentialsError if one of them is in quotes, as an env file of docker leaves them."""
    check_quotes(space, "the space")
    check_quotes(project_id, "the project id")
    check_quotes(token, "the API token")


def resolve_target(workspace: Workspace, *, sends: bool = True) -> Target:
    """Return the Space and its credentials.

    With ``sends=False`` no request follows, and the token may be missing. CredentialsError names
    every missing setting and its sources.
    """
    local = target(LOCAL, project=LOCAL, token=LOCAL)
    if workspace.space == LOCAL:
        return local
    _check_one_environment(workspace)
    configured = Connection(None, None, None)
    if workspace.environment:
        configured = connection(workspace.environment, workspace.environ)
    environ = workspace.environ
    space = workspace.space or configured.space or environ.get("SIGNALWIRE_SPACE", "")
    if space == LOCAL:
        return local
    _check_binding(workspace, configured)
    if sends:
        _check_base_branch(workspace, configured)
    project_id = (
        workspace.project_id or configured.project_id or environ.get("SIGNALWIRE_PROJECT_ID", "")
    )
    token = _token(workspace, configured)
    _check_quotes(space, project_id, token)
    settings = {
        "the space (--space or SIGNALWIRE_SPACE)": space,
        "the project (--project-id or SIGNALWIRE_PROJECT_ID)": project_id,
    }
    if sends:
        settings["the token (SIGNALWIRE_API_TOKEN or --token-file)"] = token
    missing = [name for name, value in settings.items() if not value]
    if missing:
        raise _missing(workspace, missing)
    resolved = target(space, project=project_id, token=token or _NO_TOKEN)
    if sends:
        _check_token_target(workspace, configured, resolved)
    return resolved
