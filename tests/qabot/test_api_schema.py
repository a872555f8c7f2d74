"""Requests drawn from the OpenAPI document itself: whatever they hold, the API answers as the document says."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from django.conf import LazySettings
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as drawing
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from answers.answering import ask
from answers.models import Conversation
from answers.options import options_from_settings
from documents.scoping import scope_for
from qabot.api_keys import make_key
from qabot.wsgi import application
from tests.library import default_collection, index_text, make_user

pytestmark = pytest.mark.django_db(transaction=True)  # streams are drawn by threads with connections of their own

RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
# The same requests every time, and no waiting: a search for the smallest case that fails is for people at their desks.
DRAWING: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
UNKNOWN_KEY = "Bearer qab_abcdefgh_" + "0" * 64


@dataclass
class Trial:
    """How often each operation answered with which status, and what was wrong with that: one case of each kind."""

    headers: dict[str, str]
    ids: dict[str, int] = field(default_factory=dict)  # by table; none: whatever is drawn
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self, mode: GenerationMode, examples: int) -> None:
        """So many requests to each operation. Deletions come last: what `ids` name is there until then."""
        schema = schemathesis.openapi.from_wsgi("/api/schema?format=json", app=application)
        results: Any = schema.get_all_operations()
        operations = [result.ok() for result in results]
        for operation in sorted(operations, key=lambda operation: operation.method.lower() == "delete"):
            drawn = given(case=operation.as_strategy(generation_mode=mode))(lambda case: self.call(case))
            drawing(**DRAWING, max_examples=examples)(drawn)()
        print(f"\n{self.answers.total()} requests to {len(operations)} operations: {self.statuses()}")

    def call(self, case: Any) -> None:
        label = f"{case.method} {case.operation.path}"
        case.cookies.clear()  # a drawn one is that of nobody
        if self.ids and "id" in case.path_parameters:
            case.path_parameters["id"] = self.ids[case.operation.path.split("/")[2]]
        if self.ids and "number" in case.path_parameters:
            case.path_parameters["number"] = 1
        response = case.call(headers=self.headers)
        self.answers[label, response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=self.headers)
        except FailureGroup as group:
            for failure in group.exceptions:
                curl = case.as_curl_command(headers=self.headers)
                self.failures[label, type(failure).__name__] = f"{failure}\n{curl}\n{response.text[:300]}"

    def statuses(self) -> dict[int, int]:
        counted: Counter[int] = Counter()
        for (_, status), count in self.answers.items():
            counted[status] += count
        return dict(sorted(counted.items()))


@pytest.fixture(autouse=True)
def _unlimited(settings: LazySettings) -> None:
    settings.QABOT_RATES = dict.fromkeys(settings.QABOT_RATES)


@pytest.fixture
def trial() -> Trial:
    """By somebody who may do everything, with one document, one conversation and one answer."""
    root = make_user("root", is_staff=True, is_superuser=True)
    document = index_text(default_collection(), "bees.txt", "Bees make honey. A hive holds 40,000 bees.", root)
    conversation = Conversation.objects.create(owner=root)
    answer = ask("What do bees make?", conversation, scope_for(root, None, None), options_from_settings())
    ids = {"documents": document.pk, "conversations": conversation.pk, "answers": answer.pk}
    return Trial({"Authorization": f"Bearer {make_key('all', root).text}"}, ids)


def test_requests_as_documented_are_answered_as_documented(trial: Trial):
    trial.run(RIGHT, examples=10)

    assert trial.failures == {}, "\n\n".join(trial.failures.values())
    never = {label for label, _ in trial.answers} - {label for label, status in trial.answers if status < 300}
    # The slug of a collection that there is may or may not be drawn.
    assert never - {f"{method} /api/collections/{{slug}}" for method in ("GET", "PATCH")} == {
        "POST /api/documents/{id}/retry"  # the document did not fail
    }


def test_any_other_requests_are_refused_as_documented(trial: Trial):
    trial.run(WRONG, examples=10)

    assert trial.failures == {}, "\n\n".join(trial.failures.values())


@pytest.mark.parametrize("headers", [{}, {"Authorization": UNKNOWN_KEY}], ids=["no key", "an unknown key"])
def test_without_a_key_nothing_is_looked_at(headers: dict[str, str], trial: Trial):
    right, wrong = Trial(headers, trial.ids), Trial(headers)
    right.run(RIGHT, examples=2)
    wrong.run(WRONG, examples=2)

    assert right.failures | wrong.failures == {}, "\n\n".join((right.failures | wrong.failures).values())
    assert {answer for answer in right.answers if answer[1] != 401} == set()
    # An address whose id is none is no address of the API's, whoever asks.
    assert {status for label, status in wrong.answers if "{" not in label} == {401}
    assert wrong.statuses().keys() <= {401, 404}
