"""Options of other tools, with the ones of this tool."""

from collections.abc import Mapping

# By the option of another tool: the option that it is here (empty: none), and what to say where that exists, or is none.
_YES = (
    "--yes",
    "--yes answers the question; what is refused needs the flag that the refusal names",
)
_FORMAT = ("--format", "--format json, or another format that --help lists")
_PATHS = ("", "name files and folders as plain arguments: reconciler plan FILE")
_ENV = ("--env", "--env NAME chooses an environment of reconciler.yaml")
_TOKEN = (
    "--token-file",
    "a token is never an option: set SIGNALWIRE_API_TOKEN, or give --token-file FILE",
)
_VARS = (
    "",
    "variables are under 'vars' in reconciler.yaml; manifests read ${var:NAME} and ${env:NAME}",
)
_QUIET = ("", "messages go to standard error: add 2>/dev/null to see the result alone")
_COLOUR = ("", "set NO_COLOR=1; without a terminal there is no colour")
_PRUNE = (
    "--no-prune",
    "resources that are no longer declared are deleted by default; --no-prune keeps them",
)
_LABEL = ("--selector", "--selector KEY=VALUE chooses by label")
_ONLY = ("--target", "--target KIND/NAME chooses one resource")
_LOCK = (
    "",
    "each run that writes takes the lock; reconciler state unlock removes one that was left",
)
_ASK = (
    "--yes",
    "without a terminal nothing is asked: add --yes, or apply a saved plan with --plan FILE",
)
_EXIT = ("--detailed-exitcode", "--detailed-exitcode exits with 2 where there are changes")
_DRY = ("--dry-run", "reconciler plan shows what apply would do and writes nothing")
_CONFIG = (
    "",
    "reconciler.yaml is found in this folder or above; --env NAME chooses an environment",
)
_FOLDER = ("", "run it in that folder: cd DIR && reconciler COMMAND")
_STATE = ("", "'state' in reconciler.yaml says where the state is")
_CA = (
    "",
    "certificates are always checked; 'connection.ca_file' in reconciler.yaml names the CAs to trust",
)
_PROXY = ("", "'connection.proxy' in reconciler.yaml, or HTTPS_PROXY")
_HEADERS = (
    "",
    "requests take no headers of your own; 'connection' in reconciler.yaml says how the Space is reached",
)
_SECRETS = ("", "secrets stay in the environment: manifests read ${env:NAME}")
_KEEP_GOING = (
    "",
    "after an error the remaining resources are still applied, and the exit code is 4; run apply again",
)
_RETRIES = ("", "failed requests are repeated with pauses; --debug shows them")
_IDLE = ("--when-idle", "--when-idle MINUTES waits for live sessions to end")
_NOT_HERE = ("", "leave it out: there is no such choice here")
OPTIONS: Mapping[str, tuple[str, str]] = {
    "--api-token": _TOKEN,
    "--approve": _YES,
    "--ask-vault-pass": _SECRETS,
    "--assume-yes": _YES,
    "--atomic": _KEEP_GOING,
    "--auto-approve": _YES,
    "--backend-config": _STATE,
    "--ca-cert": _CA,
    "--ca-cert-file": _CA,
    "--cascade": _PRUNE,
    "--chdir": _FOLDER,
    "--check": (
        "",
        "reconciler plan shows what apply would do; reconciler fmt --check checks the style",
    ),
    "--color": _COLOUR,
    "--colour": _COLOUR,
    "--compact-warnings": _QUIET,
    "--completion": ("", "reconciler completion bash, zsh or fish"),
    "--concurrency": ("--parallel", "--parallel N"),
    "--config": _CONFIG,
    "--config-file": _CONFIG,
    "--context": _ENV,
    "--create-namespace": _NOT_HERE,
    "--cwd": _FOLDER,
    "--delete": _PRUNE,
    "--destroy": ("", "reconciler destroy"),
    "--diff": (
        "",
        "reconciler plan shows the changes; reconciler fmt --diff those of the style",
    ),
    "--directory": _FOLDER,
    "--doit": _YES,
    "--dry-run": _DRY,
    "--environment": _ENV,
    "--exclude": (
        "",
        "--target and --selector choose resources; 'exclude' in reconciler.yaml leaves files out",
    ),
    "--exit-code": _EXIT,
    "--expect-no-changes": _EXIT,
    "--expires": (
        "",
        "a Role in the manifests says how long its tokens last: reconciler explain Role",
    ),
    "--extra-vars": _VARS,
    "--fail-fast": _KEEP_GOING,
    "--field-manager": _NOT_HERE,
    "--file": _PATHS,
    "--filename": _PATHS,
    "--force": _YES,
    "--force-conflicts": (
        "",
        "apply sets fields back that were changed outside; reconciler plan shows them as drift or conflict",
    ),
    "--forks": ("--parallel", "--parallel N"),
    "--generate-config-out": ("", "reconciler import KIND/NAME --out DIR writes manifests"),
    "--grace-period": _IDLE,
    "--header": _HEADERS,
    "--headers": _HEADERS,
    "--help-all": ("", "reconciler COMMAND --help"),
    "--host": ("--space", "--space HOST"),
    "--ignore": (
        "",
        "reconciler state rm KIND/NAME, and remove its manifest: what was never declared is not changed",
    ),
    "--ignore-changes": (
        "",
        "a field never declared is not changed; to ignore another one: remove it, reconciler state rm KIND/NAME, apply --adopt KIND/NAME",
    ),
    "--ignore-errors": _KEEP_GOING,
    "--include": _ONLY,
    "--input": _ASK,
    "--insecure": _CA,
    "--install-autocomplete": ("", "reconciler completion bash, zsh or fish"),
    "--install-completion": ("", "reconciler completion bash, zsh or fish"),
    "--inventory": _ENV,
    "--json": _FORMAT,
    "--json-output": _FORMAT,
    "--keep-going": _KEEP_GOING,
    "--kong-addr": ("--space", "--space HOST"),
    "--konnect-token": _TOKEN,
    "--kube-context": _ENV,
    "--kubeconfig": _CONFIG,
    "--kustomize": _PATHS,
    "--label": _LABEL,
    "--labels": _LABEL,
    "--lenient": ("", "warnings stop nothing; reconciler validate --strict makes them errors"),
    "--limit": _ONLY,
    "--list-tasks": _DRY,
    "--lock": _LOCK,
    "--lock-timeout": _LOCK,
    "--logging-config": (
        "--log-format",
        "--log-format json prints events, --debug traces requests",
    ),
    "--markdown": _FORMAT,
    "--max-retries": _RETRIES,
    "--migrate-state": (
        "",
        "reconciler state pull > FILE, change 'state' in reconciler.yaml, reconciler state push FILE",
    ),
    "--namespace": _ENV,
    "--no-color": _COLOUR,
    "--no-colour": _COLOUR,
    "--no-input": _ASK,
    "--no-mask-deltas": ("", "secrets are never printed"),
    "--no-prompt": _ASK,
    "--no-refresh": ("", "the Space is always read"),
    "--non-interactive": _ASK,
    "--non-zero-exit-code": _EXIT,
    "--online": ("", "reconciler plan checks against the Space; validate uses no network"),
    "--only": _ONLY,
    "--output": (
        "--out",
        "--out FILE saves the plan, --report FILE writes a report, --format prints one",
    ),
    "--output-dir": (
        "",
        "reconciler plan --out FILE saves a plan, reconciler import --out DIR writes manifests",
    ),
    "--parallelism": ("--parallel", "--parallel N"),
    "--password": _TOKEN,
    "--path": _PATHS,
    "--plan": (
        "",
        "name the saved plan as an argument: reconciler plan FILE, reconciler apply --plan FILE",
    ),
    "--profile": _ENV,
    "--project": ("--project-id", "--project-id ID"),
    "--proxy": _PROXY,
    "--prune": _PRUNE,
    "--quiet": _QUIET,
    "--reconfigure": _STATE,
    "--record": (
        "",
        "the state keeps what was applied, and from which commit: reconciler state show KIND/NAME",
    ),
    "--recursive": ("", "a folder is searched with all folders in it"),
    "--refresh": (
        "",
        "the Space is always read; reconciler plan --refresh-only shows changes made outside",
    ),
    "--replace": ("", "remove the resource from the manifests, apply, declare it again, and apply"),
    "--retries": _RETRIES,
    "--retry": _RETRIES,
    "--reuse-values": _VARS,
    "--schema": ("", "kinds of your own are listed under 'kinds' in reconciler.yaml"),
    "--select-tag": _LABEL,
    "--server": ("--space", "--space HOST"),
    "--server-side": (
        "",
        "apply changes the declared fields alone, and needs no such option",
    ),
    "--set": _VARS,
    "--set-string": _VARS,
    "--show-secrets": ("--reveal", "only --reveal of reconciler tokens prints secrets"),
    "--silent": _QUIET,
    "--skip-preview": _YES,
    "--skip-refresh": ("", "the Space is always read"),
    "--skip-tags": _LABEL,
    "--source": _PATHS,
    "--stack": _ENV,
    "--start-at-task": _ONLY,
    "--state": _STATE,
    "--suppress-outputs": _QUIET,
    "--syntax-check": ("", "reconciler validate"),
    "--tag": _LABEL,
    "--tags": _LABEL,
    "--target-dependents": _ONLY,
    "--timeout": (
        "",
        "leave it out: requests have limits of time, and failed ones are repeated; --debug shows them",
    ),
    "--tls-skip-verify": _CA,
    "--token": _TOKEN,
    "--ttl": ("", "a Role in the manifests says how long its tokens last: reconciler explain Role"),
    "--upgrade": ("", "pip install --upgrade, the way that you installed it"),
    "--url": ("--space", "--space HOST"),
    "--validate": ("", "manifests are always checked; reconciler validate does nothing else"),
    "--values": _VARS,
    "--var": _VARS,
    "--var-file": _VARS,
    "--vault-password-file": _SECRETS,
    "--version": ("", "reconciler --version"),
    "--vv": ("--debug", "--debug traces requests"),
    "--vvv": ("--debug", "--debug traces requests"),
    "--vvvv": ("--debug", "--debug traces requests"),
    "--wait": (
        "--when-idle",
        "apply waits until all has settled; --when-idle MINUTES waits for live sessions to end",
    ),
    "--wait-for": (
        "--when-idle",
        "apply waits until all has settled; --when-idle MINUTES waits for live sessions to end",
    ),
    "--watch": ("", "reconciler watch"),
    "--workspace": _ENV,
    "--yaml": (
        "",
        "--format json prints data; reconciler import --all --out DIR writes manifests of all live resources, and manages them",
    ),
    "--yes": ("", "this command asks nothing: leave it out"),
    "--zone": _ONLY,
    "-A": ("", "all resources are shown: reconciler state list, or reconciler show"),
    "-C": _FOLDER,
    "-K": _NOT_HERE,
    "-R": ("", "a folder is searched with all folders in it"),
    "-V": ("", "reconciler --version"),
    "-a": ("", "all resources are shown: reconciler state list, or reconciler show"),
    "-c": _CONFIG,
    "-d": ("--debug", "--debug traces requests"),
    "-e": _ENV,
    "-f": _PATHS,
    "-i": ("--env", "--env NAME chooses an environment of reconciler.yaml"),
    "-j": ("--parallel", "--parallel N"),
    "-k": ("", "name files and folders as plain arguments; certificates are always checked"),
    "-l": _LABEL,
    "-n": _DRY,
    "-o": ("--format", "--format F prints in another format, --out FILE saves a plan"),
    "-p": ("--parallel", "--parallel N"),
    "-q": _QUIET,
    "-s": ("--env", "--env NAME chooses an environment, --selector KEY=VALUE resources by label"),
    "-t": _ONLY,
    "-v": ("--debug", "--debug traces requests"),
    "-w": ("", "reconciler watch"),
    "-y": _YES,
}
