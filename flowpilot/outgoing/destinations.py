"""Where messages may be sent: to public addresses, and to private ones that the operator allows.

A host's name is looked up at the moment of the connection, and the connection goes to the very address that was
checked. So it does not help an attacker if the name points to a private address later.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx2

from flowpilot.errors import InvalidError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000

# Lookups cannot be cancelled. In threads of their own, slow ones hold up nothing else.
_LOOKUPS = ThreadPoolExecutor(4, thread_name_prefix="lookup")

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")

# The public IPv6 addresses, and the prefix that stands for IPv4 addresses in a network without IPv4 (RFC 6052).
_IPV6_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Python calls these global: protocol assignments, 6to4 relays, and a cloud's own service on its machines.
_NOT_PUBLIC = tuple(IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
_SIX_TO_FOUR = IPv6Network("2002::/16")


class AddressRefusedError(InvalidError):
    """Messages may not be sent to this address."""


def parse(text: str) -> httpx2.URL:
    """The address, if messages may be sent to an address of this form.

    Raises:
        AddressRefusedError: it is not an http or https address, or contains a password.
    """
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        url = None
    if url is None or url.scheme not in _PORTS or not _HOST.fullmatch(url.raw_host.decode("ascii")):
        raise AddressRefusedError("This is not a web address. Enter the full address, beginning with https://.")
    if url.userinfo:
        raise AddressRefusedError("The address contains a user name or password. Remove them.")
    if not 0 < _port(url) < 65536 or len(text) > MAX_URL:
        raise AddressRefusedError("The address is too long, or its port is not between 1 and 65535.")
    return url


async def lookup(url: httpx2.URL, allowed: Sequence[Network]) -> list[Address]:
    """The IP addresses of the URL's host, all of which messages may be sent to.

    Raises:
        AddressRefusedError: one of them is private and not allowed, or is public and the URL is not https.
        OSError: the name could not be looked up.
    """
    host = url.raw_host.decode("ascii")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            _LOOKUPS, lambda: socket.getaddrinfo(host, _port(url), type=socket.SOCK_STREAM)
        )
    except UnicodeError as error:
        raise AddressRefusedError("The address does not have a valid host name.") from error
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
    for address in addresses:
        _check(url, address, allowed)
    return addresses


def _check(url: httpx2.URL, address: Address, allowed: Sequence[Network]) -> None:
    address = _within(address)
    if any(address in network for network in allowed):
        return
    if not _is_public(address):
        raise AddressRefusedError(
            "The address is private, and FlowPilot sends only to public addresses. Ask the operator to "
            "add its network to FLOWPILOT_ALLOWED_PRIVATE_NETWORKS."
        )
    if url.scheme != "https":
        raise AddressRefusedError(
            "The address begins with http://, so others could read what is sent. Use https://."
        )


def _port(url: httpx2.URL) -> int:
    return url.port if url.port is not None else _PORTS[url.scheme]


def _within(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if any."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in _IPV6_UNICAST and address not in _SIX_TO_FOUR and address.is_global
    is_special = address.is_multicast or address.is_reserved or any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not is_special
