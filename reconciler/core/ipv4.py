"""IPv4 addresses as text. Most runs meet no others, and ``ipaddress`` takes as long to load as four requests."""


def _is_number(part: str) -> bool:
    is_short = part.isascii() and part.isdecimal() and len(part) <= 3
    return is_short and int(part) <= 255 and (part == "0" or part[0] != "0")


def is_ipv4(host: str) -> bool:
    """Whether ``host`` is an IPv4 address as ``ipaddress`` reads one."""
    parts = host.split(".")
    return len(parts) == 4 and all(map(_is_number, parts))


def may_be_ipv6(host: str) -> bool:
    """Whether ``host`` has the sign that each IPv6 address has and no name."""
    return ":" in host
