"""Groups of commands, such as ``state``: unknown commands are answered with the right one, and the help cuts no sentence."""

from __future__ import annotations

from collections.abc import Mapping

import click

from reconciler.core.errors import UsageError


def _first_sentence(help_text: str) -> str:
    """What a command does, from its help."""
    paragraph = " ".join(help_text.strip().split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".") + "."


def _summary(command: click.Command) -> str:
    return command.short_help or _first_sentence(command.help or "")


def options_by_command(
    commands: Mapping[str, click.Command], before: str = ""
) -> dict[str, list[str]]:
    """For each option the names of the commands that take it, in the order of ``commands``."""
    taken: dict[str, list[str]] = {}
    for name, command in commands.items():
        if isinstance(command, CommandGroup):
            inner = options_by_command(command.commands, before=f"{name} ")
            for option, users in inner.items():
                taken.setdefault(option, []).extend(users)
            continue
        shown = [one for one in command.params if not getattr(one, "hidden", False)]
        for option in (option for one in shown for option in one.opts):
            taken.setdefault(option, []).append(f"{before}{name}")
    return taken


def usage_line(context: click.Context) -> str:
    """How a command is written: its arguments, and the options that it cannot do without."""
    command = context.command
    needed = [
        f"{one.opts[0]} {one.make_metavar(context)}"
        for one in command.params
        if one.required and isinstance(one, click.Option)
    ]
    pieces = [one for one in command.collect_usage_pieces(context) if one != "[OPTIONS]"]
    return " ".join([context.command_path, *pieces, *needed])


class CommandGroup(click.Group):
    """A click group with suggestions for unknown commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's own resolution, with a suggestion for an unknown command."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from reconciler.cli.habits import command_hint, similar_command  # noqa: PLC0415  # only after an error

            here = command_hint(args[0], group=self.name or "")
            near = "" if here else similar_command(args[0], self.commands)
            raise UsageError(
                f"no such command: {f'{self.name} {args[0]}'!r}{near}",
                hint=here or f"{ctx.command_path} --help lists them",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its first sentence."""
        rows = [(name, _summary(self.commands[name])) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
