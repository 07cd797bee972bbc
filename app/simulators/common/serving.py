"""A threaded HTTP server with keep-alive for one simulator, ended cleanly by a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Handler(WSGIRequestHandler):
    """Keeps connections open, answers at once and logs nothing."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes: with Nagle's algorithm each answer would wait 40 ms.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are counted in the statistics instead."""


def bind(app: WSGIApplication, host: str, port: int) -> BaseWSGIServer:
    """A listening server that has not begun to answer; port 0 takes a free one (`.port`)."""
    server = make_server(host, port, app, threaded=True, request_handler=Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server


def serve_until_told(server: BaseWSGIServer, at_end: Callable[[], None]) -> None:
    """Answers until SIGTERM or SIGINT, then runs `at_end`."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.wait()
    server.shutdown()
    at_end()
