"""``reconciler tokens``: tokens of conferences, and tokens to join rooms, minted from roles."""

from typing import Any

import click

from reconciler.cli import console, options
from reconciler.cli.completion import files, names_with_tokens, plain_names, roles, token_names
from reconciler.cli.groups import CommandGroup
from reconciler.cli.help_examples import examples
from reconciler.reports.text import tokens as token_text

_reveal_option = click.option(
    "--reveal", is_flag=True, help="Print tokens in clear. Anyone who has one can join with it."
)


@click.group("tokens", cls=CommandGroup)
def command() -> None:
    """Tokens of conferences, and tokens to join rooms.

    Tokens are secrets: they are printed as (secret) without --reveal, and are not stored.
    """


@command.command(
    "list",
    short_help="List the tokens of a conference.",
    epilog=examples("reconciler tokens list town-hall"),
)
@click.argument("conference", metavar="CONFERENCE", shell_complete=names_with_tokens)
@options.format_option(*token_text.TOKENS_FORMATS)
@_reveal_option
@click.option("--verbose", "-v", is_flag=True, help="List what each token allows.")
@options.connection
def _list(conference: str, form: str, *, reveal: bool, verbose: bool, **connection: Any) -> int:
    """List the tokens of a conference (moderator and guest), with their ids and what they allow.

    CONFERENCE is the name of a live conference, declared or not.
    """
    from reconciler.cli.token_runs import list_tokens

    report = list_tokens(connection, conference, reveal=reveal, verbose=verbose)
    console.out_as(form, token_text.TOKENS_FORMATS[form](report))
    return 0


@command.command(
    "reset",
    short_help="Give a token of a conference a new value.",
    epilog=examples("reconciler tokens reset town-hall/guest --yes"),
)
@click.argument("token", metavar="CONFERENCE/NAME", shell_complete=token_names)
@options.format_option(*token_text.TOKENS_FORMATS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_reveal_option
@options.connection
def _reset(token: str, form: str, *, yes: bool, reveal: bool, **connection: Any) -> int:
    """Give a token of a conference a new value. The old value no longer works.

    CONFERENCE/NAME is the conference and the token's name, such as town-hall/guest. Asks first.
    """
    from reconciler.cli.token_runs import reset_and_show

    reset_and_show(connection, token, form, yes=yes, reveal=reveal)
    return 0


@command.command(
    "mint",
    short_help="Mint a token to join a room.",
    epilog=examples("reconciler tokens mint lobby --user Ann --role moderator --reveal"),
)
@click.argument("room", metavar="ROOM", shell_complete=plain_names)
@click.option(
    "--user", metavar="NAME", help="Required: the user's name, shown to the other members."
)
@click.option(
    "--role",
    shell_complete=roles,
    metavar="NAME",
    help="Required: a Role from the manifests: what the token allows, and for how long.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=files,
    help="File or folder with manifests (may be repeated).",
)
@options.format_option(*token_text.MINTED_FORMATS)
@_reveal_option
@options.connection
def _mint(
    room: str,
    user: str | None,
    role: str | None,
    *,
    paths: tuple[str, ...],
    form: str,
    reveal: bool,
    **connection: Any,
) -> int:
    """Mint a token for one user to join ROOM with the permissions of a role.

    The manifests are checked first, and a role's permissions are compared with those of the API. The token is not stored: without
    --reveal only what it allows is printed.
    """
    from reconciler.cli.token_runs import minted

    report = minted(connection, paths, room, user=user, role=role, reveal=reveal)
    console.out_as(form, token_text.MINTED_FORMATS[form](report))
    return 0
