"""Command table with imports on first use, and the translation of exceptions to exit codes."""

import importlib
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.console import info, mute, report_error, report_error_now, use_json
from reconciler.core.errors import Interrupted, ReconcilerError, UsageError
from reconciler.engine.unexpected_errors import describe_exception

# Click raises it since 8.2; older versions print the help themselves.
_NO_COMMAND: type[click.ClickException] | tuple[()] = getattr(
    click.exceptions, "NoArgsIsHelpError", ()
)

# Every command takes it. It is for work on speed, see docs/PERFORMANCE.md.
_PROFILE = "--profile"

# Set by a shell that asks for completions.
_COMPLETION = "_RECONCILER_COMPLETE"

COMMANDS: Mapping[str, str] = {
    "init": "Start a repository: project file, first manifests, CI, hooks.",
    "validate": "Check manifests: everything that can be checked without the network.",
    "plan": "Show what apply would do, and why.",
    "apply": "Apply the manifests to the Space.",
    "drift": "Report what was changed outside since the last apply.",
    "pull": "Write what was changed outside back into the manifests.",
    "watch": "Plan, or apply, repeatedly.",
    "operator": "Reconcile Spaces that are declared as Kubernetes resources.",
    "destroy": "Delete what is managed.",
    "import": "Write manifests for live resources, and manage them.",
    "show": "Show resources as desired, live and last applied, with origins.",
    "previews": "List live sessions, and show their thumbnails.",
    "tokens": "List, reset and mint tokens to join rooms and conferences.",
    "state": "Inspect and repair the state.",
    "fmt": "Put manifests into the canonical style, comments kept.",
    "explain": "Explain a kind or a field.",
    "colours": "List the declared colours, and which resources use them.",
    "schema": "Print the schemas of the kinds, or write them for editors.",
    "export": "Turn manifests into Kubernetes resources.",
    "kind": "Draft a kind of your own from an OpenAPI document.",
    "space": "Run the local Space: the Video API on this machine.",
    "completion": "Print the completion script of a shell.",
    "probe": "Find out by experiment how a Space behaves, and remember it.",
    "doctor": "Check credentials, reachability and state, in plain words.",
}


# Modules of commands whose name is a Python keyword.
_MODULES: Mapping[str, str] = {"import": "import_"}


def _kind_hint(word: str) -> str:
    """The commands about a kind whose name was typed as a command, also in the plural."""
    from reconciler import catalog  # noqa: PLC0415  # only for an unknown command

    names = {name.lower(): name for name in catalog.kinds()}
    kind = names.get(word.lower()) or names.get(word.lower().removesuffix("s"))
    if not kind:
        return ""
    return (
        f"reconciler show {kind}/NAME shows one, reconciler state list what is managed,"
        f" reconciler plan --unmanaged what is not; reconciler explain {kind} describes the fields"
    )


class _Commands(click.Group):
    """A click group that lists commands without importing them and suggests near matches."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names of all commands, in the order of a workflow."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"reconciler.cli.commands.{_MODULES.get(cmd_name, cmd_name)}"
        ).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's own resolution, with a suggestion for an unknown command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from reconciler.cli.habits import command_hint, similar_command  # noqa: PLC0415  # only after an error

            here = command_hint(args[0])
            near = "" if here else similar_command(args[0], COMMANDS)
            here = here or ("" if near else _kind_hint(args[0]))
            raise UsageError(
                f"no such command: {args[0]!r}{near}", hint=here or "reconciler --help lists them"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """The commands of the table, so that --help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def program() -> None:
    """Keep the video rooms of a SignalWire Space in git.

    Manifests declare rooms and conferences. 'plan' shows what would change and why, 'apply' does it, and 'drift' reports
    what was changed outside.

    \b
    Try it without an account:
      reconciler init my-rooms && cd my-rooms
      reconciler apply
    """  # noqa: D301  # click reads \\b as: keep these lines


def _invoke(arguments: Sequence[str]) -> int:
    try:
        result: Any = program.main(
            args=list(arguments), prog_name="reconciler", standalone_mode=False
        )
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except _NO_COMMAND as error:
        info(error.format_message())
        return UsageError.exit_code
    except (click.UsageError, UsageError) as error:
        from reconciler.cli.usage_problems import usage_error  # noqa: PLC0415  # only after an error

        raise usage_error(program, arguments, error) from error
    except click.ClickException as error:
        raise UsageError(error.format_message()) from error
    return result if isinstance(result, int) else 0


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether messages are events. Read before parsing, because usage errors are events too."""
    return "--log-format=json" in arguments or ("--log-format", "json") in itertools.pairwise(
        arguments
    )


def _profiled(arguments: Sequence[str]) -> int:
    from reconciler.cli.profiling import profiled  # noqa: PLC0415  # only with --profile

    with profiled():
        return _invoke([argument for argument in arguments if argument != _PROFILE])


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises nothing."""
    debug = "--debug" in arguments
    if _COMPLETION in os.environ:
        from reconciler.cli.completion_shells import register  # noqa: PLC0415  # only at a TAB

        register()
    use_json(events=_wants_json(arguments))
    try:
        code = _profiled(arguments) if _PROFILE in arguments else _invoke(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except ReconcilerError as error:
        report_error(error)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        # The exception may interrupt a write to the same stream. click has ended its line.
        report_error_now(Interrupted("interrupted"), line_ended=isinstance(error, click.Abort))
        code = Interrupted.exit_code
    except (BrokenPipeError, SystemExit):
        # Click exits where a pipe is closed, and after it answered a shell's completion.
        if _COMPLETION in os.environ:
            raise
        mute()
        return 0
    except (OSError, MemoryError) as error:
        report_error(describe_exception(error))
        code = 1
    except Exception as error:  # noqa: BLE001  # the last door: no traceback reaches a user
        if debug:
            import traceback  # noqa: PLC0415  # only here

            traceback.print_exc()
        report_error(describe_exception(error))
        code = 1
    return code


def release_streams(code: int) -> None:
    """Before the process ends with ``code``: an interrupted run does not wait for unread output.

    What cannot be written is dropped, so that ``code`` is the exit code of the process.
    """
    if code == Interrupted.exit_code:
        mute(sys.stdout, sys.stderr)
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:  # reported already; Python would try again at exit, and end with 120
            mute(stream)
