"""Suggest first questions that come from the documents themselves, and that are not refused when they are asked.

They are made of the headings of documents added lately, of those this person may read alone, by one query. What is
suggested was searched for before, as it will be when somebody asks it; whether it was found is remembered, and a page
looks for a few new ones at most. Nothing is paid: with a hosted embedding nothing is searched for beforehand.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _

from answers.content_words import content_words
from answers.quoting import quote_sentences
from answers.refusal import THRESHOLD
from answers.retrieval import Retrieved, retrieve
from answers.timing import Stopwatch
from documents.adding_samples import sample_questions
from documents.embedding.local import LOCAL_MODEL
from documents.models import EmbeddingIndex, Page
from documents.querysets import Actor
from documents.scope import Scope

SUGGESTIONS = 4
DOCUMENTS_LOOKED_AT = 8  # the latest
PAGES_LOOKED_AT = 40  # of those, and none beyond a document's first ten
CANDIDATES = 12
CHECKS_A_VIEW = 4  # searches, about 45 ms each; what is not checked yet is suggested another time
SURE = (THRESHOLD + 1) / 2  # more documents move a question's confidence a little: not to beyond the threshold
REMEMBERED_SECONDS = 24 * 3600
HEADING_CHARACTERS = range(4, 61)
MORE_CHARACTERS = 12  # that an answer has to say besides the heading it was asked by
NUMBERING = re.compile(
    r"^(?:(?:chapter|section|kapitel|teil|part)\s+)?(?:[\dIVX]+[.):]?|\d+(?:\.\d+)+\.?)\s+", re.IGNORECASE
)


@dataclass(frozen=True)
class Candidate:
    """A question that might be suggested, and the text of its document that it is made of."""

    question: str
    document_id: int
    generation: int
    made_of: str


def suggested_questions(actor: Actor, scope: Scope, *, written: bool) -> list[str]:
    """At most SUGGESTIONS questions; `written` tells whether a model writes the answers, and refuses by itself."""
    candidates = list(_mixed(candidates_for(actor)))[:CANDIDATES]
    active = EmbeddingIndex.objects.active() if candidates else None
    if active is None or active.model == LOCAL_MODEL:
        return _answered(candidates, scope)
    return [candidate.question for candidate in candidates[:SUGGESTIONS]] if written else []


def candidates_for(actor: Actor) -> list[Candidate]:
    """What the latest documents' headings, and the samples' own questions, suggest; in the order of the documents."""
    pages = Page.objects.opening(actor, DOCUMENTS_LOOKED_AT)[:PAGES_LOOKED_AT]
    found: dict[str, Candidate] = {}
    for page in pages:
        document = page.document
        written = [(question, question) for question in sample_questions(document.sha256)]
        for question, made_of in written or _questions(document.name, page):
            found.setdefault(question.casefold(), Candidate(question, document.pk, document.generation, made_of))
    return list(found.values())


def _questions(name: str, page: Page) -> Iterator[tuple[str, str]]:
    """A question for each heading that says enough by itself; of a document without any, one for its name."""
    title = " ".join(re.split(r"[\s_]+", name.rpartition(".")[0] or name))
    texts = [str(text) for _start, _level, text in page.headings] or ([title] if page.number == 1 else [])
    for text in texts:
        heading = NUMBERING.sub("", " ".join(text.split())).strip(" .:–-")
        if len(heading) not in HEADING_CHARACTERS or heading.isupper():
            continue
        if heading.endswith("?"):
            yield heading, heading
        # What a whole document says is too much to ask where its parts have names.
        elif len(content_words(heading)) > 1 and not (page.headings and heading.casefold() == title.casefold()):
            yield _("What does “%(heading)s” say?") % {"heading": re.sub("[“”]", "", heading)}, heading


def _mixed(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """One of each document in turn, so that one long document does not suggest everything."""
    by_document: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        by_document.setdefault(candidate.document_id, []).append(candidate)
    while by_document:
        for document_id in list(by_document):
            yield by_document[document_id].pop(0)
            if not by_document[document_id]:
                del by_document[document_id]


def _answered(candidates: Sequence[Candidate], scope: Scope) -> list[str]:
    keys = {candidate: _key(candidate, scope) for candidate in candidates}
    known = cache.get_many(keys.values())
    checks, answered = 0, []
    for candidate, key in keys.items():
        if key not in known and checks < CHECKS_A_VIEW:
            checks += 1
            known[key] = _is_answered(candidate, scope)
            cache.set(key, known[key], REMEMBERED_SECONDS)
        if known.get(key):
            answered.append(candidate.question)
        if len(answered) == SUGGESTIONS:
            break
    return answered


def _is_answered(candidate: Candidate, scope: Scope) -> bool:
    """Whether the question, asked in this scope, is answered from its own document, with more than its own words."""
    found = retrieve(candidate.question, scope, Stopwatch())
    if not found.passages or found.confidence < SURE or found.passages[0].document_id != candidate.document_id:
        return False
    return _says_more(candidate, found)


def _says_more(candidate: Candidate, found: Retrieved) -> bool:
    cited = quote_sentences(candidate.question, found)
    own = candidate.made_of.casefold()
    quotes = [" ".join(citation.quote.split()).casefold() for citation in cited.citations] if cited else []
    return any(len(quote.replace(own, "")) >= MORE_CHARACTERS for quote in quotes)


def _key(candidate: Candidate, scope: Scope) -> str:
    parts = (candidate.question, candidate.document_id, candidate.generation, sorted(scope.collection_ids))
    return "suggestion-" + hashlib.sha256(repr(parts).encode()).hexdigest()
