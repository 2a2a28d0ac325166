"""What is connected to is what was checked, against resolvers and servers that mean harm."""

import datetime
import itertools
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meetings.webhooks.addresses import Address
from meetings.webhooks.sending import Request, Sender, addresses_of
from tests.hook_server import HookServer, hook_server


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with hook_server() as server:
        yield server


class Names:
    """A resolver that says what a test wants, and remembers that it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        self.n_asked = 0

    def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.n_asked += 1
        return [ip_address(text) for text in next(self._answers)]


def request(url: str) -> Request:
    return Request(url=url, headers={"content-type": "application/json"}, body=b"{}")


def test_a_request_arrives_with_its_headers_and_body_under_its_own_name(hooks: HookServer) -> None:
    sender = Sender(is_private_allowed=True, resolver=Names(["127.0.0.1"]))
    answer = sender.send(request(f"http://hooks.example.com:{hooks.port}/hook?key=1"))
    assert (answer.status, answer.error, answer.is_delivered) == (204, "", True)
    (came,) = hooks.received
    assert (came.path, came.body) == ("/hook?key=1", b"{}")
    assert came.headers["host"] == f"hooks.example.com:{hooks.port}"
    assert came.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.7"],
        ["93.184.216.34", "127.0.0.1"],  # a good one beside the bad one
        ["127.0.0.1", "93.184.216.34"],
    ],
)
def test_a_name_that_has_a_private_address_is_refused_and_nothing_is_connected_to(
    hooks: HookServer, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreached(*args: object, **more: object) -> socket.socket:
        raise AssertionError("it was connected to")

    monkeypatch.setattr(socket, "create_connection", unreached)
    answer = Sender(is_private_allowed=False, resolver=Names(addresses)).send(
        request(f"http://evil.test:{hooks.port}/")
    )
    assert (answer.status, answer.error) == (None, "address_not_allowed")
    assert hooks.received == []


def test_a_name_that_changes_its_address_between_look_and_leap_gains_nothing(
    hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is asked for once, and what is connected to is the number that was judged."""
    connected: list[str] = []

    def connect(address: tuple[str, int], *args: object, **more: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    answer = Sender(is_private_allowed=False, resolver=names).send(request(f"http://evil.test:{hooks.port}/"))
    assert (answer.error, connected, names.n_asked) == ("no_connection", ["93.184.216.34"], 1)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::1]", "127.0.0.1"]
)
def test_odd_spellings_of_a_loopback_address_are_seen_through(hooks: HookServer, host: str) -> None:
    answer = Sender(is_private_allowed=False, resolver=addresses_of).send(request(f"http://{host}:{hooks.port}/"))
    assert answer.status is None
    assert answer.error in {"address_not_allowed", "name_unknown"}
    assert hooks.received == []


def test_a_redirect_is_not_followed(hooks: HookServer) -> None:
    hooks.answers, hooks.headers = [302], {"location": f"http://127.0.0.1:{hooks.port}/elsewhere"}
    answer = Sender(is_private_allowed=True).send(request(hooks.url))
    assert (answer.status, answer.error, answer.is_delivered) == (302, "redirect", False)
    assert [came.path for came in hooks.received] == ["/hook"]


def test_a_proxy_of_the_environment_is_not_used(hooks: HookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Sender(is_private_allowed=True).send(request(hooks.url)).is_delivered


def test_an_answer_without_end_is_cut(hooks: HookServer) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n"
    hooks.raw = itertools.chain([head], itertools.repeat(b"x" * 65_536))
    answer = Sender(is_private_allowed=True).send(request(hooks.url))
    assert (answer.status, answer.error) == (200, "")


def test_headers_without_end_are_cut(hooks: HookServer) -> None:
    hooks.raw = itertools.chain(
        [b"HTTP/1.1 200 OK\r\n"], (b"x-%d: %s\r\n" % (n, b"y" * 1_000) for n in itertools.count())
    )
    answer = Sender(is_private_allowed=True).send(request(hooks.url))
    assert (answer.status, answer.error) == (None, "bad_answer")


def test_an_answer_that_drips_is_over_with_the_deadline_of_the_whole(hooks: HookServer) -> None:
    """Something comes all the time, so no single read is ever late."""
    is_over = threading.Event()

    def drip() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for n in itertools.count():
            is_over.wait(0.01)
            yield b"x-%d: y\r\n" % n

    hooks.raw = drip()
    answer = Sender(is_private_allowed=True, deadline_s=0.3).send(request(hooks.url))
    is_over.set()
    assert (answer.status, answer.error) == (None, "timeout")


@pytest.mark.parametrize("said", [b"", b"\x00\x01\x02", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_is_no_http_is_an_error_and_not_a_crash(hooks: HookServer, said: bytes) -> None:
    hooks.raw = iter([said])
    answer = Sender(is_private_allowed=True).send(request(hooks.url))
    assert (answer.status, answer.error) == (None, "bad_answer")


def test_nobody_there_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        answer = Sender(is_private_allowed=True).send(request(f"http://127.0.0.1:{taken.getsockname()[1]}/"))
    assert (answer.status, answer.error) == (None, "no_connection")


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_nobody_knows_is_an_error(failure: Exception) -> None:
    def unknown(host: str, port: int) -> Sequence[Address]:
        raise failure

    answer = Sender(is_private_allowed=False, resolver=unknown).send(request("http://nobody.test/"))
    assert (answer.status, answer.error) == (None, "name_unknown")


def test_how_long_a_receiver_wants_to_be_left_alone_is_read(hooks: HookServer) -> None:
    hooks.answers, hooks.headers = [429], {"retry-after": "120"}
    answer = Sender(is_private_allowed=True).send(request(hooks.url))
    assert (answer.status, answer.error, answer.retry_after_s) == (429, "refused", 120.0)


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = directory / "certificate.pem", directory / "key.pem"
    certificate_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return certificate_path, key_path


@pytest.mark.parametrize(("name", "error"), [("hooks.example.com", ""), ("other.example.com", "tls")])
def test_tls_asks_for_a_certificate_of_the_name_though_a_number_is_connected_to(
    tmp_path: Path, name: str, error: str
) -> None:
    certificate_path, key_path = certificate(tmp_path, "hooks.example.com")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate_path, key_path)
    trusting = ssl.create_default_context(cafile=str(certificate_path))
    with hook_server(tls=serving) as hooks:
        sender = Sender(is_private_allowed=True, resolver=Names(["127.0.0.1"]), tls=trusting)
        answer = sender.send(request(f"https://{name}:{hooks.port}/hook"))
        assert answer.error == error
        assert len(hooks.received) == (0 if error else 1)
