"""All that is wrong with one command line. Click stops at the first problem."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli.groups import options_by_command, usage_line
from reconciler.cli.habits import option_hint
from reconciler.core.errors import UsageError, UsageErrors
from reconciler.core.text import printable


def _command_of(program: click.Group, arguments: Sequence[str]) -> tuple[click.Context, list[str]]:
    """The context of the command that ``arguments`` name, and the arguments of that command."""
    context = click.Context(program, info_name="reconciler")
    rest = list(arguments)
    while isinstance(context.command, click.Group) and rest:
        command = context.command.get_command(context, rest[0])
        if command is None:
            break
        context = click.Context(command, info_name=rest.pop(0), parent=context)
    return context, rest


def _is_given(argument: str, option: str) -> bool:
    """Whether ``argument`` gives ``option``, also as ``--option=value`` or in ``-abc``."""
    if option.startswith("--"):
        return argument.partition("=")[0] == option
    return argument[:1] == "-" and argument[1:2] != "-" and option[1:] in argument


def _without(arguments: list[str], option: str) -> list[str] | None:
    """``arguments`` without the first one that gives ``option``; None if there is none."""
    for place, argument in enumerate(arguments):
        if argument == "--":
            return None
        if _is_given(argument, option):
            return arguments[:place] + arguments[place + 1 :]
    return None


def _problems(
    context: click.Context, arguments: Sequence[str]
) -> list[click.UsageError | UsageError]:
    """What is wrong with the ``arguments`` of a command, in the order in which click finds it."""
    found: list[click.UsageError | UsageError] = []
    left: list[str] | None = list(arguments)
    parsed = None
    while parsed is None and left is not None:
        try:
            parsed = context.command.make_parser(context).parse_args(list(left))
        except (click.NoSuchOption, click.BadOptionUsage) as error:
            found.append(error)
            left = _without(left, error.option_name)
        except click.UsageError as error:
            return [*found, error]
    if parsed is None:
        return found
    values, extra, order = parsed
    unknown = bool(
        found
    )  # the value of an unknown option is in 'extra' or was taken as an argument
    for parameter in click.core.iter_params_for_processing(
        order, context.command.get_params(context)
    ):
        if parameter.is_eager or (unknown and isinstance(parameter, click.Argument)):
            continue
        try:
            _, extra = parameter.handle_parse_result(context, values, extra)
        except (click.UsageError, UsageError) as error:
            found.append(error)
    if extra and not unknown and not isinstance(context.command, click.Group):
        found.append(click.UsageError(_too_many(extra), ctx=context))
    return found


def _too_many(extra: Sequence[object]) -> str:
    words = ", ".join(repr(printable(str(word))) for word in extra)
    return f"unexpected argument{'s' * (len(extra) > 1)}: {words}"


def _options_elsewhere(program: click.Group) -> dict[str, list[str]]:
    """The commands that take each option. It imports all commands, so it is for errors only."""
    context = click.Context(program)
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    return options_by_command({name: one for name, one in found.items() if one})


def _unknown_option(
    error: click.NoSuchOption, context: click.Context, arguments: Sequence[str]
) -> UsageError:
    program = context.find_root().command
    typed, here = option_hint(
        error.option_name,
        arguments,
        [name for option in context.command.get_params(context) for name in option.opts],
        lambda: _options_elsewhere(program) if isinstance(program, click.Group) else {},
        command=context.info_name or "",
    )
    near = f"; {here}" if here.startswith("did you mean") else ""
    return UsageError(
        f"no such option: {typed!r}{near}",
        hint=here if here and not near else f"{context.command_path} --help lists them",
    )


def _translated(
    error: click.UsageError | UsageError, context: click.Context, arguments: Sequence[str]
) -> UsageError:
    """The error in the form of this tool's errors."""
    if isinstance(error, UsageError):
        return error
    if isinstance(error, click.NoSuchOption):
        return _unknown_option(error, context, arguments)
    # Click lists choices on separate lines, indented by tabs.
    message = " ".join(error.format_message().split())
    hint = f"{context.command_path} --help shows what it takes"
    if type(error) in (click.MissingParameter, click.UsageError):
        hint = f"write: {usage_line(context)}; {hint}"
    return UsageError(message, hint=hint)


def usage_error(
    program: click.Group, arguments: Sequence[str], first: click.UsageError | UsageError
) -> UsageError:
    """All that is wrong with the command line ``arguments``, of which ``first`` was found first."""
    context, rest = _command_of(program, arguments)
    found = _problems(context, rest) or [first]
    if len(found) == 1 and isinstance(first, UsageError):
        return first
    translated: list[UsageError] = []
    for error in found:
        one = _translated(error, context, arguments)
        translated += one.errors if isinstance(one, UsageErrors) else [one]
    return translated[0] if len(translated) == 1 else UsageErrors(translated)
