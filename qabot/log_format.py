"""Write each log record as one line: logfmt for people, JSON for machines. Never more than 10 kB, never a secret."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from qabot.redaction import Redactor

MAX_LINE = 9_000  # characters; Heroku's log router cuts lines at 10 kB
OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({})))
UNTOLD_ATTRIBUTES = OWN_ATTRIBUTES | {"message", "asctime", "taskName", "request", "server_time"}

ROUTE = "qabot.route"  # the WSGI environ's name for the route of a request
request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """{"time": …, "level": …, "logger": …, "message": …} and whatever `extra` holds, without what `redactor` knows."""

    def __init__(self, redactor: Redactor | None = None) -> None:
        super().__init__()
        self._redacted = redactor or Redactor()

    def format(self, record: logging.LogRecord) -> str:
        # Before a line is cut: half a secret would not be recognised.
        fields = {name: self._without_secrets(value) for name, value in self.fields(record).items()}
        line = self.line(fields)
        if len(line) <= MAX_LINE:
            return line
        # The end of a traceback says what went wrong; the beginning says where the request came in.
        error = str(fields.get("error", ""))[-MAX_LINE // 4 :]
        short = {name: str(value)[: MAX_LINE // 40] for name, value in list(fields.items())[:20]}
        return self.line({**short, "message": str(fields["message"])[: MAX_LINE // 4], "error": error})[:MAX_LINE]

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            fields["request_id"] = current
        fields.update({name: value for name, value in vars(record).items() if name not in UNTOLD_ATTRIBUTES})
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return fields

    def line(self, fields: dict[str, object]) -> str:
        return json.dumps(fields, default=str, ensure_ascii=False)

    def _without_secrets(self, value: object) -> object:
        match value:
            case None | bool() | int() | float():
                return value
            case dict():
                return {str(name): self._without_secrets(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self._without_secrets(inner) for inner in value]
            case _:
                return self._redacted(str(value))


class LogfmtFormatter(JsonFormatter):
    """The same as `name=value`, with the traceback on lines of its own: easier on the eye."""

    def line(self, fields: dict[str, object]) -> str:
        error = fields.pop("error", "")
        head = " ".join(f"{name}={_quoted(str(value))}" for name, value in fields.items())
        return f"{head}\n{error}" if error else head


class RouteForPath(logging.Filter):
    """In what Django says of a request that failed, the route for the path, which may hold the token of a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        route = getattr(getattr(request, "resolver_match", None), "route", None)
        if route is not None and isinstance(record.args, tuple):
            path = getattr(request, "path", "")
            record.args = tuple(f"/{route}" if value == path else value for value in record.args)
        return True


def _quoted(value: str) -> str:
    needs_quotes = not value or any(character in value for character in ' "=\n\t')
    return json.dumps(value, ensure_ascii=False) if needs_quotes else value
