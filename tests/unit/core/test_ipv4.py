"""IPv4 addresses are told as by ``ipaddress``, and no IPv6 address is taken for a name."""

import ipaddress

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.core.ipv4 import is_ipv4, may_be_ipv6
from reconciler.space.target import is_loopback


def read(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


NUMBERS = st.lists(
    st.integers(0, 300).map(str) | st.text("0127.x\u00b2\u0661", max_size=4), max_size=5
)
TEXTS = (
    NUMBERS.map(".".join)
    | st.ip_addresses().map(str)
    | st.text("0123456789abf.:%[]\n", max_size=20)
)


@given(TEXTS)
@example("127.0.0.1\n")
@example("127.0.0.01")
@example("127.0.0.256")
@example("\u0661\u0662\u0667.0.0.1")
def test_each_address_is_told_as_by_the_standard_library(text):
    address = read(text)

    assert is_ipv4(text) == isinstance(address, ipaddress.IPv4Address)
    assert may_be_ipv6(text) or not isinstance(address, ipaddress.IPv6Address)


@given(TEXTS)
@example("127.9.9.9")
@example("[127.0.0.1]")
@example("[::1]")
@example("::ffff:127.0.0.1")
@example("0:0:0:0:0:0:0:1")
@example("::1%lo")
def test_loopback_is_what_the_standard_library_says_and_no_mapped_address(text):
    address = read(text.strip("[]"))

    assert is_loopback(text) == (
        address == ipaddress.IPv6Address("::1")
        or (isinstance(address, ipaddress.IPv4Address) and address.is_loopback)
    )
