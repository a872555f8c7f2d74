"""Choose from the environment who watches: Sentry for errors, a collector of OpenTelemetry's for figures, or nobody.

Pure: sends nothing, and knows neither library. Both are optional, each with a requirements file of its own.
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import unquote

from qabot.environment import Environment

INSTALL = "{variable} is set, but {package} is missing: pip install -r requirements/{file}"
DEFAULT_INTERVAL_MS = 60_000  # of the OpenTelemetry specification


@dataclass(frozen=True)
class Sentry:
    """Where errors are reported, and what the reports are filed under."""

    dsn: str = field(repr=False)
    environment: str
    release: str  # the commit, where Heroku tells it
    process: str  # web.1


@dataclass(frozen=True)
class Metrics:
    """Where figures are sent by OTLP over HTTP, and how often."""

    endpoint: str  # without /v1/metrics
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    service: str
    process: str
    interval_ms: int


def choose_sentry(environment: Environment) -> Sentry | None:
    """What is missing or cannot be used is noted in `environment`."""
    dsn = environment.url("SENTRY_DSN")
    commit = environment.text("HEROKU_BUILD_COMMIT", environment.text("HEROKU_SLUG_COMMIT"))
    name = environment.text("SENTRY_ENVIRONMENT", environment.text("HEROKU_APP_NAME", "local"))
    if not dsn:
        return None
    _require(environment, "SENTRY_DSN", package="sentry_sdk", file="monitoring-sentry.txt")
    return Sentry(dsn, name, commit, environment.text("DYNO"))


def choose_metrics(environment: Environment) -> Metrics | None:
    """The variables are OpenTelemetry's own. What is missing or cannot be used is noted in `environment`."""
    endpoint = environment.url("OTEL_EXPORTER_OTLP_ENDPOINT")
    service = environment.text("OTEL_SERVICE_NAME", environment.text("HEROKU_APP_NAME", "qabot"))
    interval_ms = environment.integer("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL_MS, minimum=100)
    pairs = [pair.partition("=") for pair in environment.listed("OTEL_EXPORTER_OTLP_HEADERS")]
    if any(not name or not separator for name, separator, _ in pairs):
        environment.reject("OTEL_EXPORTER_OTLP_HEADERS must be like name=value,other-name=value.")
    if not endpoint:
        return None
    file = "monitoring-opentelemetry.txt"
    _require(environment, "OTEL_EXPORTER_OTLP_ENDPOINT", package="opentelemetry", file=file)
    headers = tuple((name.strip(), unquote(value.strip())) for name, _, value in pairs)
    return Metrics(endpoint, headers, service, environment.text("DYNO"), interval_ms)


def _require(environment: Environment, variable: str, *, package: str, file: str) -> None:
    if find_spec(package) is None:
        environment.reject(INSTALL.format(variable=variable, package=package.replace("_", "-"), file=file))
