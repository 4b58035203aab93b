"""IPv4 addresses as text. Most runs meet no others, and ``ipaddress`` takes as long to load as four requests."""

from reconciler.core.regex import regex

_NUMBER = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = regex(rf"{_NUMBER}(?:\.{_NUMBER}){{3}}")


def is_ipv4(host: str) -> bool:
    """Whether ``host`` is an IPv4 address as ``ipaddress`` reads one."""
    return _IPV4.fullmatch(host) is not None


def may_be_ipv6(host: str) -> bool:
    """Whether ``host`` has the sign that each IPv6 address has and no name."""
    return ":" in host
