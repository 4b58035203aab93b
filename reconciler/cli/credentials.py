"""The API token of a run, and checks that it goes only to the Space that it was given for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import space as spaces
from reconciler.cli import console
from reconciler.core.errors import CredentialsError
from reconciler.core.text import printable

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.manifest import Connection
    from reconciler.space import Target


LONGEST_TOKEN = 4096


def token_of(session: Session, written: Connection) -> str:
    """The token: from the file that a flag names, else as the environment of reconciler.yaml has it, else SIGNALWIRE_API_TOKEN."""
    if session.token_file:
        return _token_in(session.token_file)
    return written.api_token.value if written.api_token else os.environ.get("SIGNALWIRE_API_TOKEN", "")


def _token_in(file: str) -> str:
    try:
        with Path(file).open("rb") as content:
            others = os.fstat(content.fileno()).st_mode & 0o077 if os.name == "posix" else 0
            text = content.read(LONGEST_TOKEN + 1)
        if others:
            console.tell(f"warning: the token file {printable(file)} can be read or written by others; chmod 600 {printable(file)}")
        if len(text) > LONGEST_TOKEN:
            raise CredentialsError(f"the token file {file} holds more than a token", hint="give the file that holds the API token alone")
        return text.decode().strip()
    except OSError as error:
        raise CredentialsError(f"the token file {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CredentialsError(f"the token file {file} is not text") from error


def check_binding(session: Session, written: Connection) -> None:
    """Credentials go to the Space and project that they were given for, whatever a file of the repository says."""
    said = (
        (written.space, os.environ.get("SIGNALWIRE_SPACE"), "SIGNALWIRE_SPACE"),
        (written.space, session.space, "--space"),
        (written.project_id, os.environ.get("SIGNALWIRE_PROJECT_ID"), "SIGNALWIRE_PROJECT_ID"),
        (written.project_id, session.project_id, "--project-id"),
    )
    for meant, other, where in said:
        if meant and other and other != meant and spaces.LOCAL not in (other, meant):
            raise CredentialsError(
                f"environment {session.env!r} is for {meant}, and {where} says {other}",
                hint="the token of one is not sent to another: use the credentials of that environment",
            )


def check_meant(session: Session, written: Connection, where: Target) -> None:
    """The token of the surroundings goes to the Space that the surroundings name: a file of the repository alone cannot send it
    anywhere. This machine's own Spaces are nobody else's.
    """
    from_outside = written.api_token is None and not session.token_file
    named_outside = session.space or os.environ.get("SIGNALWIRE_SPACE")
    if written.space and from_outside and not named_outside and not where.is_loopback:
        raise CredentialsError(
            f"environment {session.env!r} is for {where.space}, and nothing says that SIGNALWIRE_API_TOKEN is meant for it",
            hint=f"set SIGNALWIRE_SPACE={where.space} beside the token, or write api_token: ${{env:NAME}} into the environment",
        )
