"""Tell which address a request comes from, as far as proxies of ours vouch for it. Pure: knows nothing of requests.

A client may write anything into X-Forwarded-For; each proxy adds the address it was called from at the right.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

IPV6_PREFIX_BITS = 64  # what one household or one server is given: counting single addresses would count nothing
UNKNOWN = "unknown"  # for a server on a Unix socket, which sees no addresses


def client_address(remote_address: str, forwarded_for: str, trusted_hops: int) -> str:
    """The caller's IPv4 address or IPv6 network, in one spelling.

    It is the entry of X-Forwarded-For that the outermost of `trusted_hops` proxies wrote, counted from the right. Where
    there is none, or no address in it, it is whoever opened the connection.
    """
    entries = forwarded_for.split(",")
    vouched_for = entries[-trusted_hops] if 0 < trusted_hops <= len(entries) else ""
    address = _address_in(vouched_for) or _address_in(remote_address)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))
    return str(address) if address else UNKNOWN


def _address_in(entry: str) -> IPv4Address | IPv6Address | None:
    """The address of an entry, which may carry a port (192.0.2.1:80, [2001:db8::1]:80) or a zone (fe80::1%eth0)."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
