"""JSON Web Tokens of a room: written, and read if this Space's key signed them."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

_ALGORITHM = "HS512"
_LONGEST = 16_384


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(segment: str) -> bytes:
    return base64.b64decode(
        segment.encode() + b"=" * (-len(segment) % 4), altchars=b"-_", validate=True
    )


def _signature(signed: str, key: bytes) -> str:
    return _segment(hmac.digest(key, signed.encode(), "sha512"))


def write_token(claims: Mapping[str, Any], key: bytes, *, host: str | None) -> str:
    """The token that carries ``claims``; ``host`` is the address that its holder connects to
    (None: not in the token).
    """
    header = {"typ": "VRT", **({"ch": host} if host else {}), "alg": _ALGORITHM}
    signed = f"{_segment(json.dumps(header).encode())}.{_segment(json.dumps(claims).encode())}"
    return f"{signed}.{_signature(signed, key)}"


def read_token(token: str, key: bytes) -> dict[str, Any]:
    """The claims of a token that ``key`` signed. ValueError if it did not, or if it is not a
    token.
    """
    signed, _, signature = token.rpartition(".")
    if len(token) > _LONGEST or not hmac.compare_digest(
        signature.encode(), _signature(signed, key).encode()
    ):
        raise ValueError("the token's signature is not this Space's")
    try:
        header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
    except (ValueError, binascii.Error) as error:
        raise ValueError("the token cannot be read") from error
    if (
        not isinstance(claims, dict)
        or not isinstance(header, dict)
        or header.get("alg") != _ALGORITHM
    ):
        raise ValueError("the token cannot be read")
    return claims
