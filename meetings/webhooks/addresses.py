"""Which addresses webhooks may be sent to: only such as anybody on the internet could reach. Pure.

Whoever makes a webhook chooses where this server connects to. Without this it could be made to talk to what only it
reaches: its own ports, machines of its network, a cloud's metadata service (server-side request forgery).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from meetings.errors import Invalid
from meetings.limits import WEBHOOK_URL_MAX_CHARS

Address = IPv4Address | IPv6Address
SCHEMES = {"http": 80, "https": 443}

# What the flags of `ipaddress` leave out, in all or in some versions of Python.
_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers; metadata of one cloud
        "168.63.129.16/32",  # a public address that another cloud's machines find their host at
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
    )
)
_REFUSED_V6 = tuple(
    IPv6Network(text) for text in ("::/96", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "3fff::/20", "fec0::/10")
)
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last four bytes are an IPv4 address


def is_public(address: Address) -> bool:
    """Also of the IPv4 address that one of IPv6 stands for."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    refused = _REFUSED_V4 if isinstance(address, IPv4Address) else _REFUSED_V6
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_loopback
        and not address.is_link_local
        and not address.is_unspecified
        and not any(address in network for network in refused)
    )


def _embedded(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def url_checked(url: str, *, is_private_allowed: bool) -> str:
    """As it will be asked for. Names are judged when they are resolved, for each request. Raises Invalid."""
    if len(url) > WEBHOOK_URL_MAX_CHARS:
        raise _invalid(f"must not be longer than {WEBHOOK_URL_MAX_CHARS} characters")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _invalid("must be written in printable ASCII, names of other scripts as xn--")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _invalid("cannot be read") from None
    if parts.scheme not in SCHEMES or not host:
        raise _invalid("must begin with https:// or http:// and a host name")
    if "@" in parts.netloc:
        raise _invalid("must not hold a user name or a password")
    if parts.fragment or port == 0:
        raise _invalid("must have no fragment, and a port that exists")
    if not is_private_allowed and _is_known_private(host):
        raise Invalid("The address of a webhook must be a public one.", code="address_not_allowed")
    return url


def _is_known_private(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(ip_address(name.partition("%")[0]))
    except ValueError:
        return False


def _invalid(what: str) -> Invalid:
    return Invalid(f"The address of a webhook {what}.", code="webhook_url_invalid")
