"""One run of the action: a command of reconciler, and what GitHub shows of it. Nothing but the standard library."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from base import base_project
from github import GitHub, GitHubError, text_at
from isolated import reconciler
from workflow import LONGEST, data, failure, fenced, notice, outputs, summary, told

COMMANDS = ("validate", "plan", "apply", "drift")
# Each consent with what it is for: --adopt Room/a, --allow-live Room=1, --allow-delete Room=3.
CONSENT = re.compile(
    r"(?:--adopt|--allow-live)[ =](?:\w+=\d+|\w+/[\w.-]+)|--allow-(?:delete|update)[ =]\w+=\d+"
)
UNREVIEWED = ("refuse", "apply")
COUNTS = ("create", "update", "rename", "adopt", "delete", "drifted")
WRITTEN = re.compile(r"^Applied: \d+ (?:created|updated|renamed|adopted|deleted)", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LABEL = "reconciler-drift"


@dataclass(frozen=True)
class Job:
    """What the step was given, and what the runner tells about itself."""

    command: str
    paths: tuple[str, ...]
    environment: str
    comment: bool
    issue: bool
    reviewed_plan: bool
    unreviewed: str
    allow: tuple[str, ...]
    github: GitHub
    event: Any
    commit: str
    folder: Path

    @property
    def chosen(self) -> list[str]:
        """The part of a command line that chooses manifests and environment."""
        return [*(["--env", self.environment] if self.environment else []), "--", *self.paths]

    @property
    def marker(self) -> str:
        """The invisible first line of what is kept up to date in place."""
        return f"<!-- reconciler {self.command} {self.environment or 'default'} -->"

    def artifact(self, commit: str) -> str:
        """The name under which the plan of ``commit`` is kept."""
        return f"reconciler-plan-{self.environment or 'default'}-{commit}"


def happened() -> Any:
    """What started the workflow, as GitHub wrote it down; nothing where it did not."""
    file = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(file).read_text(encoding="utf-8")) if file else {}
    except (OSError, ValueError):
        sys.exit("GITHUB_EVENT_PATH: the event cannot be read")
    return event if isinstance(event, dict) else {}


def consents(words: tuple[str, ...]) -> list[str]:
    """The words of ``allow``, each flag with the value that follows it."""
    found: list[str] = []
    for word in words:
        if word.startswith("--") or not found or " " in found[-1] or "=" in found[-1]:
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def job() -> Job:
    """The job from the environment. SystemExit where it makes no sense."""
    words = ("COMMAND", "PATHS", "ENVIRONMENT", "UNREVIEWED", "ALLOW", "TOKEN")
    given = {name: os.environ.get(f"INPUT_{name}", "").strip() for name in words}
    yes = {
        name: os.environ.get(f"INPUT_{name}", "true").strip().lower() == "true"
        for name in ("COMMENT", "ISSUE", "REVIEWED_PLAN")
    }
    if given["COMMAND"] not in COMMANDS:
        sys.exit(f"command: one of {', '.join(COMMANDS)} is expected")
    if not re.fullmatch(r"[\w.-]*", given["ENVIRONMENT"]):
        sys.exit("environment: a name of reconciler.yaml is expected")
    if (unreviewed := given["UNREVIEWED"] or UNREVIEWED[0]) not in UNREVIEWED:
        sys.exit(f"unreviewed: one of {', '.join(UNREVIEWED)} is expected")
    allow = tuple(shlex.split(given["ALLOW"]))
    if not all(CONSENT.fullmatch(consent) for consent in consents(allow)):
        sys.exit(
            "allow: only consents that name what they are for are taken: --adopt KIND/NAME, --allow-live KIND/NAME, "
            "--allow-delete KIND=N, --allow-update KIND=N"
        )
    return Job(
        given["COMMAND"],
        tuple(shlex.split(given["PATHS"])),
        given["ENVIRONMENT"],
        comment=yes["COMMENT"],
        issue=yes["ISSUE"],
        reviewed_plan=yes["REVIEWED_PLAN"],
        unreviewed=unreviewed,
        allow=allow,
        github=GitHub(
            os.environ.get("GITHUB_API_URL", "https://api.github.com"),
            os.environ.get("GITHUB_REPOSITORY", ""),
            given["TOKEN"],
        ),
        event=happened(),
        commit=os.environ.get("GITHUB_SHA", ""),
        folder=Path(os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()),
    )


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; what it says on standard error is printed, what it gives is handed on."""
    done = reconciler(*arguments)
    if done.stderr.strip():
        told(done.stderr)
    return done


def counted(document: Any) -> None:
    """The counts and the digest of a plan or drift as outputs."""
    counts = {name: int(document["summary"][name]) for name in COUNTS}
    changes = bool(document.get("actions", document.get("drift")))
    digest = document.get("digest", "")
    outputs(**counts, changes=changes, digest=digest if DIGEST.fullmatch(digest) else "")


def kept(what: str, write: Any) -> None:
    """Write a comment or an issue; that GitHub refuses (a fork's token may only read) fails nothing."""
    try:
        address = write()
    except GitHubError as error:
        notice(f"The {what} was not written: {error}. Its text is in the summary of this run.")
    else:
        if address:
            print(f"The {what}: {address}", flush=True)


def validate(asked: Job) -> int:
    """Check without secrets, whether or not there are any; each problem is shown at its line."""
    done = said("validate", "--without-env", "--format", "json", *asked.chosen)
    if not done.stdout.strip():
        return done.returncode
    problems = json.loads(done.stdout)["problems"]
    for one in problems:
        words = ". ".join(
            word
            for word in (
                f"{one['pointer']}: {one['message']}".removeprefix(": "),
                one.get("hint", ""),
            )
            if word
        )
        place = f"file={data(one['file']).replace(':', '%3A').replace(',', '%2C')},line={one['line']},col={one['column']}"
        print(
            f"::{'error' if one['severity'] == 'error' else 'warning'} {place}::{data(words)}",
            flush=True,
        )
    return done.returncode


def planned_commit(asked: Job) -> tuple[int, str]:
    """The number of the pull request (0 where there is none) and the commit that is looked at."""
    request = asked.event.get("pull_request")
    number = request.get("number") if isinstance(request, dict) else 0
    return (
        (number, text_at(request, "head", "sha"))
        if isinstance(number, int) and number
        else (0, asked.commit)
    )


def plan(asked: Job) -> int:
    """Plan, keep the plan for the merge, and show it on the run's page and in one comment."""
    folder = asked.folder / "reconciler-plan"
    folder.mkdir(exist_ok=True)
    try:
        os.environ.update(base_project(asked.github, asked.event, folder=asked.folder))
    except GitHubError as error:
        failure(
            f"{error}. What the base branch has in reconciler.yaml is not known, so nothing was sent. The job needs contents: read."
        )
        return 1
    done = said("plan", "--format", "markdown", "--out", str(folder / "plan.json"), *asked.chosen)
    number, commit = planned_commit(asked)
    shown = (
        done.stdout if done.returncode == 0 else not_planned(commit, done.returncode, done.stderr)
    )
    summary(shown)
    if asked.comment and number:
        kept("comment", lambda: asked.github.keep_comment(number, asked.marker, shown[:LONGEST]))
    if done.returncode:
        return done.returncode
    counted(json.loads((folder / "plan.json").read_text(encoding="utf-8")))
    outputs(artifact=asked.artifact(commit) if re.fullmatch(r"[0-9a-f]{40,64}", commit) else "")
    return 0


def ended(command: str, code: int) -> str:
    """The sentence about a command that failed."""
    return f"`reconciler {command}` ended with exit code {code}."


def not_planned(commit: str, code: int, why: str) -> str:
    """What stands in place of a plan, so that an earlier one is not taken for that of ``commit``."""
    of = f" for {commit[:10]}" if re.fullmatch(r"[0-9a-f]{40,64}", commit) else ""
    out_of_date = "A plan that stood here before is out of date."
    return f"### No plan{of}\n\n{ended('plan', code)} {out_of_date}\n\n{fenced(why)}"


def reviewed(asked: Job) -> Path | None:
    """The plan that was reviewed in the pull request which this commit was merged from; None where there was none."""
    merged = asked.github.merged_from(asked.commit)
    if merged is None:
        return None
    number, commit = merged
    content = asked.github.artifact(asked.artifact(commit), "plan.json", commit=commit)
    if content is None:
        raise GitHubError(
            f"pull request {number} has no plan for its last commit, or it is kept no longer"
        )
    try:
        counted(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GitHubError(
            f"what pull request {number} keeps as the plan for its last commit is none"
        ) from error
    file = asked.folder / "reviewed-plan.json"
    file.write_bytes(content)
    return file


def fresh(asked: Job) -> tuple[int, Path]:
    """Plan anew, and show it on the run's page; the exit code (2: there is something to do), and the plan."""
    file = asked.folder / "fresh-plan.json"
    done = said(
        "plan", "--format", "markdown", "--detailed-exitcode", "--out", str(file), *asked.chosen
    )
    if done.returncode in (0, 2):
        summary(done.stdout)
        counted(json.loads(file.read_text(encoding="utf-8")))
    return done.returncode, file


def refuse(has_changes: bool) -> int:  # noqa: FBT001  # the only thing that matters here
    """Say of a commit that nobody reviewed that nothing was written; where it changes nothing, all is well."""
    outputs(changes=False)
    what = "This commit was not merged from a pull request, so it has no reviewed plan"
    if not has_changes:
        notice(f"{what}; there is nothing to apply.")
        return 0
    mend = "The plan of the next pull request has it too, and the merge applies that; or set unreviewed to apply."
    failure(
        f"{what}. It would change something (see the summary of this run), and nothing was written. {mend}"
    )
    return 3


def apply(asked: Job) -> int:
    """Carry out the reviewed plan, or nothing; a new plan is carried out only where the step says so."""
    try:
        file = reviewed(asked) if asked.reviewed_plan else None
    except GitHubError as error:
        failure(f"{error}. Nothing was written. Run the plan again, or set reviewed-plan to false.")
        return 3
    if file is None:
        code, file = fresh(asked)
        if code not in (0, 2):
            return code
        if asked.reviewed_plan and asked.unreviewed == "refuse":
            return refuse(code == 2)
        if asked.reviewed_plan:
            notice(
                "This commit was not merged from a pull request: there is no reviewed plan, and a new one is applied."
            )
    done = said("apply", "--plan", str(file), *asked.allow, *asked.chosen)
    told(done.stdout)
    summary(f"### reconciler apply\n\n{fenced(done.stdout)}")
    outputs(changes=bool(WRITTEN.search(done.stdout)))
    return done.returncode


def drift(asked: Job) -> int:
    """Look for drift, and keep one issue about it; the issue tells, so drift fails no job."""
    file = asked.folder / "reconciler-drift.json"
    shown = said("drift", "--format", "markdown", "--report", str(file), *asked.chosen)
    if shown.returncode not in (0, 2):
        summary(
            f"### Drift is not known\n\n{ended('drift', shown.returncode)}\n\n{fenced(shown.stderr)}"
        )
        return shown.returncode
    summary(shown.stdout)
    counted(json.loads(file.read_text(encoding="utf-8")))
    if asked.issue:
        title = f"Drift: the Space is not what the manifests say{f' ({asked.environment})' if asked.environment else ''}"
        body = shown.stdout[:LONGEST] if shown.returncode == 2 else None
        kept(
            "issue",
            lambda: asked.github.keep_issue(asked.marker, title=title, label=LABEL, body=body),
        )
    return 0


def main() -> int:
    """Do what the step asks for."""
    asked = job()
    outputs(
        **dict.fromkeys(COUNTS, 0), changes=False, digest=""
    )  # of a run that makes no plan, or does not get so far
    print(f"::group::reconciler {asked.command}", flush=True)
    try:
        return {"validate": validate, "plan": plan, "apply": apply, "drift": drift}[asked.command](
            asked
        )
    finally:
        print("::endgroup::", flush=True)


if __name__ == "__main__":
    sys.exit(main())
