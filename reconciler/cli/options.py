"""Options shared by several commands."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.cli import console
from reconciler.cli.completion import environments, resource_names

Command = TypeVar("Command", bound=Callable[..., Any])


def _all(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(function: Command) -> Command:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


paths = click.argument("paths", nargs=-1, metavar="[PATH]...")

project = _all(
    click.option(
        "--env",
        "env",
        metavar="NAME",
        help="The environment of reconciler.yaml to work on.",
        shell_complete=environments,
    ),
    click.option("--debug", is_flag=True, help="Trace requests, and show tracebacks."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        expose_value=False,
        callback=lambda _ctx, _param, form: console.use_json(events=form == "json"),
        help="Messages for people, or an event as a line of JSON for each thing that happens.",
    ),
)

connection = _all(
    click.option(
        "--space",
        metavar="HOST",
        help="The Space: NAME.signalwire.com, HOST:PORT of this machine, "
        "or 'local' for the embedded one.",
    ),
    click.option(
        "--project-id", metavar="ID", help="The project's id; else $SIGNALWIRE_PROJECT_ID."
    ),
    click.option(
        "--token-file",
        metavar="FILE",
        type=click.Path(),
        help="A file or pipe that holds the API token, '-' for standard input; else $SIGNALWIRE_API_TOKEN.",
    ),
    project,
)

selection = _all(
    click.option(
        "--target",
        "targets",
        multiple=True,
        metavar="KIND/NAME",
        help="Only this resource (may be repeated).",
        shell_complete=resource_names,
    ),
    click.option(
        "--selector",
        "selectors",
        multiple=True,
        metavar="KEY=VALUE",
        help="Only resources with this label (may be repeated).",
    ),
    click.option(
        "--no-prune", is_flag=True, help="Leave out deletions of what is declared no longer."
    ),
)

# Value of a consent flag without its argument.
BARE = ""


def consent_option(flag: str, words: str) -> Callable[[Command], Command]:
    """A repeatable flag that consents to named resources or to a number of a kind.

    Without a value it is accepted here and refused later, with the exact form.
    """
    return click.option(
        flag,
        multiple=True,
        is_flag=False,
        flag_value=BARE,
        metavar="KIND/NAME|KIND=N",
        help=words,
        shell_complete=resource_names,
    )


adopt = consent_option(
    "--adopt",
    "Take over this live resource that bears a declared name, or N of them (may be repeated).",
)
allow_live = consent_option(
    "--allow-live",
    "Consent to delete or rename this resource with a live session, or N of them "
    "(may be repeated).",
)


def format_option(*choices: str) -> Callable[[Command], Command]:
    """``--format`` with these choices; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print the result.",
    )
