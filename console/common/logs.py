"""Structured logs: one JSON object a line (LOG_FORMAT=json), or readable lines. Exceptions are plain tracebacks: local
variables would carry content and secrets into the log. The newline and control characters of a value are escaped."""

from __future__ import annotations

from typing import Any

import structlog

_QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/static/")


def _drop_probes(logger: Any, method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Probes ask every few seconds; only their failures are worth a line."""
    path = str(event.get("request", "")).partition(" ")[2]
    if method == "info" and path.startswith(_QUIET_PATHS):
        raise structlog.DropEvent
    return event


def configure(*, level: str, form: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING. `form` is "json" or "lines"."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    last: structlog.types.Processor = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[_drop_probes, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"handlers": [], "propagate": True, "level": level}, "httpx": {"level": "WARNING"}},
    }
