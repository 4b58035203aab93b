"""The spellings in which a secret is looked for: a search that finds one has found a leak."""

import base64
import json
from urllib.parse import quote


def _inner(secret: str, before: int) -> str:
    """What base64 makes of ``secret`` behind so many bytes, without the characters that it shares with its neighbours."""
    packed = base64.b64encode(b"\0" * before + secret.encode()).decode()
    return packed[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]


def spellings(secret: str, *, project: str) -> dict[str, str]:
    return {
        "raw": secret,
        "basic": base64.b64encode(f"{project}:{secret}".encode()).decode(),
        "base64": _inner(secret, 0),
        "base64 + 1": _inner(secret, 1),
        "base64 + 2": _inner(secret, 2),
        "percent": quote(secret, safe=""),
        "JSON": json.dumps(secret)[1:-1],
        "hex": secret.encode().hex(),
        "lower": secret.lower(),
        "HEX": secret.encode().hex().upper(),
    }


def leaks(text: str, secret: str, *, project: str = "project") -> list[str]:
    """The spellings of ``secret`` that ``text`` holds, its lines also read as one (a secret can be split over two writes)."""
    joined = text + "".join(text.split())
    return [
        name for name, spelled in spellings(secret, project=project).items() if spelled in joined
    ]
