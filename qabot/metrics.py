"""Send figures to a collector by OpenTelemetry's protocol (OTLP): requests, answers and their stages, documents.

They are taken from the log's events, so that nothing else has to know of them; a LOG_LEVEL above INFO leaves none.
Each process sends its own, and starts doing so at its first event: what is made before a fork would be shared.
"""

import logging
import os
import threading
from dataclasses import dataclass
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from qabot.monitoring import Metrics

LOGGERS = ("gunicorn.access", "answers", "documents")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"  # what OpenTelemetry calls the values that callers make up
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


@dataclass(frozen=True)
class Instruments:
    provider: MeterProvider
    requests: Histogram
    answers: Counter
    stages: Histogram
    tokens: Counter
    documents: Counter


class MetricsHandler(logging.Handler):
    """Counts the events it knows by their name, and passes over all others."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics
        self._made: Instruments | None = None
        self._process = 0
        self._making = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        event = str(record.msg)
        known = {"request": _count_request, "answer stored": _count_answer}
        if event in known:
            known[event](self._instruments(), vars(record))
        elif event in ("document ready", "document failed"):
            self._instruments().documents.add(1, {"outcome": event.rpartition(" ")[2]})

    def _instruments(self) -> Instruments:
        with self._making:
            if self._made is None or self._process != os.getpid():
                self._made, self._process = _make(self._metrics), os.getpid()
            return self._made


def start(metrics: Metrics) -> None:
    handler = MetricsHandler(metrics)
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)


def _make(metrics: Metrics) -> Instruments:
    exporter = OTLPMetricExporter(endpoint=f"{metrics.endpoint}/v1/metrics", headers=dict(metrics.headers))
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=metrics.interval_ms)
    instance = f"{metrics.process or 'local'}-{os.getpid()}"
    resource = Resource.create({"service.name": metrics.service, "service.instance.id": instance})
    provider = MeterProvider(metric_readers=[reader], resource=resource)
    meter = provider.get_meter("qabot")

    def seconds(name: str, description: str) -> Histogram:
        return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=SECONDS)

    return Instruments(
        provider=provider,
        requests=seconds("http.server.request.duration", "Until the last byte, streams included."),
        answers=meter.create_counter("qabot.answers", "{answer}", "By mode and status."),
        stages=seconds("qabot.answer.stage.duration", "By stage; total is the whole answer."),
        tokens=meter.create_counter("qabot.tokens", "{token}", "By model and kind."),
        documents=meter.create_counter("qabot.documents", "{document}", "Indexed, by outcome."),
    )


def _count_request(instruments: Instruments, event: dict[str, Any]) -> None:
    instruments.requests.record(
        event["ms"] / 1000,
        {
            "http.request.method": event["method"] if event["method"] in METHODS else OTHER,
            "http.route": event.get("route", OTHER),
            "http.response.status_code": event["status"],
        },
    )


def _count_answer(instruments: Instruments, event: dict[str, Any]) -> None:
    instruments.answers.add(1, {"mode": event["mode"], "status": event["status"]})
    for stage, milliseconds in event["timings_ms"].items():
        instruments.stages.record(milliseconds / 1000, {"stage": stage})
    for kind in ("prompt", "completion"):
        if count := event[f"{kind}_tokens"]:
            instruments.tokens.add(count, {"model": event["model"], "kind": kind})
