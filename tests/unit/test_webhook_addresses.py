"""Webhooks go to public addresses only, however a private one is spelled."""

from ipaddress import ip_address

import pytest

from meetings.errors import Invalid
from meetings.webhooks.addresses import is_public, url_checked


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",  # metadata of most clouds
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "100::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo of 10.0.0.1
    ],
)
def test_an_address_that_is_not_everybody_s_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_taken(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "webhook_url_invalid"),
        ("file:///etc/passwd", "webhook_url_invalid"),
        ("gopher://example.com/", "webhook_url_invalid"),
        ("//example.com/", "webhook_url_invalid"),
        ("example.com", "webhook_url_invalid"),
        ("https://", "webhook_url_invalid"),
        ("https://user:password@example.com/", "webhook_url_invalid"),
        ("https://user@example.com/", "webhook_url_invalid"),
        ("https://example.com@127.0.0.1/", "webhook_url_invalid"),
        ("https://example.com/#part", "webhook_url_invalid"),
        ("https://example.com:0/", "webhook_url_invalid"),
        ("https://example.com:99999/", "webhook_url_invalid"),
        ("https://example.com:port/", "webhook_url_invalid"),
        ("https://[::1/", "webhook_url_invalid"),
        ("https://exam ple.com/", "webhook_url_invalid"),
        ("https://example.com/\r\nHost: other", "webhook_url_invalid"),
        ("https://example.com\\@127.0.0.1/", "webhook_url_invalid"),
        ("https://exämple.com/", "webhook_url_invalid"),
        ("https://example.com/" + "a" * 2_000, "webhook_url_invalid"),
        ("http://127.0.0.1/", "address_not_allowed"),
        ("http://[::1]:8000/", "address_not_allowed"),
        ("http://[::ffff:169.254.169.254]/", "address_not_allowed"),
        ("http://[fe80::1%25eth0]/", "address_not_allowed"),
        ("http://localhost/", "address_not_allowed"),
        ("http://LOCALHOST./", "address_not_allowed"),
        ("http://a.localhost/", "address_not_allowed"),
        ("http://metadata.google.internal/", "address_not_allowed"),
    ],
)
def test_an_address_that_makes_no_sense_or_is_plainly_private_is_refused_at_once(url: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        url_checked(url, is_private_allowed=False)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?key=1", "http://example.com:8080", "https://[2606:4700::1]/x"]
)
def test_a_public_address_is_kept_as_it_is(url: str) -> None:
    assert url_checked(url, is_private_allowed=False) == url


def test_where_it_is_allowed_private_addresses_are_taken_and_nonsense_is_not() -> None:
    assert url_checked("http://127.0.0.1:9000/", is_private_allowed=True) == "http://127.0.0.1:9000/"
    with pytest.raises(Invalid):
        url_checked("http://a:b@127.0.0.1/", is_private_allowed=True)
