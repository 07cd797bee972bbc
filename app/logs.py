"""Log lines: one JSON object each, with the request, message and shop they belong to, and no secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import structlog

from app.config import settings

SECRET_NAMES = re.compile(
    r"(?:^|_)(?:token|secret|password|authorization|cookie|signature|hmac|email|phone|address)$"
)
SECRETS = re.compile(
    r"\b((?:id_token|hmac|code|access_token|refresh_token|session|state)=)[^&\s\"]+"
    r"|\b(Bearer\s+|Atz[ar]\||shp(?:at|ua|rt|ss)_)\S+"
)


def configure() -> None:
    """Sends everything that is logged, by us or a library, to standard output in one shape."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    as_console = settings().log_format == "console"
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if as_console
        else structlog.processors.JSONRenderer()
    )
    ending: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if not as_console:
        ending.append(structlog.processors.format_exc_info)
    handler = _StandardOutput()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[*ending, without_secrets, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = logging.getLevelNamesMapping()[settings().log_level]
    root.setLevel(level)
    for talkative in ("httpx", "httpcore", "urllib3", "alembic", "rq.worker", "werkzeug"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def without_secrets(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blanks values under telling names, and tokens inside any text."""
    for name, value in event.items():
        if _is_secret(name):
            event[name] = "…"
        elif isinstance(value, str):
            event[name] = redacted(value)
    return event


def redacted(words: str) -> str:
    """The text with tokens cut out, in addresses and headers alike."""
    return SECRETS.sub(lambda found: f"{found[1] or found[2]}…", words)


class _StandardOutput(logging.Handler):
    """Writes to whatever standard output is at the moment, which may have been redirected since."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stdout.write(self.format(record) + "\n")
            sys.stdout.flush()
        except Exception:
            self.handleError(record)


@lru_cache(maxsize=1_000)
def _is_secret(name: str) -> bool:
    return bool(SECRET_NAMES.search(name))
