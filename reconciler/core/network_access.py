"""How other machines are reached: through which proxy, trusting which certificates."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from reconciler.core.errors import CredentialsError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.core.resources import Secret

_PROXY_VARIABLES = ("HTTPS_PROXY", "ALL_PROXY")
_DIRECT_VARIABLE = "NO_PROXY"
_CA_FILE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_CA_FOLDER_VARIABLE = "SSL_CERT_DIR"
_NO_PROXY_AT_ALL = "none"  # in reconciler.yaml: directly, whatever the variables say

_HOST = regex(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_EXPECTED = "write it as http://HOST:PORT, with USER:PASSWORD@ before the host if it needs them"


class Proxy(NamedTuple):
    """An HTTP proxy for CONNECT tunnels. ``source`` is the setting that names it."""

    host: str
    port: int
    source: str
    user: Secret | None = None
    password: Secret | None = None

    @property
    def shown(self) -> str:
        """The proxy without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> Secret:
        """The whole URL, for clients that accept nothing else."""
        if self.user is None:
            return Secret(f"http://{self.shown}")
        password = self.password.value if self.password else ""
        return Secret(
            f"http://{quote(self.user.value, safe='')}:{quote(password, safe='')}@{self.shown}"
        )


class Trust(NamedTuple):
    """The trusted CAs: a file or folder named by ``source``, else the system's."""

    file: str = ""
    folder: str = ""
    source: str = ""


class Access(NamedTuple):
    """Proxy and trusted CAs. ``direct`` are hosts reached without the proxy."""

    proxy: Proxy | None = None
    direct: tuple[str, ...] = ()
    trust: Trust = Trust()

    def proxy_to(self, host: str, port: int = 443) -> Proxy | None:
        """Return the proxy that leads to ``host``; None where it is reached directly."""
        is_direct = any(
            _matches(pattern, host.lower().strip("[]"), port) for pattern in self.direct
        )
        return None if is_direct else self.proxy


DIRECTLY = Access()


def _variable(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return a variable's value and the name it was found under; lower case wins."""
    for spelling in (name.lower(), name):
        if environ.get(spelling, "").strip():
            return environ[spelling].strip(), spelling
    return "", ""


def access(environ: Mapping[str, str], *, proxy: str = "", ca_file: str = "") -> Access:
    """Return the network access set by ``environ`` and, before it, by reconciler.yaml.

    CredentialsError names an unusable setting, never its value.
    """
    address, source = (proxy, "connection.proxy") if proxy else ("", "")
    for name in _PROXY_VARIABLES:
        if not address:
            address, source = _variable(environ, name)
    direct, _ = _variable(environ, _DIRECT_VARIABLE)
    patterns = tuple(part for part in re.split(r"[\s,]+", direct.lower()) if part)
    found = None if not address or address == _NO_PROXY_AT_ALL else _proxy(address, source)
    return Access(found, patterns, _trust(environ, ca_file))


def _trust(environ: Mapping[str, str], ca_file: str) -> Trust:
    if ca_file:
        return Trust(file=ca_file, source="connection.ca_file")
    for name in _CA_FILE_VARIABLES:
        if environ.get(name, "").strip():
            return Trust(file=environ[name], source=name)
    folder = environ.get(_CA_FOLDER_VARIABLE, "")
    return Trust(folder=folder, source=_CA_FOLDER_VARIABLE) if folder.strip() else Trust()


def _proxy(address: str, source: str) -> Proxy:
    scheme, separator, _ = address.partition("://")
    if separator and scheme.lower() != "http":
        kind = (
            scheme.lower()
            if re.fullmatch(r"(https|socks[45]?[ah]?)", scheme.lower())
            else "another kind"
        )
        raise CredentialsError(
            f"{source} names a proxy of {kind}; only http:// proxies are supported", hint=_EXPECTED
        )
    try:
        parts = urlsplit(address if separator else f"http://{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise CredentialsError(f"{source} is not the address of a proxy", hint=_EXPECTED) from error
    if (
        _HOST.fullmatch(host) is None
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or port == 0
    ):
        raise CredentialsError(f"{source} is not the address of a proxy", hint=_EXPECTED)
    user = None if parts.username is None else Secret(unquote(parts.username))
    password = None if parts.password is None else Secret(unquote(parts.password))
    return Proxy(host, port or 80, source, user, password)


def _matches(pattern: str, host: str, port: int) -> bool:
    """Whether one NO_PROXY entry matches ``host``.

    An entry is ``*``, a domain, an address or a network, optionally with a port.
    """
    if pattern == "*":
        return True
    name, _, wanted = pattern.rpartition(":")
    if name and wanted.isdecimal() and (":" not in name or name.endswith("]")):
        if int(wanted) != port:
            return False
        pattern = name
    pattern = pattern.strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        domain = pattern.removeprefix("*").removeprefix(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return address in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False
