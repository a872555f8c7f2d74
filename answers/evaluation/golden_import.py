"""Import golden questions from a CSV file: all of it or nothing. Knows nothing of where the file comes from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from answers.evaluation.golden import Expected, flaw
from answers.evaluation.golden_table import ImportRefused, TableRow, read_table
from answers.evaluation.models import GoldenQuestion
from documents.models import Collection, Document
from documents.querysets import CollectionQuerySet
from qabot.local_numbers import grouped

WRITTEN = ["expected_document", "expected_quote", "expected_text", "answerable"]


@dataclass(frozen=True)
class Imported:
    """What became of a file's questions."""

    added: int
    updated: int  # stood there already, with other expectations
    unchanged: int
    refusals: int  # of all: those that should be refused
    unused_columns: tuple[str, ...]

    def words(self) -> str:
        counts = [
            (_("%(count)s added"), self.added),
            (_("%(count)s updated"), self.updated),
            (_("%(count)s there already, unchanged"), self.unchanged),
        ]
        told = ", ".join(words % {"count": grouped(count)} for words, count in counts if count)
        sentences = [_("Golden questions: %(counts)s.") % {"counts": told}]
        if self.refusals:
            sentences.append(_("%(count)s of them should be refused.") % {"count": grouped(self.refusals)})
        if self.unused_columns:
            columns = ", ".join(self.unused_columns)
            sentences.append(_("Columns that were not used: %(columns)s.") % {"columns": columns})
        return " ".join(sentences)


@dataclass(frozen=True)
class _Draft:
    row: TableRow
    collection: Collection
    expected: Expected


def import_questions(
    content: bytes,
    collections: CollectionQuerySet,
    default: Collection | None,
    created_by: Any,
    max_question_characters: int,
) -> Imported:
    """Add the questions of a file, and update those that their collection has already.

    A row without a collection is asked of `default`; any it names must be one of `collections`, by slug or name.
    Raises ImportRefused, naming every line that cannot be used; nothing is saved then.
    """
    table = read_table(content)
    shelves = _shelves(collections)
    documents = _document_names(_collection(row, shelves, default) for row in table.rows)
    drafts: list[_Draft] = []
    problems: list[str] = []
    asked: dict[tuple[int, str], int] = {}
    for row in table.rows:
        collection = _collection(row, shelves, default)
        expected = _expected(row)
        problem = _problem(row, collection, expected, documents, max_question_characters)
        if collection is not None and not problem:
            first = asked.setdefault((collection.pk, row.question), row.line)
            problem = _("it asks the same as line %(line)d.") % {"line": first} if first != row.line else ""
            drafts.append(_Draft(row, collection, expected))
        if problem:
            problems.append(_("Line %(line)d: %(problem)s") % {"line": row.line, "problem": problem})
    if problems:
        raise ImportRefused(problems)
    try:
        return _save(drafts, created_by, table.unused_columns)
    except IntegrityError:
        raise ImportRefused(
            [_("Somebody changed these questions at the same moment. Import the file again.")]
        ) from None


def _shelves(collections: CollectionQuerySet) -> dict[str, Collection]:
    """Collections by name and by slug; a slug wins over another one's name."""
    rows = list(collections)
    return {row.name.casefold(): row for row in rows} | {row.slug.casefold(): row for row in rows}


def _collection(row: TableRow, shelves: Mapping[str, Collection], default: Collection | None) -> Collection | None:
    return shelves.get(row.collection.casefold()) if row.collection else default


def _document_names(collections: Iterable[Collection | None]) -> dict[int, set[str]]:
    """The names that documents of each collection bear, with their endings and without."""
    names: dict[int, set[str]] = defaultdict(set)
    wanted = {collection.pk for collection in collections if collection is not None}
    for collection_id, name in Document.objects.filter(collection__in=wanted).values_list("collection_id", "name"):
        names[collection_id] |= {name.casefold(), PurePath(name).stem.casefold()}
    return names


def _expected(row: TableRow) -> Expected:
    """Where the file does not say whether a question is answerable: it is if anything is expected."""
    answerable = bool(row.document or row.quote or row.text) if row.answerable is None else row.answerable
    return Expected(row.document, row.quote, row.text, answerable)


def _problem(
    row: TableRow,
    collection: Collection | None,
    expected: Expected,
    documents: Mapping[int, set[str]],
    max_question_characters: int,
) -> str:
    if len(row.question) > max_question_characters:
        most = grouped(max_question_characters)
        return _("the question is longer than %(most)s characters.") % {"most": most}
    if collection is None:
        if not row.collection:
            return _("it names no collection.")
        return _("there is no collection “%(name)s”.") % {"name": row.collection}
    if expected.document and expected.document.casefold() not in documents.get(collection.pk, ()):
        named = {"collection": collection.name, "document": expected.document}
        return _("the collection %(collection)s has no document called “%(document)s”.") % named
    return _(flaw(expected)) if flaw(expected) else ""


def _save(drafts: list[_Draft], created_by: Any, unused_columns: tuple[str, ...]) -> Imported:
    with transaction.atomic():
        held = GoldenQuestion.objects.filter(collection__in={draft.collection.pk for draft in drafts})
        standing = {(row.collection_id, row.question): row for row in held.select_for_update()}
        new: list[GoldenQuestion] = []
        updated = 0
        for draft in drafts:
            golden = standing.get((draft.collection.pk, draft.row.question))
            if golden is None:
                new.append(GoldenQuestion(**_values(draft), created_by=created_by))
            elif _changed(golden, _values(draft)):
                golden.save()
                updated += 1
        GoldenQuestion.objects.bulk_create(new)
    refusals = sum(not draft.expected.answerable for draft in drafts)
    return Imported(len(new), updated, len(drafts) - len(new) - updated, refusals, unused_columns)


def _values(draft: _Draft) -> dict[str, Any]:
    return {
        "question": draft.row.question,
        "collection": draft.collection,
        "expected_document": draft.expected.document,
        "expected_quote": draft.expected.quote,
        "expected_text": draft.expected.text,
        "answerable": draft.expected.answerable,
    }


def _changed(golden: GoldenQuestion, values: Mapping[str, Any]) -> bool:
    """Write what a question expects now; tell whether that is something else than before."""
    before = [getattr(golden, name) for name in WRITTEN]
    for name in WRITTEN:
        setattr(golden, name, values[name])
    return before != [values[name] for name in WRITTEN]
