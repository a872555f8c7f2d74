"""The people, keys and rows that the access matrix calls with: three collections, and everybody with things of theirs.

hall    everybody reads, staff add
shelf   members read, those of them who are staff add: what callers hold "own" rights to
vault   nobody but the superuser reads: what is "foreign"
"""

from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from answers.evaluation.models import EvaluationRun, GoldenQuestion
from answers.models import Answer, AnswerStatus, Citation, Conversation, Feedback, Mode, SharedAnswer, TokensSpent
from answers.sharing import digest_of
from documents.models import Collection, Document, EmbeddingIndex, Worker
from qabot.api_keys import make_key, revoke
from qabot.models import ApiKey, OpenIdIdentity, Right, SignedInSession
from tests.library import index_text

OWN, FOREIGN, MISSING = "own", "foreign", "missing"
GONE = 999_999_999  # an id that nothing has
QUESTION = "When does the kettle boil?"
# A word that stands in all that belongs to a collection, and in no request: who may not read it must never see it.
WORDS = {"hall": "plover", "shelf": "quux", "vault": "xyzzy"}
MEMBERS = {"reader", "adder", "staff", "root"}


@dataclass
class Actor:
    """Somebody who calls: by session, by key or as nobody. `person` is who is behind a key, too."""

    name: str
    person: str = ""
    rights: frozenset[str] = frozenset(Right.values)
    only: str = ""  # the one collection that a key is limited to
    by_key: bool = False
    dead: bool = False  # a key that is refused
    client: Client = field(default_factory=Client)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def signed_in(self) -> bool:
        return bool(self.person) and not self.by_key

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Send one request; what it does to the session is forgotten."""
        self.client.cookies = SimpleCookie(self.cookies)
        return self.client.generic(method, path, HTTP_X_REQUEST_ID="matrix", **more)


class World:
    """Who and what there is. `ids[actor, target]` holds what the addresses of that actor's requests name."""

    def __init__(self) -> None:
        Collection.objects.all().delete()
        self.people = self._people()
        self.collections = self._collections()
        self.documents = {
            slug: index_text(shelf, f"{WORDS[slug]}.txt", f"The kettle of the {WORDS[slug]} boils at noon every day.")
            for slug, shelf in self.collections.items()
        }
        self.actors = [Actor("anonymous"), *self._sessions(), *self._keys()]
        self.answers = {actor.name: self._answer_of(actor) for actor in self.actors}
        self.own_keys = {name: make_key(f"own {name}", person).key.pk for name, person in self.people.items()}
        self.places = {actor.name: self._place_of(actor) for actor in self.actors if actor.signed_in}
        self.links = {actor.name: self._link_of(actor) for actor in self.actors if actor.signed_in}
        self.ids = {(actor.name, target): self._ids(actor, target) for actor in self.actors for target in TARGETS}
        self.admin_ids = self._admin_ids()

    def _people(self) -> dict[str, User]:
        people = {name: _person(name) for name in ("stranger", "reader")}
        people["adder"] = _person("adder", is_staff=True)
        people["staff"] = _person("staff", is_staff=True)
        people["staff"].user_permissions.set(Permission.objects.all())
        people["root"] = _person("root", is_staff=True, is_superuser=True)
        people["gone"] = _person("gone", is_active=False)
        return people

    def _collections(self) -> dict[str, Collection]:
        made = {
            slug: Collection.objects.create(
                slug=slug, name=f"The {WORDS[slug]}", description=WORDS[slug], readers=readers, adders=adders
            )
            for slug, readers, adders in (
                ("hall", "public", "staff"),
                ("shelf", "members", "staff"),
                ("vault", "members", "members"),
            )
        }
        made["shelf"].members.set(self.people[name] for name in (*MEMBERS, "gone"))
        return made

    def _sessions(self) -> list[Actor]:
        sessions = []
        for name in ("stranger", "reader", "adder", "staff", "root"):
            actor = Actor(name, person=name)
            actor.client.force_login(self.people[name])
            actor.cookies = {cookie: morsel.value for cookie, morsel in actor.client.cookies.items()}
            sessions.append(actor)
        return sessions

    def _keys(self) -> list[Actor]:
        keys = [self._key(f"key:{right}", "adder", rights=[right]) for right in Right.values]
        keys += [self._key("key:all", "adder"), self._key("key:hall", "adder", only="hall")]
        keys += [self._key("key:shelf", "root", only="shelf")]
        past = timezone.now() - timedelta(seconds=1)
        expired = self._key("key:expired", "adder", expires_at=past)
        revoked = self._key("key:revoked", "adder")
        revoke(ApiKey.objects.get(name="key:revoked"))
        dead = [expired, revoked, self._key("key:disabled", "gone")]
        for actor in dead:
            actor.dead = True
        return keys + dead

    def _key(self, name: str, person: str, rights: list[str] | None = None, only: str = "", **more: Any) -> Actor:
        collections = [self.collections[only]] if only else None
        made = make_key(name, self.people[person], rights or Right.values, collections=collections, **more)
        client = Client(headers={"Authorization": f"Bearer {made.text}"})
        return Actor(name, person, frozenset(made.key.rights), only, by_key=True, client=client)

    def _answer_of(self, actor: Actor) -> Answer:
        """A question that this actor asked: root of the vault, members of the shelf, the rest of the hall."""
        slug = "vault" if actor.name == "root" else actor.only or ("shelf" if actor.person in MEMBERS else "hall")
        conversation = Conversation.objects.create(
            owner=self.people.get(actor.person),
            title=f"{QUESTION} {WORDS[slug]}",
            api_key=ApiKey.objects.filter(name=actor.name).first() if actor.by_key else None,
        )
        if actor.name == "anonymous":
            session = SessionStore()
            session.create()
            conversation.anonymous_key = session.session_key or ""
            conversation.save()
            actor.cookies = {settings.SESSION_COOKIE_NAME: conversation.anonymous_key}
        return self._answer(conversation, slug)

    def _answer(self, conversation: Conversation, slug: str) -> Answer:
        answer = Answer.objects.create(
            conversation=conversation,
            question=f"{QUESTION} {WORDS[slug]}",
            text=f"At noon, as the {WORDS[slug]} says [1].",
            mode=Mode.EXTRACTED,
            status=AnswerStatus.DONE,
            searched_ids=[self.collections[slug].pk],
        )
        answer.collections.add(self.collections[slug])
        Citation.objects.create(
            answer=answer,
            document=self.documents[slug],
            document_name=f"{WORDS[slug]}.txt",
            number=1,
            page_number=1,
            start=0,
            end=10,
            passage_start=0,
            passage_end=10,
            quote="The kettle",
        )
        Feedback.objects.create(answer=answer, helpful=True)
        return answer

    def _link_of(self, actor: Actor) -> SharedAnswer:
        return SharedAnswer.objects.create(
            answer=self.answers[actor.name], digest=digest_of(actor.name), created_by=self.people[actor.person]
        )

    def _place_of(self, actor: Actor) -> int:
        session = actor.cookies[settings.SESSION_COOKIE_NAME]
        return SignedInSession.objects.create(session_id=session, user=self.people[actor.person]).pk

    def _ids(self, actor: Actor, target: str) -> dict[str, Any]:
        if target == MISSING:
            gone = dict.fromkeys(("document", "conversation", "answer", "link", "key", "place"), GONE)
            return {**gone, "collection": "nowhere", "token": "unknown"}
        slug = "shelf" if target == OWN else "vault"
        who = actor.name if target == OWN else "stranger" if actor.name == "root" else "root"
        mine = self.answers[who]
        links = {link.answer_id: link.pk for link in self.links.values()}
        return {
            "collection": slug,
            "document": self.documents[slug].pk,
            "conversation": mine.conversation_id,
            "answer": mine.pk,
            "link": links.get(mine.pk, GONE),
            "key": self.own_keys.get(who, GONE),
            "place": self.places.get(who, GONE),
            "token": "reader" if target == OWN else "revoked",
        }

    def _admin_ids(self) -> dict[str, dict[str, Any]]:
        """The id of an object of each model in the admin, of the shelf and, where it has a collection, of the vault."""
        SharedAnswer.objects.create(
            answer=self.answers["reader"],
            digest=digest_of("revoked"),
            created_by=self.people["reader"],
            revoked_at=timezone.now(),
        )
        shelf, vault = self.answers["reader"], self.answers["root"]
        golden = {
            slug: GoldenQuestion.objects.create(
                question=f"{QUESTION} {WORDS[slug]}", collection=self.collections[slug], expected_text="x"
            )
            for slug in ("shelf", "vault")
        }
        whole: dict[str, Any] = {
            "qabot_apikey": ApiKey.objects.get(name="key:all"),
            "qabot_openididentity": OpenIdIdentity.objects.create(user=self.people["gone"], issuer="i", subject="s"),
            "documents_embeddingindex": EmbeddingIndex.objects.first(),
            "documents_worker": Worker.objects.create(name="w", seen_at=timezone.now()),
            "answers_tokensspent": TokensSpent.objects.create(day=timezone.now().date(), subject="", tokens=1),
            "evaluation_evaluationrun": EvaluationRun.objects.create(
                question_ids=[golden["shelf"].pk], whole=True, total=1
            ),
            "auth_group": Group.objects.create(name="team"),
            "auth_user": self.people["stranger"],
        }
        scoped: dict[str, tuple[Any, Any]] = {
            "documents_collection": (self.collections["shelf"], self.collections["vault"]),
            "documents_document": (self.documents["shelf"], self.documents["vault"]),
            "answers_answer": (shelf, vault),
            "answers_conversation": (shelf.conversation, vault.conversation),
            "answers_feedback": (shelf.feedback, vault.feedback),
            "answers_sharedanswer": (self.links["reader"], self.links["root"]),
            "evaluation_goldenquestion": (golden["shelf"], golden["vault"]),
        }
        ids = {name: {OWN: row.pk} for name, row in whole.items()}
        return ids | {name: {OWN: own.pk, FOREIGN: foreign.pk} for name, (own, foreign) in scoped.items()}

    @property
    def content_type(self) -> int:
        return ContentType.objects.get_for_model(Document).pk


TARGETS = (OWN, FOREIGN, MISSING)


def _person(name: str, **fields: Any) -> User:
    return User.objects.create_user(name, **fields)  # without a password: hashing one takes long


def reads(actor: Actor, target: str) -> bool:
    """Whether the collection and its documents are open to this actor."""
    if target == MISSING or (actor.only and (actor.only, target) != ("shelf", OWN)):
        return False
    return actor.person == "root" or (target == OWN and actor.person in MEMBERS)


def may_see(actor: Actor, api: bool) -> set[str]:
    """The collections whose words may stand in what this actor is shown, by the REST door or on a page."""
    person = actor.person if api or not actor.by_key else ""
    if not person or actor.dead:
        return set() if actor.dead and api else {"hall"}
    seen = {"hall"} | ({"shelf"} if person in MEMBERS else set()) | ({"vault"} if person == "root" else set())
    return seen & {actor.only} if actor.only and api else seen


def adds(actor: Actor, target: str) -> bool:
    return reads(actor, target) and actor.person in ("adder", "staff", "root")
