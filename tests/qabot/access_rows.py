"""What every address answers to whom: the rows of the access matrix. A rule gives the status, or several, of a cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.qabot.access_bodies import Body, chosen_body, file_body, form_body, json_body
from tests.qabot.access_world import FOREIGN, GONE, MISSING, OWN, QUESTION, Actor, World, adds, reads

Rule = Callable[[Actor, str], int | set[int]]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# What an address answers to a method that its row does not name; nothing is written then.
NO_SUCH_METHOD = {302, 401, 403, 404, 405}


@dataclass(frozen=True)
class Row:
    """An address. `ids` are names in the World's ids by the names in the route; HEAD without a rule goes by GET's."""

    rules: Mapping[str, Rule]
    ids: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    any_method: bool = False  # a view of Django's that takes every other method for GET or POST

    def targets(self, method: str) -> tuple[str, ...]:
        return (OWN, FOREIGN, MISSING) if self.ids or method in self.bodies else (OWN,)


def always(*statuses: int) -> Rule:
    return lambda actor, target: set(statuses)


# Pages. A key opens none: whoever sends one is a visitor there.


def for_people(allowed: Rule) -> Rule:
    """Visitors are sent to sign in."""
    return lambda actor, target: allowed(actor, target) if actor.signed_in else 302


def _page_reader(actor: Actor, target: str) -> int:
    return 200 if not actor.by_key and reads(actor, target) else 404


def _page_owner(actor: Actor, target: str) -> int:
    return 200 if not actor.by_key and target == OWN else 404


def _page_owner_then(done: int) -> Rule:
    return lambda actor, target: done if _page_owner(actor, target) == 200 else 404


def _page_adder(done: int) -> Rule:
    return for_people(lambda actor, target: done if adds(actor, target) else 404)


def _asking_page(actor: Actor, target: str) -> int:
    return 302 if not actor.by_key and reads(actor, target) else 404


def _following_up_page(actor: Actor, target: str) -> int:
    return 302 if not actor.by_key and target == OWN else 404


def _sharing(status: int) -> Rule:
    """What belongs to one person alone."""
    return for_people(lambda actor, target: status if target == OWN else 404)


def _saving_as_test(actor: Actor, target: str) -> int | set[int]:
    if actor.name not in ("staff", "root"):
        return 403
    seen = target == OWN or (target == FOREIGN and actor.name == "root")
    return 200 if seen else 404


def _shaping_page(done: int) -> Rule:
    """Staff with the permission, in collections they may read."""

    def rule(actor: Actor, target: str) -> int:
        if actor.name not in ("staff", "root"):
            return 403
        return done if reads(actor, target) else 404

    return rule


DOCUMENT, ANSWER = {"document_id": "document"}, {"answer_id": "answer"}
DOCUMENT_PK, CONVERSATION_PK, ANSWER_PK = {"pk": "document"}, {"pk": "conversation"}, {"pk": "answer"}

PAGES: dict[str, Row | list[Row]] = {
    "healthz": Row({method: always(200) for method in METHODS}),
    "readyz": Row({method: always(200) for method in METHODS}),
    # Anybody may read pages in another language: a cookie keeps it, and nothing is stored.
    "set_language": Row({"GET": always(302), "POST": always(302)}, any_method=True),
    "js-strings": Row({"GET": always(200)}, fixed={"language": "de"}),
    "favicon.ico": Row({method: always(302) for method in METHODS}),
    "login": Row({"GET": lambda a, t: 302 if a.signed_in else 200, "POST": always(200, 302)}, any_method=True),
    "logout": Row({"GET": always(405), "POST": always(302)}),
    "signin": Row({"GET": always(410), "HEAD": always(405), "POST": always(410)}, fixed={"person": "AA", "token": "x"}),
    "openid": Row({"GET": always(404), "HEAD": always(405)}),
    "openid-callback": Row({"GET": always(404), "HEAD": always(405)}),
    "account": Row({"GET": for_people(always(200))}, any_method=True),
    "key-new": Row({"GET": for_people(always(200)), "POST": for_people(always(200))}),
    "key-revoke": Row({"GET": _sharing(200), "POST": _sharing(302)}, {"key_id": "key"}),
    "sign-out-place": Row({"GET": always(405), "POST": _sharing(302)}, {"place_id": "place"}),
    "sign-out-elsewhere": Row({"GET": always(405), "POST": for_people(always(302))}),
    # Of a browser, whoever looks: a cookie keeps it, and nothing is stored.
    "theme": Row({"GET": always(405), "POST": always(302)}),
    "password-change": Row({"GET": for_people(always(200)), "POST": for_people(always(200))}, any_method=True),
    "password-forgotten": Row({"GET": always(200), "POST": always(200)}, any_method=True),
    "password-link-sent": Row({"GET": always(200)}),
    "password-new": Row(
        {"GET": always(200), "POST": always(200)}, fixed={"uidb64": "AA", "token": "x"}, any_method=True
    ),
    "password-is-new": Row({"GET": always(200)}),
    "ask": Row({"GET": always(200)}),
    "ask-question": [
        Row({"GET": always(405), "POST": _asking_page}, bodies={"POST": form_body(collection="collection")}),
        Row({"POST": _following_up_page}, bodies={"POST": form_body(conversation="conversation")}),
    ],
    "conversation": Row({"GET": _page_owner}, {"conversation_id": "conversation"}),
    "conversations": Row({"GET": always(200)}),
    **{
        f"conversation-{step}": Row({"GET": _page_owner, "POST": posted}, {"conversation_id": "conversation"})
        for step, posted in {"rename": _page_owner_then(400), "delete": _page_owner_then(302)}.items()
    },
    "answer": Row({"GET": lambda a, t: 302 if _page_owner(a, t) == 200 else 404}, ANSWER),
    "answer-found": Row({"GET": _page_owner}, ANSWER),
    "citation": Row({"GET": _page_owner}, ANSWER, fixed={"number": 1}),
    # The world's documents are texts: there is no picture of a quote, and nothing but that is said.
    "citation-picture": Row(
        {"GET": lambda a, t: 204 if _page_owner(a, t) == 200 else 404}, ANSWER, fixed={"number": 1}
    ),
    "answer-copy": Row({"GET": _page_owner}, ANSWER),
    "answer-feedback": Row(
        {"GET": _page_owner, "POST": lambda a, t: 302 if _page_owner(a, t) == 200 else 404},
        ANSWER,
        {
            "POST": lambda world, actor, target: {
                "data": "helpful=no&comment=Too+short.",
                "content_type": "application/x-www-form-urlencoded",
            }
        },
    ),
    "share-answer": Row({"GET": _sharing(200), "POST": _sharing(200)}, ANSWER),
    "shared-answers": Row({"GET": for_people(always(200))}),
    "revoke-link": Row({"GET": always(405), "POST": _sharing(302)}, {"link_id": "link"}),
    "shared": Row({"GET": lambda actor, target: 200 if target == OWN else 404}, {"token": "token"}),
    "save-as-test": Row({"GET": for_people(_saving_as_test), "POST": for_people(_saving_as_test)}, ANSWER),
    "documents": Row({"GET": always(200)}),
    "upload": Row({"GET": always(405), "POST": _page_adder(302)}, bodies={"POST": file_body}),
    # Chosen documents that may not be changed look like none: back to the list, where it says so.
    "documents-chosen": Row(
        {"GET": always(405), "POST": for_people(lambda a, t: 200 if adds(a, t) else 302)}, bodies={"POST": chosen_body}
    ),
    "collections": Row({"GET": always(200)}),
    "collection-new": Row({"GET": for_people(_shaping_page(200)), "POST": for_people(_shaping_page(400))}),
    "collection-edit": Row(
        {"GET": for_people(_shaping_page(200)), "POST": for_people(_shaping_page(400))}, {"slug": "collection"}
    ),
    "collection-delete": Row(
        {"GET": for_people(_shaping_page(200)), "POST": for_people(_shaping_page(409))}, {"slug": "collection"}
    ),
    # Whoever may add somewhere adds them there; to everybody else there is no such thing.
    "add-samples": Row({"GET": always(405), "POST": for_people(lambda a, t: {302, 404})}),
    "document-delete": Row({"GET": _page_adder(200), "POST": _page_adder(302)}, DOCUMENT),
    "document-retry": Row({"GET": always(405), "POST": _page_adder(302)}, DOCUMENT),
    "document-page": Row({"GET": _page_reader}, DOCUMENT, fixed={"number": 1}),
    "document-pages": Row({"GET": lambda a, t: 302 if _page_reader(a, t) == 200 else 404}, DOCUMENT),
    # The world's documents are texts; tests/documents/test_page_pictures.py has who sees the pictures of a PDF.
    "document-page-picture": Row({"GET": always(404)}, DOCUMENT, fixed={"number": 1}),
    "document-original": Row({"GET": _page_reader}, DOCUMENT),
}

# The REST door


def api(right: str, allowed: Rule) -> Rule:
    """A dead key is refused before all else, then one without the right, then visitors who want to write."""

    def rule(actor: Actor, target: str) -> int | set[int]:
        if actor.dead:
            return 401
        if actor.by_key and right not in actor.rights:
            return 403
        return 401 if not actor.person and right == "write" else allowed(actor, target)

    return rule


def _if_reads(status: int) -> Rule:
    return lambda actor, target: status if reads(actor, target) else 404


def _if_adds(status: int) -> Rule:
    return lambda actor, target: status if adds(actor, target) else 403 if reads(actor, target) else 404


def _if_mine(status: int) -> Rule:
    """A key that is not limited acts for its owner: what its owner's other keys asked is its own too."""
    return lambda actor, target: status if target == OWN else 404


def _if_shapes(allowed: Rule) -> Rule:
    shapers = ("staff", "root")
    return lambda actor, target: allowed(actor, target) if actor.person in shapers and not actor.only else 403


def _asking(address: str) -> list[Row]:
    rows = [
        Row({"POST": api("ask", _if_reads(200))}, bodies={"POST": json_body(question=QUESTION, **{name: value})})
        for name, value in {"collection": "collection", "documents": "document"}.items()
    ]
    if address == "ask":
        follow_up = json_body(question=QUESTION, conversation="conversation")
        rows.append(Row({"POST": api("ask", _if_mine(200))}, bodies={"POST": follow_up}))
    return rows


NEW_COLLECTION = {"POST": json_body(name="New", slug="new")}
API: dict[str, Row | list[Row]] = {
    "api-ask": _asking("ask"),
    "api-search": _asking("search"),
    "api-collection-list": Row(
        {"GET": api("read", always(200)), "POST": api("write", _if_shapes(always(201)))}, bodies=NEW_COLLECTION
    ),
    "api-collection-detail": Row(
        {"GET": api("read", _if_reads(200)), "PATCH": api("write", _if_shapes(_if_reads(200)))},
        {"slug": "collection"},
        {"PATCH": json_body(description="Changed")},
    ),
    "api-document-list": Row(
        {"GET": api("read", always(200)), "POST": api("write", _if_adds(201))}, bodies={"POST": file_body}
    ),
    "api-document-detail": Row(
        {"GET": api("read", _if_reads(200)), "DELETE": api("write", _if_adds(204))}, DOCUMENT_PK
    ),
    "api-document-original": Row({"GET": api("read", _if_reads(200))}, DOCUMENT_PK),
    "api-document-page": Row({"GET": api("read", _if_reads(200))}, DOCUMENT_PK, fixed={"number": 1}),
    "api-document-retry": Row({"POST": api("write", _if_adds(409))}, DOCUMENT_PK),
    "api-conversation-list": Row({"GET": api("ask", always(200))}),
    "api-conversation-detail": Row(
        {"GET": api("ask", _if_mine(200)), "DELETE": api("ask", _if_mine(204))}, CONVERSATION_PK
    ),
    "api-answer-detail": Row({"GET": api("ask", _if_mine(200))}, ANSWER_PK),
    "api-answer-feedback": Row(
        {
            "POST": api("ask", _if_mine(200)),
            "PUT": api("ask", _if_mine(200)),
            "DELETE": api("ask", _if_mine(204)),
        },
        ANSWER_PK,
        {"POST": json_body(helpful=False), "PUT": json_body(helpful=True)},
    ),
    "api-answer-passages": Row({"GET": api("ask", _if_mine(200))}, ANSWER_PK),
    "api-schema": Row({"GET": lambda actor, target: 401 if actor.dead else 200}),
    "api-docs": Row({"GET": lambda actor, target: 401 if actor.dead else 200}),
    "api/": Row({method: always(404) for method in METHODS}),
}

# The admin: who is no staff is sent to sign in, staff without permissions get 403.

ADMIN_ADDS = {"documents_collection", "documents_document", "evaluation_goldenquestion", "auth_group", "auth_user"}
ADMIN_NEVER_DELETES = {
    *("documents_embeddingindex", "documents_worker", "answers_answer", "answers_feedback", "answers_tokensspent"),
}


def staff_only(allowed: Rule, without_permission: int | set[int] | Rule = 403) -> Rule:
    def rule(actor: Actor, target: str) -> int | set[int]:
        if actor.name not in ("adder", "staff", "root"):
            return 302
        if actor.name == "adder":
            return without_permission(actor, target) if callable(without_permission) else without_permission
        return allowed(actor, target)

    return rule


def _without_permission(missing: int) -> Rule:
    return lambda actor, target: 403 if target == OWN else missing


def _seen(status: int, missing: int = 302) -> Rule:
    """What staff may not see, the admin sends away from exactly as from what there is not."""

    def rule(actor: Actor, target: str) -> int:
        seen = target == OWN or (target == FOREIGN and actor.name == "root")
        return status if seen else missing

    return rule


def _admin_pages(model: str) -> dict[str, Row]:
    add, delete = model in ADMIN_ADDS, model not in ADMIN_NEVER_DELETES
    missing = 404 if model == "evaluation_evaluationrun" else 302  # a page of its own
    pages: dict[str, dict[str, Rule]] = {
        "changelist": {"GET": staff_only(always(200)), "POST": staff_only(always(200, 302, 403))},
        "add": {"GET": staff_only(always(200 if add else 403)), "POST": staff_only(always(200 if add else 403, 302))},
        # Django asks for the object first here, and for the permission then.
        "history": {"GET": staff_only(_seen(200), _without_permission(302))},
        "delete": {"GET": staff_only(_seen(200) if delete else always(403))},
        "change": {
            "GET": staff_only(_seen(200, missing), _without_permission(missing) if missing == 404 else 403),
            "POST": staff_only(lambda a, t: {200, 302, 403} if _seen(1, 0)(a, t) else {403, missing}, {403, missing}),
        },
        "shortcut": {"GET": staff_only(always(302), 302)},
    }
    pages["delete"]["POST"] = pages["delete"]["GET"]
    return {
        f"admin:{model}_{page}": Row(
            rules, {} if page in ("changelist", "add") else {"object_id": model}, any_method=True
        )
        for page, rules in pages.items()
    }


def _staff_page(rule: Rule, without_permission: int = 403, **fixed: Any) -> Row:
    return Row({"GET": staff_only(rule, without_permission)}, fixed=fixed, any_method=True)


def admin_rows(world: World) -> dict[str, Row | list[Row]]:
    rows: dict[str, Row | list[Row]] = {}
    for model in world.admin_ids:
        rows |= _admin_pages(model)
    signing_in = {
        "GET": lambda a, t: 302 if a.name in ("adder", "staff", "root") else 200,
        "HEAD": always(200, 302),
        "POST": always(200, 302),
    }
    return rows | {
        "admin/login/": Row(signing_in, any_method=True),
        "admin:login": Row(signing_in, any_method=True),
        "admin:logout": Row({"GET": always(302, 405), "POST": always(200, 302)}),
        "admin:index": _staff_page(always(200), 200),
        "admin:app_list": _staff_page(always(200), 404, app_label="documents"),
        "admin:password_change": _staff_page(always(200), 200),
        "admin:password_change_done": _staff_page(always(200), 200),
        "admin:jsi18n": _staff_page(always(200), 200),
        "admin:autocomplete": _staff_page(always(403)),
        "admin:view_on_site": _staff_page(always(404), 404, content_type_id=world.content_type, object_id=GONE),
        "admin/(?P<url>.*)$": _staff_page(always(404), 404, url="nowhere/"),
        "admin:answers_answer_found": Row(
            {"GET": staff_only(_seen(200, 404), _without_permission(404))},
            {"answer_id": "answers_answer"},
            any_method=True,
        ),
        "admin:auth_user_password_change": Row(
            {"GET": staff_only(_seen(200, 404))}, {"id": "auth_user"}, any_method=True
        ),
        "admin:documents_embeddingindex_begin": _staff_page(always(200)),
        **{
            f"admin:documents_embeddingindex_{step}": Row(
                {"GET": staff_only(_seen(200, 404)), "POST": staff_only(_seen(302, 404))},
                {"pk": "documents_embeddingindex"},
                any_method=True,
            )
            for step in ("activate", "retire")
        },
        "admin:evaluation_goldenquestion_import": _staff_page(always(200)),
        "admin:evaluation_evaluationrun_start": Row(
            {"GET": staff_only(always(405), 405), "POST": staff_only(always(302))}, any_method=True
        ),
    }


def rows_of(world: World) -> dict[str, list[Row]]:
    together = PAGES | API | admin_rows(world)
    return {name: row if isinstance(row, list) else [row] for name, row in together.items()}
