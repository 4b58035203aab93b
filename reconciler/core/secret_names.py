"""Which environment variables are known to hold secrets, or what is none of a manifest's business, by their names."""

import re
from fnmatch import translate

# Names of what is known to be a secret, or to be somebody else's: no manifest reads them unless the project lists them.
SECRET_NAMES = (
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
_SECRET_NAME = re.compile("|".join(map(translate, SECRET_NAMES)), re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether an environment variable of this name is known to be a secret."""
    return _SECRET_NAME.match(name) is not None
