"""Bring a set's corpus into the database by the real write path: uploads, and workers that index them.

The collection is kept between runs: its slug holds a hash of the files, its description one of the code that made its
chunks and vectors, so that no figure rests on what another version cut. Only superusers see such collections.
"""

import hashlib
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import TextIO

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

import documents
from answers.evaluation.progress import Progress
from answers.evaluation.questions import EvaluationSet, SetError, SetFile
from documents.indexing import IndexingOptions
from documents.managing import retry
from documents.models import Adders, Collection, Document, Readers, Status
from documents.parsing.content import ParsingError
from documents.uploading import accept_upload
from documents.worker import work_until

WORKERS = 2  # threads: one embeds while another waits for its parser; the pool has four connections for all
WORKER_NAME = "evaluation-worker"
POLL_SECONDS = 0.5
HASH_CHARACTERS = 12
MADE_BY = "Made by manage.py evaluate; may be deleted. Write path "
# What decides what is stored of a file; a change there makes the corpus be indexed again.
WRITE_PATH = (
    "parsing",
    "embedding",
    "bm25.py",
    "chunking.py",
    "indexing.py",
    "staging.py",
    "stop_words.py",
    "tokens.py",
)


@dataclass(frozen=True)
class Corpus:
    """An indexed corpus; `indexed` is how many documents were indexed just now, in `seconds`."""

    collection: Collection
    document_ids: frozenset[int]
    chunks: int
    indexed: int = 0
    seconds: float = 0.0

    @property
    def documents(self) -> int:
        return len(self.document_ids)


def bring_corpus(
    wanted: EvaluationSet, options: IndexingOptions, errors: TextIO, *, keep: bool = False, fresh: bool = False
) -> Corpus:
    """The set's corpus, indexed: what stands there is used again unless the write path's code changed since.

    `keep` uses it even so, `fresh` never. Raises SetError where a file cannot be indexed.
    """
    started = time.monotonic()
    collection = _collection(wanted, options)
    if fresh or not keep:
        _empty_outdated(collection, fresh)
    indexed = 0
    # Looked at until nothing is missing: another run may have emptied the collection meanwhile.
    while waiting := _upload(wanted.files, collection, errors):
        _index(collection, options, errors)
        indexed += waiting
    return _corpus(collection, indexed, time.monotonic() - started if indexed else 0.0)


def own_corpus(slug: str) -> Corpus:
    """Somebody's own collection as it stands. Raises SetError."""
    collection = Collection.objects.filter(slug=slug).first()
    if collection is None:
        raise SetError(f"There is no collection {slug!r}.")
    return _corpus(collection)


def check_stands(corpus: Corpus) -> None:
    """Raises SetError if another run removed the corpus or indexed it again while questions were asked of it."""
    if _corpus(corpus.collection).document_ids != corpus.document_ids:
        raise SetError(f"{corpus.collection.name} was indexed again or removed by another run meanwhile. Run it again.")


def hashes_by_name(corpus: Corpus) -> dict[str, set[str]]:
    """The hashes of the documents that bear a name, with its ending or without."""
    hashes: dict[str, set[str]] = defaultdict(set)
    for name, sha256 in corpus.collection.documents.values_list("name", "sha256"):
        hashes[name].add(sha256)
        hashes[PurePath(name).stem].add(sha256)
    return hashes


def remove_corpus(corpus: Corpus) -> None:
    corpus.collection.documents.all().delete()
    with suppress(ProtectedError):  # another run fills it at this moment: it is that run's to remove
        corpus.collection.delete()


def corpus_hash(files: Sequence[SetFile], options: IndexingOptions) -> str:
    """A hash of what would be uploaded and of the model that embeds it."""
    lines = sorted(f"{file.sha256} {file.name}" for file in files)
    model = f"{options.embedding_model} {options.embedding_dimensions}"
    return hashlib.sha256("\n".join([model, *lines]).encode()).hexdigest()[:HASH_CHARACTERS]


def write_path_hash() -> str:
    """A hash of the code that decides what is stored of a file."""
    folder = Path(documents.__path__[0])
    sources = [source for name in WRITE_PATH for source in sorted((folder / name).rglob("*.py")) or [folder / name]]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:HASH_CHARACTERS]


def _collection(wanted: EvaluationSet, options: IndexingOptions) -> Collection:
    """The set's collection; one that was made from other files of the same set goes."""
    name = slugify(wanted.name.replace("/", "-"))[:80] or "set"
    slug = f"evaluation-{name}-{corpus_hash(wanted.files, options)}"
    older = Collection.objects.filter(
        slug__regex=rf"^evaluation-{re.escape(name)}-[0-9a-f]{{{HASH_CHARACTERS}}}$", description__startswith=MADE_BY
    ).exclude(slug=slug)
    Document.objects.filter(collection__in=older).delete()
    older.delete()
    defaults = {"name": f"Evaluation: {wanted.name}"[:120], "readers": Readers.MEMBERS, "adders": Adders.MEMBERS}
    defaults["description"] = MADE_BY + write_path_hash()
    return Collection.objects.get_or_create(slug=slug, defaults=defaults)[0]


def _empty_outdated(collection: Collection, fresh: bool) -> None:
    """Empty a collection that other code filled, or any one where it is to be fresh."""
    made_by = MADE_BY + write_path_hash()
    with transaction.atomic():
        # Of two runs at once one finds it outdated; the other waits here until it is empty, and finds it up to date.
        # Without FOR NO KEY UPDATE a worker, which refers to the collection, would wait for us and we for its document.
        locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        if fresh or locked.description != made_by:
            Document.objects.filter(collection=collection).delete()
            Collection.objects.filter(pk=collection.pk).update(description=made_by)


def _corpus(collection: Collection, indexed: int = 0, seconds: float = 0.0) -> Corpus:
    ready = frozenset(collection.documents.filter(status=Status.READY).values_list("pk", flat=True))
    return Corpus(collection, ready, Document.objects.chunks_visible([collection.pk]), indexed, seconds)


def _upload(files: Sequence[SetFile], collection: Collection, errors: TextIO) -> int:
    """Upload what is not there yet; how many documents wait to be indexed."""
    standing = set(collection.documents.values_list("sha256", flat=True))
    missing = [file for file in files if file.sha256 not in standing]
    with Progress(errors, f"Uploading {collection.name}, files", len(missing)) as progress:
        for number, file in enumerate(missing, start=1):
            try:
                accept_upload(BytesIO(file.content), file.name, collection, None, len(file.content))
            except ParsingError as error:
                raise SetError(f"{file.name}: {error}") from None
            except IntegrityError:
                raise SetError(f"{collection.name} was removed by another run meanwhile. Run it again.") from None
            progress.show(number)
    for document in collection.documents.filter(status=Status.FAILED):
        retry(document)
    return collection.documents.exclude(status=Status.READY).count()


def _index(collection: Collection, options: IndexingOptions, errors: TextIO) -> None:
    """Have workers index what waits, and wait for them."""
    total = collection.documents.count()
    label = f"Indexing {collection.name}, documents"
    with _workers(options) as workers, Progress(errors, label, total) as progress:
        while left := list(collection.documents.filter(status__in=(Status.PENDING, Status.PROCESSING))):
            if not any(worker.is_alive() for worker in workers):
                raise SetError(f"Indexing {collection.name} broke down; what stands above says why.")
            progress.show(total - sum(1 - document.progress for document in left))
            time.sleep(POLL_SECONDS)
    failed = collection.documents.filter(status=Status.FAILED).order_by("pk")
    if first := failed.first():
        raise SetError(f"{failed.count():,} of {total:,} documents not indexed. {first.name}: {first.error}")


@contextmanager
def _workers(options: IndexingOptions) -> Iterator[list[threading.Thread]]:
    """Workers until the `with` ends, however it does: each finishes the document that it is at."""
    stop = threading.Event()
    threads = [threading.Thread(target=work_until, args=(stop, options), name=WORKER_NAME) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stop.set()
        for thread in threads:
            thread.join()
