"""``reconciler completion``: what a shell needs to complete commands, options and names of resources."""

import click
from click.shell_completion import get_completion_class

from reconciler.cli import console
from reconciler.cli.completion_shells import VARIABLE, register

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script of a shell.

    \b
    ~/.bashrc                   eval "$(reconciler completion bash)"
    ~/.zshrc, after compinit    eval "$(reconciler completion zsh)"
    ~/.config/fish/config.fish  reconciler completion fish | source

    Names of resources come from the manifests in the working folder and from the state; the Space is not read.
    """
    register()
    kind = get_completion_class(shell)
    assert kind is not None  # these three are registered
    console.out(kind(ctx.find_root().command, {}, "reconciler", VARIABLE).source().strip() + "\n")
    return 0
