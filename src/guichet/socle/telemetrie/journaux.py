"""Logs: one JSON object a line in the Elastic Common Schema, tied by the correlation identifier, without persons.

What looks like an e-mail address, a telephone number or a number plate is masked before it is written, wherever it
comes from, exceptions included.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any

from guichet.socle.origine import current_correlation_id, current_origin
from guichet.socle.settings import Settings

GARDES = 10
_PERSONNES = re.compile(
    r"(?P<email>[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})"
    r"|(?P<telephone>(?<![\w.])(?:\+33|0033|0)\s?[1-9](?:[\s.\-\u00a0]?\d{2}){4}(?!\w)|(?<![\w-])\+[1-9]\d{7,14}(?!\w))"
    r"|(?P<plaque>(?<![\w-])[A-HJ-NP-TV-Z]{2}[\s-]?\d{3}[\s-]?[A-HJ-NP-TV-Z]{2}(?![\w-]))"
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def mask(text: str) -> str:
    """The text without e-mail addresses, telephone numbers and number plates."""
    return _PERSONNES.sub(lambda found: f"<{found.lastgroup}>", text)


class FormatECS(logging.Formatter):
    """A record as a line of JSON. Fields given in `extra` under their ECS name are added, masked; None is left out.

    `extra={"ecs": {...}}` adds a dictionary as it is: for whoever knows that it names nobody.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        known: dict[str, Any] | None = getattr(record, "ecs", None)
        line: dict[str, Any] = {
            "@timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "log.level": record.levelname.lower(),
            "message": record.getMessage() if known else mask(record.getMessage()),
            "ecs.version": "8.11",
            "log.logger": record.name,
            "service.name": self._service,
        }
        correlation = current_correlation_id()
        if correlation:
            line["trace.id"] = correlation
            author = current_origin().auteur_id
            if author:
                line["user.id"] = str(author)
        if known:
            line.update((name, value) for name, value in known.items() if value is not None)
        else:
            for name, value in vars(record).items():
                if name not in _STANDARD and value is not None:
                    line[name] = value if isinstance(value, (int, float, bool)) else mask(str(value))
        if record.exc_info and record.exc_info[1] is not None:
            line["error.type"] = type(record.exc_info[1]).__qualname__
            line["error.message"] = mask(str(record.exc_info[1]))
            line["error.stack_trace"] = mask(self.formatException(record.exc_info))
        return _ENCODER.encode(line)


class FichierTournant(RotatingFileHandler):
    """Rotation by size that formats each record once and asks the file system nothing."""

    _written = -1

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, after a turn when it would not fit."""
        try:
            line = self.format(record) + self.terminator
            stream = self.stream or self._open()
            if self._written < 0:
                self._written = stream.tell()
            if self._written + len(line) > self.maxBytes:
                self.doRollover()
                self._written, stream = 0, self.stream or self._open()
            self.stream = stream
            stream.write(line)
            stream.flush()
            self._written += len(line)
        except Exception:  # noqa: BLE001  a log that cannot be written never breaks the work it tells of
            self.handleError(record)


def set_up_logs(settings: Settings, service: str) -> None:
    """Send every log of this process to the configured file, rotated by size, else to standard error."""
    handler: logging.Handler
    if settings.log_file is not None:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handler = FichierTournant(
            settings.log_file, maxBytes=settings.log_file_mb * 1024 * 1024, backupCount=GARDES, encoding="utf-8"
        )
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FormatECS(f"guichet-{service}"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for noisy in ("uvicorn.access", "httpx", "httpcore", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
