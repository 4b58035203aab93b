"""Other tools at the nearest work of theirs: a plan of as many things, none of which differs, and the creation of as many rooms."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import rooms
from timing import Failed

OCTODNS = """\
providers:
  here: {class: octodns.provider.yaml.YamlProvider, directory: ./here}
  there: {class: octodns.provider.yaml.YamlProvider, directory: ./there}
zones:
  example.com.: {sources: [here], targets: [there]}
"""
QUIET = {"CHECKPOINT_DISABLE": "1"}  # Terraform would ask for a newer version of itself
PROVIDER = "example.com/benchmarks/rooms"
PROVIDERS = """\
provider_installation {{
  dev_overrides {{
    "{provider}" = {folder}
  }}
  direct {{}}
}}
"""
ROOMS = """\
terraform {{
  required_providers {{
    rooms = {{ source = "{provider}" }}
  }}
}}
provider "rooms" {{
  space = "{where}"
}}
"""


def _venv(folder, *packages):
    """The programs of an environment of its own with ``packages``, which is made once. Failed where they cannot be installed."""
    programs, made = folder / "bin", folder / "made"
    if not made.exists():
        pip = [
            programs / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            *packages,
        ]
        try:
            for command in ([sys.executable, "-m", "venv", folder], pip):
                subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Failed(f"{' and '.join(packages)} could not be installed") from error
        made.touch()
    return programs


def _host(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def octodns(folder, size, *, tools):
    """The command that plans ``size`` records with octoDNS in ``folder``, files on both sides and no network."""
    command = _venv(tools / "octodns", "octodns") / "octodns-sync"
    for side in ("here", "there"):
        (folder / side).mkdir(parents=True)
        lines = (
            f"{rooms.name(number)}: {{ttl: 300, type: A, value: {_host(number)}}}\n"
            for number in range(size)
        )
        (folder / side / "example.com.yaml").write_text("".join(lines))
    (folder / "config.yaml").write_text(OCTODNS)
    return [command, "--config-file", "config.yaml"]


def _terraform():
    command = shutil.which("terraform")
    if command is None:
        raise Failed("no binary of Terraform was found")
    return command


def _block(kind, number, fields):
    lines = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in fields.items())
    return f'resource "{kind}" "{rooms.name(number)}" {{\n{lines}}}\n'


def terraform_data(folder, size):
    """The command that plans ``size`` of Terraform's built-in ``terraform_data`` in ``folder``, without network."""
    command = _terraform()
    folder.mkdir(parents=True)
    blocks = (
        _block("terraform_data", number, {"input": rooms.fields(number)}) for number in range(size)
    )
    (folder / "main.tf").write_text("".join(blocks))
    for words in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        done = subprocess.run(
            [command, *words], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"terraform {words[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return [command, "plan", "-input=false", "-detailed-exitcode"]


def terraform_environment(tools):
    """The environment in which Terraform finds the provider with one GET for each resource."""
    home = tools / "provider"
    if not home.exists():
        python = _venv(tools / "tf", "tf", "httpx") / "python"
        home.mkdir()
        script = home / "terraform-provider-rooms"
        script.write_text(
            f'#!/bin/sh\nexec "{python}" "{Path(__file__).resolve().parent / "provider.py"}" "$@"\n'
        )
        script.chmod(0o755)
        (home / "config").write_text(
            PROVIDERS.format(provider=PROVIDER, folder=json.dumps(str(home)))
        )
    # The library keeps a certificate below HOME.
    return QUIET | {"TF_CLI_CONFIG_FILE": str(home / "config"), "HOME": str(home)}


def terraform_rooms(folder, size, where, *, made):
    """The command that plans (``made``: as state and Space have them) or else creates ``size`` rooms of the Space ``where``.

    The state is written as Terraform would have: ten thousand creations would take longer than all that is measured.
    """
    command = _terraform()
    folder.mkdir(parents=True)
    blocks = (
        _block("rooms_room", number, {"name": rooms.name(number), **rooms.fields(number)})
        for number in range(size)
    )
    (folder / "main.tf").write_text(ROOMS.format(provider=PROVIDER, where=where) + "".join(blocks))
    if not made:
        return [command, "apply", "-auto-approve", "-input=false"]
    (folder / "terraform.tfstate").write_text(json.dumps(_terraform_state(size)))
    return [command, "plan", "-input=false", "-detailed-exitcode"]


def _terraform_state(size):
    one = {"mode": "managed", "type": "rooms_room", "provider": f'provider["{PROVIDER}"]'}
    resources = []
    for number in range(size):
        attributes = {
            "id": rooms.identifier(number),
            "name": rooms.name(number),
            **rooms.fields(number),
        }
        instances = [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]
        resources.append({**one, "name": rooms.name(number), "instances": instances})
    return {
        "version": 4,
        "terraform_version": "1.0.0",
        "serial": 1,
        "lineage": "benchmarks",
        "outputs": {},
        "resources": resources,
    }
