"""Which address a request is counted under, whatever a client writes into X-Forwarded-For."""

import pytest

from qabot.client_address import client_address

ROUTER, CLIENT = "10.1.2.3", "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded_for", "trusted_hops", "expected"),
    [
        (CLIENT, 1, CLIENT),
        (f"198.51.100.1, {CLIENT}", 1, CLIENT),
        (f"198.51.100.1,{CLIENT}, 192.0.2.9 ", 2, CLIENT),
        (CLIENT, 0, ROUTER),
        ("", 1, ROUTER),
        (CLIENT, 2, ROUTER),
        ("203.0.113.7, nonsense", 1, ROUTER),
        ("203.0.113.7,", 1, ROUTER),
        ("203.0.113.7, ' OR 1=1 --", 1, ROUTER),
        (f"{CLIENT}:51234", 1, CLIENT),
        (f"::ffff:{CLIENT}", 1, CLIENT),
        ("[2001:db8:1:2:3:4:5:6]:443", 1, "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", 1, "2001:db8:1:2::/64"),
        ("fe80::1%eth0", 1, "fe80::/64"),
    ],
)
def test_the_entry_that_our_outermost_proxy_wrote_counts(forwarded_for: str, trusted_hops: int, expected: str):
    assert client_address(ROUTER, forwarded_for, trusted_hops) == expected


def test_a_client_that_changes_the_header_at_each_request_stays_the_same():
    forged = ["", "1.1.1.1, ", "2.2.2.2, 3.3.3.3, ", "::1, ", "x" * 5000 + ",", ",,,,"]

    assert {client_address(ROUTER, f"{start}{CLIENT}", 1) for start in forged} == {CLIENT}


def test_addresses_of_one_ipv6_network_are_one_client():
    addresses = [f"2001:db8:1:2:{number:x}::1" for number in range(100)]

    assert {client_address(address, "", 0) for address in addresses} == {"2001:db8:1:2::/64"}


def test_a_server_without_addresses_still_answers():
    assert client_address("", "", 0) == "unknown"
