"""Other tools at the nearest work of theirs: a plan of as many things, none of which differs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import rooms

OCTODNS = """\
providers:
  here: {class: octodns.provider.yaml.YamlProvider, directory: ./here}
  there: {class: octodns.provider.yaml.YamlProvider, directory: ./there}
zones:
  example.com.: {sources: [here], targets: [there]}
"""


def _venv(folder):
    """An environment with octoDNS of its own; None where it cannot be installed."""
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "octodns"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return Path(folder) / "bin" / "octodns-sync"


def _host(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def octodns(folder, size, *, tools):
    """The command that plans ``size`` records with octoDNS, files on both sides and no network; None where it is not to be had."""
    command = _venv(tools / "octodns")
    if command is None:
        return None
    for side in ("here", "there"):
        (folder / side).mkdir(parents=True)
        lines = (f"{rooms.name(number)}: {{ttl: 300, type: A, value: {_host(number)}}}\n" for number in range(size))
        (folder / side / "example.com.yaml").write_text("".join(lines))
    (folder / "config.yaml").write_text(OCTODNS)
    return [command, "--config-file", "config.yaml"]


def terraform(folder, size):
    """The command that plans ``size`` resources with Terraform, all of them its built-in ``terraform_data``, without network."""
    command = shutil.which("terraform")
    if command is None:
        return None
    folder.mkdir(parents=True)
    blocks = (
        f'resource "terraform_data" "{rooms.name(number)}" {{\n  input = {json.dumps(rooms.fields(number))}\n}}\n' for number in range(size)
    )
    (folder / "main.tf").write_text("".join(blocks))
    for words in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        done = subprocess.run([command, *words], cwd=folder, capture_output=True, check=False)
        if done.returncode:
            return None
    return [command, "plan", "-input=false"]
