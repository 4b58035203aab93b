"""Decides whether a host is this machine."""

import ipaddress


def is_local(host: str) -> bool:
    """Whether ``host`` is empty, a socket folder, localhost or a loopback address."""
    try:
        return (
            host in ("", "localhost")
            or host.startswith(("/", "@"))
            or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False
