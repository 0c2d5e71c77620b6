"""A real HTTP server on the loopback, whose answers a test decides."""

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Web:
    """An HTTP server: `answer` gets method, path, headers and body, and gives status, headers (lists repeat) and body."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any], bytes]] = lambda _: (200, {}, b"ok")
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = {
                    "method": self.command,
                    "path": self.path,
                    "line": self.requestline,
                    "headers": headers,
                    "names": self.headers.keys(),
                    "body": body,
                }
                web.seen.append(request)
                status, answered, content = web.answer(request)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **answered}.items():
                    for each in value if isinstance(value, list) else [value]:
                        self.send_header(name, each)
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815 - http.server asks for these names

            def log_message(self, *_: Any) -> None:
                """Nothing on the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.other = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
