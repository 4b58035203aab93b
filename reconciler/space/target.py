"""The Space and credentials of a run, checked before any credential is sent."""

import ipaddress
import re

from reconciler.core.errors import CredentialsError
from reconciler.core.ipv4 import is_ipv4, may_be_ipv6
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Secret
from reconciler.core.text import printable

_DOMAIN = "signalwire.com"
LOCAL = "local"
LOCAL_ORIGIN = "http://local.invalid"
SHORTEST_TOKEN = 16  # shorter tokens are placeholders of trials

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SPACE_HOST = regex(rf"(?:{_LABEL}\.)+{re.escape(_DOMAIN)}")
_WORD = regex(_LABEL)
_AUTHORITY = regex(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(?::(?P<port>.*))?", re.DOTALL)
_EXPECTED = f"write it as NAME.{_DOMAIN}, or HOST:PORT of this machine, or '{LOCAL}'"


class Target(NamedTuple):
    """One Space and its credentials.

    ``space`` is the shown name (``example.signalwire.com``, ``127.0.0.1:8080``, ``local``),
    ``origin`` the only scheme, host and port that requests go to.
    """

    space: str
    origin: str
    project: str
    token: Secret

    @property
    def is_loopback(self) -> bool:
        """Whether the Space runs on this machine."""
        return not self.space.endswith(_DOMAIN)


def _refuse(message: str, hint: str = _EXPECTED) -> CredentialsError:
    return CredentialsError(f"the space {message}", hint=hint)


def _split_scheme(space: str) -> tuple[str | None, str]:
    scheme, separator, rest = space.partition("://")
    if not separator:
        return None, space
    if scheme.lower() not in ("http", "https"):
        raise _refuse(f"has the scheme {printable(scheme)!r}; only https is supported")
    return scheme.lower(), rest


def _authority(rest: str) -> tuple[str, int | None]:
    if "@" in rest:
        # The text before '@' may be a password and is not shown.
        raise _refuse(
            "holds a user or password before '@'; the project id and the token are given on their own"
        )
    for sign, what in (
        ("/", "a path"),
        ("\\", "a backslash"),
        ("?", "a query"),
        ("#", "a fragment"),
    ):
        if sign in rest:
            start = rest.partition(sign)[0]
            raise _refuse(
                f"{printable(rest)!r} has {what} from {sign!r} on",
                f"write {printable(start)!r} alone" if start else _EXPECTED,
            )
    if not rest.isascii() or any(
        character.isspace() or not character.isprintable() for character in rest
    ):
        raise _refuse(f"{printable(rest)!r} holds a space, a hidden character or one outside ASCII")
    found = _AUTHORITY.fullmatch(rest)
    if found is None:
        raise _refuse(f"{printable(rest)!r} is not a host")
    return found["host"].lower(), _port(found["port"])


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    is_number = text.isascii() and text.isdecimal() and len(text) <= 5
    if not (is_number and 1 <= int(text) <= 65535):
        raise _refuse(f"has the port {printable(text)!r}; a port is a whole number from 1 to 65535")
    return int(text)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is certainly this machine."""
    if host == "localhost":
        return True
    text = host.strip("[]")
    if is_ipv4(text):
        return text.startswith("127.")
    if not may_be_ipv6(text):
        return False
    try:
        # IPv4-mapped IPv6 addresses are excluded: '::1' is the only certain spelling.
        return ipaddress.ip_address(text) == ipaddress.IPv6Address("::1")
    except ValueError:
        return False


def _loopback(scheme: str | None, host: str, port: int | None) -> tuple[str, str]:
    shown = host if port is None else f"{host}:{port}"
    return shown, f"{scheme or 'http'}://{shown}"


def _space_host(scheme: str | None, host: str, port: int | None) -> tuple[str, str]:
    if _WORD.fullmatch(host):
        raise _refuse(f"{host!r} has no domain", f"did you mean {host}.{_DOMAIN}?")
    if _SPACE_HOST.fullmatch(host) is None:
        raise _refuse(
            f"{printable(host)!r} is not a host under {_DOMAIN}; credentials are sent only there"
        )
    if scheme == "http":
        raise _refuse("is given with http://; credentials travel over https only", f"write {host}")
    if port not in (None, 443):
        raise _refuse(f"has the port {port}; a Space uses the standard port", f"write {host}")
    return host, f"https://{host}"


def _address(space: str) -> tuple[str, str]:
    if not space.strip():
        raise CredentialsError(
            "no space is given", hint=f"set SIGNALWIRE_SPACE or --space: {_EXPECTED}"
        )
    if space == LOCAL:
        return LOCAL, LOCAL_ORIGIN
    scheme, rest = _split_scheme(space)
    host, port = _authority(rest)
    return _loopback(scheme, host, port) if is_loopback(host) else _space_host(scheme, host, port)


def _credential(text: str, what: str, variable: str, *, forbidden: str = "") -> str:
    if not text.strip():
        raise CredentialsError(f"the {what} is missing or blank", hint=f"set {variable}")
    for position, character in enumerate(text, start=1):
        if "!" <= character <= "~" and character not in forbidden:
            continue
        # The character itself is not shown: it is a part of a credential.
        named = "a character that is not allowed"
        if character in "\r\n":
            named = "a line break"
        elif character.isspace():
            named = "a blank"
        raise CredentialsError(
            f"the {what} holds {named} at position {position}",
            hint=f"set {variable} again, without quotes, blanks or line breaks",
        )
    return text


def target(space: str, *, project: str, token: str) -> Target:
    """The Space for requests, with credentials.

    ``space`` is ``NAME.signalwire.com``, a loopback ``HOST:PORT`` (plain HTTP is allowed there
    only) or ``local``. CredentialsError names the invalid part without the token or a password.
    """
    shown, origin = _address(space)
    # A colon would end the user name of Basic authentication.
    user = _credential(project, "project id", "SIGNALWIRE_PROJECT_ID", forbidden=":")
    return Target(
        shown, origin, user, Secret(_credential(token, "API token", "SIGNALWIRE_API_TOKEN"))
    )
