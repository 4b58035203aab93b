"""How this tool was installed, for hints that add an optional extra to it."""

import json
import shlex
from urllib.parse import urlsplit, urlunsplit

_NAME = "signalwire-reconciler"


def _direct_url() -> dict[str, object]:
    """The origin that pip recorded (PEP 610); empty for an installation from an index."""
    from importlib import metadata  # noqa: PLC0415  # slow to import, and needed for hints only

    try:
        found = json.loads(metadata.distribution(_NAME).read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def extra_command(extra: str, origin: dict[str, object]) -> str:
    """The pip command that adds ``extra`` to an installation from ``origin`` (PEP 610)."""
    wanted = f"{_NAME}[{extra}]"
    url = origin.get("url")
    if not isinstance(url, str):
        return f"pip install {shlex.quote(wanted)}"
    url = _without_user(url)
    folder, vcs = origin.get("dir_info"), origin.get("vcs_info")
    if isinstance(folder, dict) and folder.get("editable"):
        return f"pip install -e {shlex.quote(f'{urlsplit(url).path}[{extra}]')}"
    if isinstance(vcs, dict):
        url = f"{vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}".removesuffix("@")
    return f"pip install {shlex.quote(f'{wanted} @ {url}')}"


def extra_hint(extra: str) -> str:
    """The pip command that adds ``extra`` to this installation, also before a release."""
    return extra_command(extra, _direct_url())
