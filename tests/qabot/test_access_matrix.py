"""Who gets what: every address, method and caller, with own, foreign and missing ids, generated from the URL resolver.

`pytest -s tests/qabot/test_access_matrix.py` prints its size. Besides the status of each cell it is checked that

* a foreign id answers exactly as a missing one does, to everybody who may not see it,
* no answer shows a word of a collection that the caller may not read, lists and the admin included,
* nothing that is looked at (GET, HEAD, OPTIONS), and nothing that is refused, writes a row.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, get_resolver, reverse

from tests.qabot.access_rows import METHODS, NO_SUCH_METHOD, Row, rows_of
from tests.qabot.access_world import FOREIGN, GONE, MISSING, OWN, WORDS, Actor, World, may_see

pytestmark = pytest.mark.django_db  # tells that the test database is wanted: the world is made before each test

MIGHTIEST = {"anonymous", "root", "key:all"}  # what an address does not do for these, it does for nobody
LOOKING = {"GET", "HEAD", "OPTIONS"}
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|COPY|TRUNCATE)\b", re.IGNORECASE)
# What a look may leave behind: a session, whose it is, and when a key was last used.
HARMLESS = re.compile(r'"django_session"|INTO "qabot_signedinsession"|UPDATE "qabot_apikey" SET "last_used_at"')
SESSIONS = ("django_session", "qabot_signedinsession")
# What differs between two answers that are otherwise the same.
CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|name="csrf-token" content="\w+"')


@dataclass(frozen=True)
class Route:
    """An address of the resolver by its name or, nameless, by its pattern."""

    name: str
    pattern: str

    def path(self, arguments: dict[str, Any]) -> str:
        if ":" in self.name and self.name.endswith("_shortcut"):
            model = self.name.removeprefix("admin:").removesuffix("_shortcut").replace("_", "/", 1)
            return f"/admin/{model}/{arguments['object_id']}/"
        if self.name == self.pattern:
            return "/" + re.sub(r"\(\?P<(\w+)>.*\)\$", lambda match: str(arguments[match[1]]), self.pattern)
        return reverse(self.name, kwargs=arguments)


@dataclass
class Outcome:
    status: int
    body: str
    location: str
    written: list[str]

    @property
    def refused(self) -> bool:
        return self.status >= 400 or self.location.startswith(("/login", "/admin/login/"))


@dataclass
class Findings:
    """What is wrong, and how much was looked at."""

    wrong: list[str] = field(default_factory=list)
    cells: int = 0
    compared: int = 0


def routes() -> list[Route]:
    return [route for route in _walk(get_resolver().url_patterns) if not route.pattern.startswith("static")]


def _walk(patterns: Any, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    for found in patterns:
        pattern = prefix + str(found.pattern)
        if not isinstance(found, URLPattern):
            yield from _walk(found.url_patterns, pattern, found.namespace or namespace)
            continue
        name = f"{namespace}:{found.name}" if namespace and found.name else found.name or pattern
        if shortcut := re.fullmatch(r"admin/(\w+)/(\w+)/<path:object_id>/", pattern):
            name = f"admin:{shortcut[1]}_{shortcut[2]}_shortcut"
        yield Route(name, pattern)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Everybody and everything, made once for the module and taken back at its end."""
    assert connection.settings_dict["NAME"].startswith("test_")  # it begins with deleting what there is
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _all_doors_open(settings: Any) -> Iterator[None]:
    settings.QABOT_SENDS_EMAIL = True
    logging.disable()  # thousands of refusals, each with its line
    yield
    logging.disable(logging.NOTSET)


def test_every_address_answers_everybody_as_its_row_says(world: World):
    rows, found, before = rows_of(world), Findings(), _row_counts()
    for route in routes():
        for row in rows.get(route.name, []):
            for actor in _callers(world, route):
                _check(world, route, row, actor, found)
    print(f"\naccess matrix: {len(routes())} addresses, {len(world.actors)} callers, {found.cells:,} requests,")
    print(f"{found.compared:,} foreign ids compared with missing ones, {len(found.wrong)} wrong")

    assert [route.name for route in routes() if route.name not in rows] == [], "addresses without a row"
    assert [name for name in rows if name not in {route.name for route in routes()}] == [], "rows without an address"
    assert found.wrong == [], "\n".join(found.wrong)
    assert _row_counts() == before


def _callers(world: World, route: Route) -> list[Actor]:
    """Everybody. Pages do not look at keys: that a valid, a limited and a dead one open nothing there is enough."""
    few = {"key:all", "key:shelf", "key:revoked"}
    door = route.pattern.startswith("api/")
    return [actor for actor in world.actors if door or not actor.by_key or actor.name in few]


def _check(world: World, route: Route, row: Row, actor: Actor, found: Findings) -> None:
    for method in METHODS:
        rule = row.rules.get(method) or (row.rules.get("GET") if method == "HEAD" else None)
        if row.any_method and (rule is None or method == "HEAD"):
            continue
        if rule is None and actor.name not in MIGHTIEST:
            continue
        outcomes = {}
        for target in row.targets(method) if rule and method != "HEAD" else (OWN,):
            arguments = _arguments(world, row, actor, target)
            if arguments is None:
                continue
            outcome = _sent(route, row, world, actor, method, target, arguments)
            outcomes[target] = outcome
            found.cells += 1
            expected = rule(actor, target) if rule else NO_SUCH_METHOD | ({200} if method == "OPTIONS" else set())
            expected = expected if isinstance(expected, set) else {expected}
            cell = f"{method} {route.name} as {actor.name}, {target}"
            if outcome.status not in expected:
                found.wrong.append(f"{cell}: {outcome.status} instead of {sorted(expected)}")
            api = route.pattern.startswith("api/")
            hidden = WORDS.keys() - may_see(actor, api) if route.name != "shared" else set()
            found.wrong += [f"{cell}: shows what is in the {slug}" for slug in hidden if WORDS[slug] in outcome.body]
            if outcome.written and (method in LOOKING or outcome.refused or rule is None):
                found.wrong.append(f"{cell}: wrote {outcome.written}")
        if rule and rule(actor, FOREIGN) == rule(actor, MISSING):
            _compare(f"{method} {route.name} as {actor.name}", outcomes, found)


def _compare(cell: str, outcomes: dict[str, Outcome], found: Findings) -> None:
    """A foreign id must not be told from a missing one."""
    if not {FOREIGN, MISSING} <= outcomes.keys():
        return
    foreign, missing = outcomes[FOREIGN], outcomes[MISSING]
    if foreign.status < 300:  # nothing was named that could be foreign
        return
    found.compared += 1
    if (foreign.status, foreign.body, foreign.location) != (missing.status, missing.body, missing.location):
        found.wrong.append(f"{cell}: a foreign id answers {foreign.status}, not as a missing one does")


def _arguments(world: World, row: Row, actor: Actor, target: str) -> dict[str, Any] | None:
    """What the address names; None where there is no such target, as for what is nobody's own in the admin."""
    named: dict[str, Any] = {}
    for argument, name in row.ids.items():
        ids = world.admin_ids.get(name)
        named[argument] = world.ids[actor.name, target][name] if ids is None else {**ids, MISSING: GONE}.get(target)
    return None if None in named.values() else {**named, **row.fixed}


def _sent(
    route: Route, row: Row, world: World, actor: Actor, method: str, target: str, arguments: dict[str, Any]
) -> Outcome:
    body: Callable[..., dict[str, Any]] | None = row.bodies.get(method)
    more = body(world, actor, target) if body else {}
    written: list[str] = []

    def watch(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
        done, text = execute(sql, parameters, many, context), str(sql)
        if WRITES.match(text) and context["cursor"].rowcount and not HARMLESS.search(text):
            written.append(text[:80])
        return done

    with transaction.atomic(), connection.execute_wrapper(watch):
        response = actor.call(method, route.path(arguments), **more)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(method not in LOOKING)  # what looking left behind is counted at the end
    path, text = route.path(arguments), CHANGING.sub("", content.decode(errors="replace"))
    location = response.get("Location", "").replace(path, "PATH")  # as in /login?next=PATH
    return Outcome(response.status_code, text, location, written)


def _row_counts() -> dict[str, int]:
    tables = [name for name in connection.introspection.table_names() if name not in SESSIONS]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))
        return dict(cursor.fetchall())


def test_a_dead_key_is_told_why_by_problem_json(world: World):
    answers = {actor.name: actor.call("GET", "/api/documents") for actor in world.actors if actor.dead}

    assert {name: (answer.status_code, json.loads(answer.content)["detail"]) for name, answer in answers.items()} == {
        "key:expired": (401, "This API key is expired."),
        "key:revoked": (401, "This API key is revoked."),
        "key:disabled": (401, "The account of this API key is not active."),
    }
