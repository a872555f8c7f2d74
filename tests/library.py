"""What many tests say: a person, a collection, a document indexed for real (parser child, local model, Postgres)."""

from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model

from documents.indexing import index_document
from documents.models import Collection, Document
from documents.options import indexing_options
from documents.uploading import accept_upload

MAX_BYTES = 10_000_000


def index_text(collection: Collection, name: str, text: str, uploader: Any = None) -> Document:
    """Upload a text and index it; the document is ready when this returns."""
    return index_file(collection, name, text.encode(), uploader)


def index_file(collection: Collection, name: str, content: bytes, uploader: Any = None) -> Document:
    """Upload a file and index it; the document is ready when this returns."""
    upload = accept_upload(BytesIO(content), name, collection, uploader, MAX_BYTES)
    claimed = Document.objects.filter(pk=upload.document.pk).claim_next()
    if claimed is None:
        raise AssertionError(f"{name} cannot be claimed: it stands there already, or somebody else indexes it.")
    index_document(claimed, indexing_options())
    return Document.objects.get(pk=claimed.pk)


def upload_text(collection: Collection, name: str, text: str, uploader: Any = None) -> Document:
    """Upload a text and leave it waiting."""
    return accept_upload(BytesIO(text.encode()), name, collection, uploader, MAX_BYTES).document


def make_user(name: str = "alice", **fields: Any) -> Any:
    """Alice owns, Bob is on the team, Charlie must see nothing."""
    return get_user_model().objects.create_user(name, password="correct horse battery", **fields)


def make_collection(slug: str = "reports", **fields: Any) -> Collection:
    return Collection.objects.create(slug=slug, name=slug.title(), **fields)


def default_collection() -> Collection:
    """The collection of a fresh installation, which emptying the database between tests removes."""
    return Collection.objects.get_or_create(slug="documents", defaults={"name": "Documents"})[0]
