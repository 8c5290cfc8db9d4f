"""The preview over HTTP, for this machine alone: GET for a fixed list of addresses, under its own host name."""

from __future__ import annotations

import sys
import threading
import traceback
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archspec.diagrams.look import FONTS
from archspec.errors import RuleError, SpecError, printable
from archspec.files import json_text
from archspec.serve.preview import Preview

LOOPBACK = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
FILES = {
    "/": (PAGE / "page.html", "text/html; charset=utf-8"),
    "/page.css": (PAGE / "page.css", "text/css; charset=utf-8"),
    "/page.js": (PAGE / "page.js", "text/javascript; charset=utf-8"),
    **{f"/fonts/{font.name}": (font, "font/ttf") for font in FONTS.glob("*.ttf")},
}
PICTURES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"  # noqa: E501
HEARTBEAT = 5.0  # seconds between two messages to a page; a failing one tells that the page was closed


class Server(ThreadingHTTPServer):
    """An HTTP server on the loopback interface; port 0 takes a free one. Raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, preview: Preview, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.preview = preview
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a connection that was reset before it was read."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Watch the spec's files and answer requests until `shutdown`."""
        threading.Thread(target=self.preview.watch, daemon=True).start()
        super().serve_forever(poll_interval)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "archspec"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer, if only with the reason why there is no answer."""
        try:
            self._answer()
        except OSError:  # whoever asked has gone
            self.close_connection = True
        except Exception as error:
            traceback.print_exc()
            self.close_connection = True
            message = f"archspec serve has an error of its own, which the terminal shows: {type(error).__name__}"
            with suppress(OSError):
                self._text(HTTPStatus.INTERNAL_SERVER_ERROR, message, Connection="close")

    def _answer(self) -> None:
        """Send a file of the page, the state, the stream of versions, or the picture as a file."""
        if self.headers.get("Host") not in self.server.hosts:  # a name that another site made resolve to this machine
            return self._text(HTTPStatus.MISDIRECTED_REQUEST, "this address has another name")
        try:
            address = urlsplit(self.path)
        except ValueError:
            return self._text(HTTPStatus.BAD_REQUEST, "this is no address")
        query = parse_qs(address.query, keep_blank_values=True)
        preview = self.server.preview
        if address.path in FILES:
            file, kind = FILES[address.path]
            return self._send(HTTPStatus.OK, kind, file.read_bytes())
        if address.path == "/state":
            return self._send(HTTPStatus.OK, "application/json", json_text(preview.state(query), None).encode())
        if address.path == "/events":
            return self._events()
        format = address.path.removeprefix("/picture.")
        if format in PICTURES and address.path.startswith("/picture."):
            try:
                return self._send(HTTPStatus.OK, PICTURES[format], preview.picture(query, format))
            except (SpecError, RuleError) as error:
                return self._text(HTTPStatus.CONFLICT, str(error))
        return self._text(HTTPStatus.NOT_FOUND, "there is no such page")

    def _refused(self) -> None:
        self.close_connection = True  # the body of the request stays unread
        self._text(HTTPStatus.METHOD_NOT_ALLOWED, "this server is only read", Allow="GET", Connection="close")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refused  # noqa: N815

    def _events(self) -> None:
        """Send the version as a server-sent event whenever it has changed."""
        self._head(HTTPStatus.OK, "text/event-stream", Connection="close")
        self.close_connection = True
        seen = -1
        try:
            while True:
                version = self.server.preview.wait(seen, HEARTBEAT)
                self.wfile.write(f"data: {version}\n\n".encode() if version != seen else b":\n\n")
                self.wfile.flush()
                seen = version
        except OSError:
            return

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is none: a wrong line, a header without an end, a method that there is not."""
        self.close_connection = True
        self.request_version = self.protocol_version
        with suppress(OSError):
            self._text(HTTPStatus(code), printable(message or HTTPStatus(code).phrase), Connection="close")

    def _text(self, status: HTTPStatus, text: str, **headers: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{text}\n".encode(), **headers)

    def _send(self, status: HTTPStatus, kind: str, body: bytes, **headers: str) -> None:
        self._head(status, kind, **headers, **{"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the terminal shows the address and errors."""
