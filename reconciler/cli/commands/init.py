"""``reconciler init``: a new repository of manifests, and its first plan."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import console
from reconciler.cli.completion import spaces
from reconciler.cli.help_examples import examples
from reconciler.cli.rendering import plan_report
from reconciler.core.errors import ManifestError, ReconcilerError
from reconciler.core.kinds import resources
from reconciler.core.text import count, printable
from reconciler.core.value_text import plain
from reconciler.engine import scaffold
from reconciler.manifest.discovery import PROJECT_FILE
from reconciler.manifest.formatting.emitter import scalar_text
from reconciler.reports.formats import PLAN_FORMATS
from reconciler.space.target import LOCAL, target

if TYPE_CHECKING:
    from reconciler.engine.importer.importer import Imported
    from reconciler.engine.workspace import Workspace

_VARIABLES = ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN")
_GIT_SECONDS = 10
_WORK = "prod"  # the environment for real work, as the templates call it
_FILES_WRITTEN = "Cancelled. The files listed above were written.\nNothing was imported."
_FROM_ENVIRONMENT = "${env:SIGNALWIRE_SPACE}"

_STEPS = """
Next:
{enter}  reconciler validate
  reconciler plan --env local
  reconciler apply --env local --yes
  reconciler drift --env local

This uses the local Space on this machine, as commands without --env do (default_environment in reconciler.yaml).

For your own Space set {variables} (a token with the video scope), and add --env prod:
  reconciler doctor --env prod                        checks the credentials
  reconciler import --env prod --all --out {manifests}  writes manifests for resources that exist already
"""

_ALONE = f"""
The workflow applies, but {PROJECT_FILE} keeps the state on the machine that runs it, where the next job cannot read it.
Add 'state: git' to the environment {_WORK}, or another backend that all jobs can reach.
"""

_ON_GITHUB = """
The workflow needs the Space's name and the credentials. Set them in the repository on GitHub:
  gh variable set SIGNALWIRE_SPACE
  gh secret set SIGNALWIRE_PROJECT_ID
  gh secret set SIGNALWIRE_API_TOKEN

Then each pull request shows its plan, and the merge applies exactly that. What is pushed to main without a pull request has no
reviewed plan and is not applied. With 'state: git' the record is kept in the repository too: --env prod needs its remote.
"""


def _chosen(session: Workspace, *, space: str | None) -> str | None:
    """The environment with credentials; None if there are none."""
    is_trial = (space or os.environ.get("SIGNALWIRE_SPACE")) == LOCAL
    named = LOCAL if is_trial else _WORK
    given = is_trial or bool(os.environ.get("SIGNALWIRE_API_TOKEN"))
    return named if given and session.project and named in session.project.environments else None


def _is_well(session: Workspace) -> bool:
    """Check as ``doctor`` does, and report the first failure: later checks depend on it."""
    from reconciler.cli.commands.doctor import CHECKS

    for name, check in CHECKS:
        try:
            console.out_for_people(f"ok    {name:<13} {check(session)}\n")
        except ReconcilerError as error:
            told = (
                [problem.message for problem in error.problems]
                if isinstance(error, ManifestError)
                else [error.message]
            )
            hint = error.hint or f"fix it, then run: reconciler doctor --env {session.env}"
            console.out_for_people(
                f"wrong {name:<13} {plain('; '.join(told))}\n{'':<20}{plain(hint)}\n"
            )
            return False
    return True


def _is_to_import(session: Workspace, *, wrote: bool) -> bool:
    """Whether the Space has resources and the user wants manifests for them.

    ``wrote`` says that files were written before the question.
    """
    from reconciler.engine.connection import open_reader
    from reconciler.space.observe import observe

    with open_reader(session) as world:
        records = world.state.read().resources.values()
        ours = {record.key for record in records}
        found = observe(
            world.client,
            session.kinds,
            wanted=[kind.name for kind in resources(session.kinds)],
            records=records,
        )
        number = sum(live.key not in ours for live in found)
        space = world.target.space
    if not number:
        return False
    there = f"{space} has {count(number, 'resource')} not managed yet."
    if console.can_ask():
        return console.confirmed(
            f"{there} Import them instead of writing examples?",
            if_cancelled=_FILES_WRITTEN if wrote else "",
        )
    console.out_for_people(
        f"{there} To import them: reconciler import --env {session.env} --all --out {scaffold.MANIFESTS}\n"
    )
    return False


def _import(session: Workspace) -> Imported:
    from reconciler.cli.commands.import_ import report_text
    from reconciler.engine.importer.importer import run_import
    from reconciler.engine.importer.selection import Request

    request = Request(Path(scaffold.MANIFESTS), everything=True)
    found = run_import(session, request)
    console.out_for_people("".join(f"{line}\n" for line in report_text(session, request, found)))
    return found


def _show_plan(session: Workspace) -> None:
    from reconciler.engine.clock import now
    from reconciler.engine.connection import open_reader
    from reconciler.engine.manifests import read_manifests
    from reconciler.engine.plan import plan_changes

    loaded = read_manifests(session, ())
    with open_reader(session) as world:
        plan = plan_changes(session, world, loaded, world.state.read())
    console.out_for_people(f"\nThe first plan ('reconciler plan --env {session.env}'):\n\n")
    console.out(PLAN_FORMATS["text"](plan_report(plan, now(), workspace=session)))


def _tell(heading: str, paths: Sequence[str]) -> None:
    if paths:
        console.out_for_people(f"{heading}\n" + "".join(f"  {path}\n" for path in paths))


def _fill(*, space: str | None, is_new: bool, wrote: bool) -> None:
    """Write examples or import live resources; with credentials, show the first plan.

    ``wrote`` says that project files were written.
    """
    from reconciler.cli.workspace import open_workspace

    env = _chosen(open_workspace(), space=space)
    session = open_workspace(env=env)
    well = env is not None and _is_well(session)
    taken = _import(session) if well and _is_to_import(session, wrote=wrote) else None
    if is_new and not (taken and taken.files):
        _tell("First manifests:", scaffold.write_files(Path(), scaffold.first_manifests()))
    if well and not (taken and taken.variables):
        _show_plan(session)


def _is_shared(session: Workspace) -> bool:
    """Whether the workflow's environment keeps its state in a shared backend."""
    from reconciler.state.registry import is_shared

    project = session.project
    environment = project.environments.get(_WORK) if project else None
    return is_shared(
        (environment.state if environment else None) or (project.state if project else None) or ""
    )


def _show_ci() -> None:
    """The remaining steps before the workflow can run."""
    from reconciler.cli.workspace import open_workspace

    with contextlib.suppress(
        ReconcilerError
    ):  # what is wrong with a project file that was kept has been told
        if not _is_shared(open_workspace()):
            console.out_for_people(_ALONE)
    console.out_for_people(_ON_GITHUB)


def _has_remote(folder: Path) -> bool:
    """Whether ``folder`` is, or is to be, in a git repository that has a remote."""
    from reconciler.state.backends import git_cli

    there = next((one for one in (folder, *folder.parents) if one.is_dir()), Path())
    try:
        asked = git_cli.git(there, "remote", seconds=_GIT_SECONDS)
    except ReconcilerError:
        return False
    return asked.code == 0 and bool(asked.out.strip())


def _host(space: str | None) -> str:
    """The Space of the environment for real work, from the project file. CredentialsError if it is not a valid host."""
    if not space or space == LOCAL:
        return _FROM_ENVIRONMENT
    return scalar_text(target(space, project="-", token="-").space)  # noqa: S106  # nothing is sent


@click.command(
    "init",
    epilog=examples(
        "reconciler init my-rooms", "reconciler init my-rooms --space example.signalwire.com"
    ),
)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(file_okay=False))
@click.option(
    "--space",
    metavar="HOST",
    shell_complete=spaces,
    help="The Space of the environment 'prod'; 'local' shows the first plan for the local one.",
)
@click.option(
    "--action",
    default="",
    metavar="OWNER/REPO@COMMIT",
    help="The GitHub action of this tool: the workflow comments plans, applies on merge and watches for drift.",
)
def command(folder: str, space: str | None, action: str) -> int:
    """Start a repository in DIR: reconciler.yaml, first manifests, a CI workflow, pre-commit hooks, .gitignore.

    Existing files are kept. With SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN set, the credentials are
    checked, and the first plan is shown; on a terminal it asks whether to import the live resources.
    """
    here = Path(folder)
    wanted = scaffold.project_files(space=_host(space), action=action, remote=_has_remote(here))
    made = scaffold.write_files(here, wanted)
    _tell(f"Wrote in {printable(folder)}:", made)
    _tell("Kept unchanged:", [path for path in wanted if path not in made])
    is_new = PROJECT_FILE in made and not (here / scaffold.MANIFESTS).exists()
    with contextlib.chdir(here):
        try:
            _fill(space=space, is_new=is_new, wrote=bool(made))
        except ReconcilerError as error:  # the files are there, and the steps say how to go on
            console.report_error(error)
    enter = "" if here.resolve() == Path.cwd() else f"  cd {shlex.quote(folder)}\n"
    console.out_for_people(
        _STEPS.format(enter=enter, variables=", ".join(_VARIABLES), manifests=scaffold.MANIFESTS)
    )
    if action:
        with contextlib.chdir(here):
            _show_ci()
    return 0
