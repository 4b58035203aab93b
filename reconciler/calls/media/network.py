"""Rules for session descriptions (SDP): only addresses of this machine, audio before video,
and a bandwidth limit.
"""

import ipaddress
import re
import socket

import aioice.ice

from reconciler.core.regex import regex

LOOPBACK = "127.0.0.1"
_CANDIDATE = regex(r"^a=candidate:\S+ \d+ (\S+) \d+ (\S+) \d+ ")
_KILOBITS = {"video": 600, "audio": 64}


def _loopback_alone(*, use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """The local addresses. The library leaves loopback out and has no setting for
    it.
    """
    del use_ipv6
    return [LOOPBACK] if use_ipv4 else []


def stay_on_loopback() -> None:
    """Offer only this machine's loopback address: a socket bound to it cannot reach another
    machine.
    """
    aioice.ice.get_host_addresses = _loopback_alone  # type: ignore[assignment]


def _is_here(address: str) -> bool:
    """Whether the address is this machine's own: a socket can be bound to no other."""
    try:
        version = ipaddress.ip_address(address).version
        with socket.socket(
            socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM
        ) as probe:
            probe.bind((address, 0))
    except (ValueError, OSError):
        return False
    return True


def _stays(line: str) -> bool:
    candidate = _CANDIDATE.match(line)
    return candidate is None or (candidate[1].lower() == "udp" and _is_here(candidate[2]))


def local_offer(offer: str) -> str:
    """The offer without candidates of other machines, so that nothing is sent there and no name
    is resolved.
    """
    return "\r\n".join(line for line in offer.splitlines() if _stays(line)) + "\r\n"


def sound_first(answer: str) -> str:
    """The answer with audio sections before video sections, as the vendor's SDK expects, and with
    a bandwidth limit.
    """
    head, *sections = re.split(r"^(?=m=)", answer, flags=re.MULTILINE)
    limited = []
    for section in sections:
        kind = section[2:].partition(" ")[0]
        line = re.search(r"^c=.*\r?\n", section, re.MULTILINE)
        limit = f"b=AS:{_KILOBITS[kind]}\r\n" if kind in _KILOBITS else ""
        limited.append(
            (
                kind != "audio",
                section[: line.end()] + limit + section[line.end() :] if line else section,
            )
        )
    return head + "".join(section for _, section in sorted(limited, key=lambda one: one[0]))
