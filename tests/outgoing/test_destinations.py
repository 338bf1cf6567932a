"""Where messages may go: to no internal address, by any name, unless the operator allows it."""

import socket
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from flowpilot.clock import now
from flowpilot.outgoing import http
from flowpilot.outgoing.destinations import AddressRefusedError, Network, lookup, parse
from flowpilot.outgoing.failures import RefusedError, TryLaterError
from flowpilot.outgoing.messages import post_message
from tests.outgoing.servers import Receiver, certificates, receiver

pytestmark = pytest.mark.anyio

HERE: Sequence[Network] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

INSIDE = [
    "0.0.0.0",  # noqa: S104 - nothing listens there
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST",
]

OUTSIDE = ["8.8.8.8", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]"]


@pytest.mark.parametrize("host", INSIDE)
async def test_an_address_inside_is_refused(host: str) -> None:
    with pytest.raises(AddressRefusedError, match="FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"):
        await lookup(parse(f"https://{host}/"), ())


@pytest.mark.parametrize("host", OUTSIDE)
async def test_an_address_outside_is_not(host: str) -> None:
    assert len(await lookup(parse(f"https://{host}/"), ())) == 1
    with pytest.raises(AddressRefusedError, match="https://"):
        await lookup(parse(f"http://{host}/"), ())


async def test_the_operator_allows_networks_and_no_others() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    for host in ("10.1.2.3", "[::ffff:10.1.2.3]", "[fd00::1]"):
        assert len(await lookup(parse(f"http://{host}/"), allowed)) == 1
    for host in ("10.2.0.1", "127.0.0.1", "[fc00::1]"):
        with pytest.raises(AddressRefusedError):
            await lookup(parse(f"https://{host}/"), allowed)


@pytest.mark.parametrize(
    "text",
    [
        "hooks.example/x",
        "//hooks.example/x",
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "https://user:word@hooks.example/",
        "https://hooks.example:0/",
        "https://hooks.example:65536/",
        "https://127.0.0.1%00.example/",
        "https://0177.0.0.1/",
        "https://a b/",
        "https://[::1%25eth0]/",
        "https://hooks.example/" + "x" * 2000,
    ],
)
async def test_an_invalid_web_address_is_refused(text: str) -> None:
    with pytest.raises(AddressRefusedError):
        parse(text)


def _names(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[str]:
    """A name server that answers with these addresses in turn. Returns the names it was asked for."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressRefusedError):
        await lookup(parse("https://hooks.example/"), ())


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    hooks: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere when it is looked up a second time gains nothing: there is no second time."""
    asked = _names(monkeypatch, ["127.0.0.1"])
    url = hooks.url("hooks.example")
    assert await post_message(url, b"{}", {}, allowed=HERE, now=now()) == 200
    assert asked == ["hooks.example"]
    assert [request.headers["host"] for request in hooks.requests] == [f"hooks.example:{hooks.port}"]


async def test_the_next_address_is_tried_if_the_first_is_dead(
    hooks: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _names(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    assert await post_message(hooks.url("hooks.example"), b"{}", {}, allowed=HERE, now=now()) == 200
    assert len(hooks.requests) == 1


async def test_a_name_that_cannot_be_looked_up_may_be_there_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(TryLaterError, match="could not be looked up"):
        await post_message("https://hooks.example/", b"{}", {}, allowed=(), now=now())


async def test_the_certificate_must_be_for_the_name(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tls = certificates(tmp_path_factory.mktemp("tls"), "localhost")
    with receiver(tls=tls) as hooks:
        for name, trusted in (("localhost", False), ("127.0.0.1", True)):
            _trust(monkeypatch, root if trusted else None)
            with pytest.raises(TryLaterError, match="certificate"):
                await post_message(hooks.url(name, "https"), b"{}", {}, allowed=HERE, now=now())
        assert hooks.requests == []
        assert await post_message(hooks.url("localhost", "https"), b"{}", {}, allowed=HERE, now=now()) == 200
    monkeypatch.undo()
    http._tls.cache_clear()


def _trust(monkeypatch: pytest.MonkeyPatch, root: Path | None) -> None:
    http._tls.cache_clear()
    if root is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(root))


async def test_a_redirect_is_not_followed(hooks: Receiver) -> None:
    with receiver() as inside:
        hooks.will_answer(302, Location=inside.url())
        with pytest.raises(RefusedError, match="answered 302"):
            await post_message(hooks.url(), b"{}", {}, allowed=HERE, now=now())
        assert (len(hooks.requests), inside.requests) == (1, [])
