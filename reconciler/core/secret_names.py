"""Environment variables that manifests may not read unless the project lists them."""

import re
from fnmatch import translate

from reconciler.core.regex import regex

# Secrets, and variables that belong to CI systems and other tools.
_SECRET_NAMES = (
    "*TOKEN*",
    "*SECRET*",
    "*PASSWORD*",
    "*PASSWD*",
    "*CREDENTIAL*",
    "*KEY*",
    "ACTIONS_*",
    "AWS_*",
    "CI_*",
    "GITHUB_*",
    "GITLAB_*",
    "INPUT_*",
    "PG*",
    "RECONCILER_*",
)
_SECRET_NAME = regex("|".join(map(translate, _SECRET_NAMES)), re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether an environment variable of this name is treated as a secret."""
    return _SECRET_NAME.match(name) is not None
