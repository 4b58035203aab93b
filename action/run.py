"""One run of the action: a command of reconciler, and what GitHub shows of it. Nothing but the standard library."""

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from github import GitHub, GitHubError

COMMANDS = ("validate", "plan", "apply", "drift")
# Each consent with what it is for: --adopt Room/a, --allow-live Room=1, --allow-delete Room=3.
CONSENT = re.compile(r"(?:--adopt|--allow-live)[ =](?:\w+=\d+|\w+/[\w.-]+)|--allow-(?:delete|update)[ =]\w+=\d+")
UNREVIEWED = ("refuse", "apply")
COUNTS = ("create", "update", "rename", "adopt", "delete", "drifted")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LONGEST = 65_000
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
    yes = {name: os.environ.get(f"INPUT_{name}", "true").strip().lower() == "true" for name in ("COMMENT", "ISSUE", "REVIEWED_PLAN")}
    if given["COMMAND"] not in COMMANDS:
        sys.exit(f"command: one of {', '.join(COMMANDS)} is wanted")
    if not re.fullmatch(r"[\w.-]*", given["ENVIRONMENT"]):
        sys.exit("environment: a name of reconciler.yaml is wanted")
    if (unreviewed := given["UNREVIEWED"] or UNREVIEWED[0]) not in UNREVIEWED:
        sys.exit(f"unreviewed: one of {', '.join(UNREVIEWED)} is wanted")
    allow = tuple(shlex.split(given["ALLOW"]))
    if not all(CONSENT.fullmatch(consent) for consent in consents(allow)):
        sys.exit(
            "allow: only consents that name what they are for are taken: --adopt KIND/NAME, --allow-live KIND/NAME, --allow-delete KIND=N"
        )
    event = os.environ.get("GITHUB_EVENT_PATH", "")
    return Job(
        given["COMMAND"],
        tuple(shlex.split(given["PATHS"])),
        given["ENVIRONMENT"],
        comment=yes["COMMENT"],
        issue=yes["ISSUE"],
        reviewed_plan=yes["REVIEWED_PLAN"],
        unreviewed=unreviewed,
        allow=allow,
        github=GitHub(os.environ.get("GITHUB_API_URL", "https://api.github.com"), os.environ.get("GITHUB_REPOSITORY", ""), given["TOKEN"]),
        event=json.loads(Path(event).read_text(encoding="utf-8")) if event else {},
        commit=os.environ.get("GITHUB_SHA", ""),
        folder=Path(os.environ.get("RUNNER_TEMP", ".")),
    )


def data(text: str) -> str:
    """``text`` as the value of a workflow command: it stays on its line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def told(text: str) -> None:
    """Print lines in which GitHub looks for no commands."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::", flush=True)


def notice(words: str) -> None:
    """A line that GitHub shows on the run's page."""
    print(f"::notice::{data(words)}", flush=True)


def failure(words: str) -> None:
    """A line that GitHub shows on the run's page as what went wrong."""
    print(f"::error::{data(words)}", flush=True)


def reconciler(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; what it says on standard error is printed, what it gives is handed on."""
    # A secret that is not there is handed over as an empty text: to a pull request from a fork, all of them.
    environment = {name: value for name, value in os.environ.items() if value and name != "INPUT_TOKEN"}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.stderr.strip():
        told(done.stderr)
    return done


def outputs(**values: str | int | bool) -> None:
    """Hand values to later steps; only what cannot hold a line break is ever given."""
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.writelines(f"{name}={str(value).lower() if isinstance(value, bool) else value}\n" for name, value in values.items())


def summary(markdown: str) -> None:
    """Show ``markdown`` on the run's page."""
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(markdown.rstrip() + "\n\n")


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
    done = reconciler("validate", "--without-env", "--format", "json", *asked.chosen)
    if not done.stdout.strip():
        return done.returncode
    problems = json.loads(done.stdout)["problems"]
    for one in problems:
        words = ". ".join(word for word in (f"{one['pointer']}: {one['message']}".removeprefix(": "), one.get("hint", "")) if word)
        place = f"file={data(one['file']).replace(':', '%3A').replace(',', '%2C')},line={one['line']},col={one['column']}"
        print(f"::{'error' if one['severity'] == 'error' else 'warning'} {place}::{data(words)}", flush=True)
    outputs(changes=False)
    return done.returncode


def plan(asked: Job) -> int:
    """Plan, keep the plan for the merge, and show it on the run's page and in one comment."""
    folder = asked.folder / "reconciler-plan"
    folder.mkdir(exist_ok=True)
    done = reconciler("plan", "--format", "markdown", "--out", str(folder / "plan.json"), *asked.chosen)
    if done.returncode:
        return done.returncode
    summary(done.stdout)
    counted(json.loads((folder / "plan.json").read_text(encoding="utf-8")))
    request = asked.event.get("pull_request")
    commit = request["head"]["sha"] if request else asked.commit
    outputs(artifact=asked.artifact(commit) if re.fullmatch(r"[0-9a-f]{40,64}", commit) else "")
    if asked.comment and request:
        body = f"{asked.marker}\n{done.stdout}"[:LONGEST]
        kept("comment", lambda: asked.github.keep_comment(int(request["number"]), asked.marker, body))
    return 0


def reviewed(asked: Job) -> Path | None:
    """The plan that was reviewed in the pull request which this commit was merged from; None where there was none."""
    merged = asked.github.merged_from(asked.commit)
    if merged is None:
        return None
    content = asked.github.artifact(asked.artifact(merged[1]), "plan.json")
    if content is None:
        raise GitHubError(f"pull request {merged[0]} has no plan for its last commit, or it is kept no longer")
    file = asked.folder / "reviewed-plan.json"
    file.write_bytes(content)
    return file


def refuse(asked: Job) -> int:
    """Show what a commit that nobody reviewed would change, and write nothing; where it changes nothing, all is well."""
    done = reconciler("plan", "--format", "markdown", "--detailed-exitcode", *asked.chosen)
    if done.returncode not in (0, 2):
        return done.returncode
    summary(done.stdout)
    outputs(changes=False)
    what = "This commit was not merged from a pull request, so it has no reviewed plan"
    if done.returncode == 0:
        notice(f"{what}; there is nothing to apply.")
        return 0
    mend = "The plan of the next pull request has it too, and the merge applies that; or set unreviewed to apply."
    failure(f"{what}. It would change something (see the summary of this run), and nothing was written. {mend}")
    return 3


def apply(asked: Job) -> int:
    """Carry out the reviewed plan, or nothing; a new plan is carried out only where the step says so."""
    try:
        file = reviewed(asked) if asked.reviewed_plan else None
    except GitHubError as error:
        failure(f"{error}. Nothing was written. Run the plan again, or set reviewed-plan to false.")
        return 3
    if file is None and asked.reviewed_plan:
        if asked.unreviewed == "refuse":
            return refuse(asked)
        notice("This commit was not merged from a pull request: there is no reviewed plan, and a new one is applied.")
    what = ["--plan", str(file)] if file else ["--yes"]
    done = reconciler("apply", *what, *asked.allow, *asked.chosen)
    told(done.stdout)
    fence = "`" * max(4, max((len(run) for run in re.findall(r"`+", done.stdout)), default=0) + 1)
    summary(f"### reconciler apply\n\n{fence}text\n{done.stdout[-LONGEST:]}\n{fence}")
    outputs(changes=done.returncode == 0 and "Applied:" in done.stdout)
    return done.returncode


def drift(asked: Job) -> int:
    """Look for drift, and keep one issue about it; the issue tells, so drift fails no job."""
    shown = reconciler("drift", "--format", "markdown", *asked.chosen)
    if shown.returncode not in (0, 2):
        return shown.returncode
    summary(shown.stdout)
    counts = reconciler("drift", "--format", "json", *asked.chosen)
    if counts.returncode not in (0, 2):
        return counts.returncode
    counted(json.loads(counts.stdout))
    if asked.issue:
        title = f"Drift: the Space is not what the manifests say{f' ({asked.environment})' if asked.environment else ''}"
        body = f"{asked.marker}\n{shown.stdout}"[:LONGEST] if shown.returncode == 2 else None
        kept("issue", lambda: asked.github.keep_issue(asked.marker, title=title, label=LABEL, body=body))
    return 0


def main() -> int:
    """Do what the step asks for."""
    asked = job()
    print(f"::group::reconciler {asked.command}", flush=True)
    try:
        return {"validate": validate, "plan": plan, "apply": apply, "drift": drift}[asked.command](asked)
    finally:
        print("::endgroup::", flush=True)


if __name__ == "__main__":
    sys.exit(main())
