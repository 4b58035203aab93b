"""What GitHub hears of a run: workflow commands on standard output, outputs for later steps, the summary of the page."""

import os
import re
import secrets
from pathlib import Path

LONGEST = 65_000  # GitHub takes 65,536 characters of a comment, and more of a summary


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


def outputs(**values: str | int | bool) -> None:
    """Hand values to later steps; only what cannot hold a line break is ever given. The last value of a name counts."""
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.writelines(
                f"{name}={str(value).lower() if isinstance(value, bool) else value}\n"
                for name, value in values.items()
            )


def summary(markdown: str) -> None:
    """Show ``markdown`` on the run's page."""
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(markdown.rstrip() + "\n\n")


def fenced(text: str) -> str:
    """``text`` as a block of Markdown in which nothing is Markdown; of what is too long, the end."""
    fence = "`" * max(4, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{fence}text\n{text.rstrip()[-LONGEST + 1000 :]}\n{fence}"
