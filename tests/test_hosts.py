"""Which hosts a list grants, and what a name may lead to."""

from __future__ import annotations

import pytest

from factory import hosts
from factory.hosts import Place
from factory.presets import PRESETS
from factory.sandbox import asking

LIST = ("api.example.com", "*.far.example", "odd.example:8443", "127.0.0.1:8099", "10.1.2.3:443")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("api.example.com:443", True),
        ("API.Example.com.:80", True),
        ("api.example.com:22", False),
        ("xapi.example.com:443", False),
        ("api.example.com.evil.org:443", False),
        ("a.far.example:443", True),
        ("a.b.far.example:443", True),
        ("far.example:443", False),
        ("notfar.example:443", False),
        ("odd.example:8443", True),
        ("odd.example:443", False),
        ("127.0.0.1:8099", True),
        ("localhost:8099", True),
        ("127.0.0.1:8098", False),
        ("[::1]:8099", False),
        ("10.1.2.3:443", True),
        ("10.1.2.4:443", False),
    ],
)
def test_a_host_is_granted_by_name_and_port(asked: str, granted: bool) -> None:
    place = hosts.place(asked)
    assert place is not None
    assert hosts.allows(LIST, place) is granted


def test_a_star_grants_every_name_and_no_address_of_a_private_network() -> None:
    assert hosts.allows(("*",), Place(host="anything.example", port=443))
    assert not hosts.allows(("*",), Place(host="anything.example", port=8443))
    assert hosts.allows(("*:8443",), Place(host="anything.example", port=8443))
    assert not hosts.unfit(("*",), "93.184.216.34", 443)
    assert hosts.unfit(("*",), "192.168.1.1", 443)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "this machine's own"),
        ("127.8.9.1", "this machine's own"),
        ("0.0.0.0", "this machine's own"),
        ("::1", "this machine's own"),
        ("::ffff:127.0.0.1", "this machine's own"),
        ("64:ff9b::7f00:1", "this machine's own"),
        ("2002:7f00:1::", "this machine's own"),
        ("169.254.169.254", "link-local, where clouds keep a machine's keys"),
        ("168.63.129.16", "link-local, where clouds keep a machine's keys"),
        ("fe80::1", "link-local"),
        ("fec0::1", "private network"),
        ("fe80::1%eth0", "link-local"),
        ("10.0.0.1", "of a private network"),
        ("172.16.0.1", "of a private network"),
        ("192.168.0.1", "of a private network"),
        ("100.100.100.200", "of a private network"),
        ("fd00:ec2::254", "of a private network"),
        ("224.0.0.1", "of a private network"),
        ("elsewhere", "is no address"),
    ],
)
def test_a_name_may_not_lead_to_an_address_that_is_not_public(address: str, why: str) -> None:
    assert why in hosts.unfit(("*", "127.0.0.1:8099"), address, 443)


def test_an_address_that_stands_in_the_list_itself_may_be_led_to_on_its_port() -> None:
    assert not hosts.unfit(LIST, "127.0.0.1", 8099)
    assert not hosts.unfit(LIST, "10.1.2.3", 443)
    assert hosts.unfit(LIST, "10.1.2.3", 80)
    assert hosts.unfit(LIST, "::1", 8099)
    assert not hosts.unfit(("localhost:8099",), "::1", 8099)
    assert not hosts.unfit(LIST, "2606:2800:220:1::1", 443)


@pytest.mark.parametrize(
    "entry",
    ["", "a b", "a..b", "a/b", "*a.example", "a.*.example", "**", "*.127.0.0.1", "*.localhost",
     "a:0", "a:65536", "a:x", "a:", "10.0.0.1", "127.0.0.1:80", "::1", "[::1", "é.example",
     "a\0.example", "a\n", "x" * 64, ".".join(["abc"] * 64), "user@a"],
)  # fmt: skip
def test_an_entry_that_is_no_host_is_none(entry: str) -> None:
    assert hosts.grant(entry) is None


def test_every_host_of_the_programs_that_are_known_is_an_entry() -> None:
    named = [host for preset in PRESETS for host in preset.hosts]
    assert named
    assert [host for host in named if hosts.grant(host) is None] == []


def test_the_proxy_has_a_port_that_no_server_has() -> None:
    assert hosts.proxy_port(LIST) == 48080
    assert hosts.proxy_port(("127.0.0.1:48080", "localhost:48081")) == 48082
    assert hosts.own_ports((*LIST, "localhost:8099", "[::1]:9000")) == (8099, 9000)


# --- what a program asks for ---------------------------------------------------------------


def test_a_plain_request_is_sent_on_to_the_host_that_was_checked() -> None:
    head = (
        b"GET http://api.example.com:8080/a?b HTTP/1.1\r\nHost: internal.example\r\n"
        b"Proxy-Authorization: Basic x\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n"
    )
    asked = asking.read(head)
    assert (asked.place, asked.tunnel) == (Place(host="api.example.com", port=8080), False)
    assert asked.head == (
        b"GET /a?b HTTP/1.1\r\nHost: api.example.com:8080\r\nAccept: */*\r\n"
        b"Connection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"CONNECT",
        b"CONNECT a HTTP/1.1",
        b"CONNECT a:443 HTTP/2",
        b"CONNECT a:443 b HTTP/1.1",
        b"CONNECT api.example.com\0.evil.org:443 HTTP/1.1",
        b"CONNECT user@api.example.com:443 HTTP/1.1",
        b"GET / HTTP/1.1",
        b"GET https://a/ HTTP/1.1",
        b"GET http://user@a/ HTTP/1.1",
        b"GET http://a\\@b/ HTTP/1.1",
        b"GET http://a/\x80 HTTP/1.1",
        b"GET http://a/ HTTP/1.1\r\nX: y\r\n folded",
        b"GET http://a/ HTTP/1.1\r\nX y",
        b"GET http://a/ HTTP/1.1\r\nX: a\nHost: b",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_a_request_that_could_be_read_in_two_ways_is_read_in_none(head: bytes) -> None:
    with pytest.raises(asking.UnreadableError):
        asking.read(head + b"\r\n\r\n")
