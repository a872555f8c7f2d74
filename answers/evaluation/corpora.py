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
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import TextIO

from django.utils.text import slugify

import documents
from answers.evaluation.progress import Progress
from answers.evaluation.sets import EvaluationSet, SetError, SetFile
from documents.indexing import IndexingOptions
from documents.managing import retry
from documents.models import Adders, Collection, Document, Readers, Status
from documents.parsing.content import ParsingError
from documents.uploading import accept_upload
from documents.worker import work_until

WORKERS = 2  # threads: one embeds while another waits for its parser; the pool has four connections for all
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
    documents: int
    chunks: int
    indexed: int = 0
    seconds: float = 0.0


def bring_corpus(
    wanted: EvaluationSet, options: IndexingOptions, errors: TextIO, *, keep: bool = False, fresh: bool = False
) -> Corpus:
    """The set's corpus, indexed: what stands there is used again unless the write path's code changed since.

    `keep` uses it even so, `fresh` never. Raises SetError where a file cannot be indexed.
    """
    started = time.monotonic()
    collection = _collection(wanted, options)
    made_by = MADE_BY + write_path_hash()
    if fresh or (not keep and collection.description != made_by):
        Document.objects.filter(collection=collection).delete()
        Collection.objects.filter(pk=collection.pk).update(description=made_by)
    waiting = _upload(wanted.files, collection, errors)
    if waiting:
        _index(collection, options, errors)
    return Corpus(
        collection=collection,
        documents=collection.documents.count(),
        chunks=Document.objects.chunks_visible([collection.pk]),
        indexed=waiting,
        seconds=time.monotonic() - started if waiting else 0.0,
    )


def own_corpus(slug: str) -> Corpus:
    """Somebody's own collection as it stands. Raises SetError."""
    collection = Collection.objects.filter(slug=slug).first()
    if collection is None:
        raise SetError(f"There is no collection {slug!r}.")
    ready = collection.documents.filter(status=Status.READY).count()
    return Corpus(collection, ready, Document.objects.chunks_visible([collection.pk]))


def hashes_by_name(corpus: Corpus) -> dict[str, set[str]]:
    """The hashes of the documents that bear a name, with its ending or without."""
    hashes: dict[str, set[str]] = defaultdict(set)
    for name, sha256 in corpus.collection.documents.values_list("name", "sha256"):
        hashes[name].add(sha256)
        hashes[PurePath(name).stem].add(sha256)
    return hashes


def remove_corpus(corpus: Corpus) -> None:
    corpus.collection.documents.all().delete()
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
    return Collection.objects.get_or_create(slug=slug, defaults=defaults)[0]


def _upload(files: Sequence[SetFile], collection: Collection, errors: TextIO) -> int:
    """Upload what is not there yet; how many documents wait to be indexed."""
    standing = set(collection.documents.values_list("sha256", flat=True))
    missing = [file for file in files if file.sha256 not in standing]
    progress = Progress(errors, f"Uploading {collection.name}", len(missing))
    for number, file in enumerate(missing, start=1):
        try:
            accept_upload(BytesIO(file.content), file.name, collection, None, len(file.content))
        except ParsingError as error:
            raise SetError(f"{file.name}: {error}") from None
        progress.show(number)
    progress.end()
    for document in collection.documents.filter(status=Status.FAILED):
        retry(document)
    return collection.documents.exclude(status=Status.READY).count()


def _index(collection: Collection, options: IndexingOptions, errors: TextIO) -> None:
    """Have workers index what waits, and wait for them."""
    total = collection.documents.count()
    progress = Progress(errors, f"Indexing {collection.name}, documents", total)
    with _workers(options):
        while left := list(collection.documents.filter(status__in=(Status.PENDING, Status.PROCESSING))):
            progress.show(total - sum(1 - document.progress for document in left))
            time.sleep(POLL_SECONDS)
    progress.end()
    failed = collection.documents.filter(status=Status.FAILED)
    if first := failed.first():
        raise SetError(f"{failed.count():,} documents could not be indexed. {first.name}: {first.error}")


@contextmanager
def _workers(options: IndexingOptions) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=work_until, args=(stop, options)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
