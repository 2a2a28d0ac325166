"""A receiver of webhooks on this machine: real HTTP, answers as a test says, remembers what came."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class HookServer:
    """`answers` are used up one after the other, the last one stays. `raw` is sent instead of an answer, as it is."""

    port: int
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterator[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def hook_server(*, tls: ssl.SSLContext | None = None) -> Iterator[HookServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # refused handshakes
    if tls is not None:
        # The handshake belongs to the thread of the connection: one that fails must not end the server.
        httpd.socket = tls.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
    httpd.hooks = HookServer(port=httpd.server_address[1])  # type: ignore[attr-defined]  # found again by the handler
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield httpd.hooks  # type: ignore[attr-defined]  # set on the server above
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hooks: HookServer = self.server.hooks  # type: ignore[attr-defined]  # set on the server above
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        hooks.received.append(Received(path=self.path, headers=headers, body=body))
        if hooks.raw is not None:
            self._send_raw(hooks.raw)
            return
        status = hooks.answers[0] if len(hooks.answers) == 1 else hooks.answers.pop(0)
        self.send_response(status)
        for name, value in {"content-length": "0", **hooks.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_raw(self, parts: Iterator[bytes]) -> None:
        self.close_connection = True
        try:
            for part in parts:
                self.wfile.write(part)
        except OSError:
            pass  # the other side has had enough, which is what such tests ask for

    def log_message(self, format: str, *args: Any) -> None:
        pass
