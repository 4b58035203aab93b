"""The moment that a run says it happened at."""

import os
from datetime import UTC, datetime


def now() -> str:
    """The moment as RFC 3339 in UTC; $SOURCE_DATE_EPOCH stands for it where outputs are to be reproducible."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdigit() else datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
