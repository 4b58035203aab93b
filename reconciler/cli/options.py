"""Options shared by several commands."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.cli import console
from reconciler.cli.completion import environments, files, labels, resource_names, spaces

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _all(*decorators: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def decorate(function: _Command) -> _Command:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


paths = click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=files)

project = _all(
    click.option(
        "--env",
        "env",
        metavar="NAME",
        help="The environment of reconciler.yaml to use. Default: $RECONCILER_ENV, or default_environment in that file.",
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
        help="Messages as text, or one JSON line for each event.",
    ),
)

connection = _all(
    click.option(
        "--space",
        metavar="HOST",
        help="The Space: NAME.signalwire.com, HOST:PORT of this machine, "
        "or 'local' for the embedded one. Default: $SIGNALWIRE_SPACE.",
        shell_complete=spaces,
    ),
    click.option(
        "--project-id", metavar="ID", help="The project's id. Default: $SIGNALWIRE_PROJECT_ID."
    ),
    click.option(
        "--token-file",
        metavar="FILE",
        type=click.Path(),
        help="A file or pipe with the API token, '-' for standard input. Default: $SIGNALWIRE_API_TOKEN.",
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
        shell_complete=labels,
    ),
    click.option(
        "--no-prune", is_flag=True, help="Do not delete resources that are no longer declared."
    ),
)

unmanaged = click.option(
    "--unmanaged",
    is_flag=True,
    help="Also list unmanaged resources: neither declared nor created with this tool.",
)
verbose = click.option("--verbose", "-v", is_flag=True, help="Show long values in full.")

# Value of a consent flag without its argument.
BARE = ""


def _consent_option(flag: str, words: str) -> Callable[[_Command], _Command]:
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


adopt = _consent_option(
    "--adopt",
    "Adopt this live resource, which has a declared name, or N of a kind (may be repeated).",
)
allow_live = _consent_option(
    "--allow-live",
    "Allow to delete, rename or interrupt this resource during a live session, or N of a kind "
    "(may be repeated).",
)


def format_option(*choices: str) -> Callable[[_Command], _Command]:
    """``--format`` with these choices; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Format of the result.",
    )
