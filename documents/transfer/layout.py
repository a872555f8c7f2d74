"""How a collection looks as one file: a zip of a few members for each document, and a manifest. Pure.

    manifest.json               what this is, the collection, the model, size and SHA-256 of every other member
    documents/000001/original   the uploaded bytes
    documents/000001/text       JSON lines: the document, then each page, followed by its chunks
    documents/000001/vectors    of each chunk in order: vector (half floats), length of its token signs, and these

Numbers in binary members are little-endian. A document that was not ready has its original alone, and one line of text.
"""

import re
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from documents.tokens import token_id, tokenize

FORMAT, VERSION = "qabot-collection", 1
MANIFEST = "manifest.json"
ORIGINAL, TEXT, VECTORS = "original", "text", "vectors"
MEMBER = re.compile(rf"documents/([0-9]{{6,9}})/({ORIGINAL}|{TEXT}|{VECTORS})", re.ASCII)
SIGNS_LENGTH_BYTES = 4
VECTOR_TYPE = "<f2"  # half floats, as the database keeps them

# Text of several scripts and kinds. What a release makes of it is what it makes of all text.
PROBE = "The cats' 1,577 mice ran in 10-K; Übergrößen, l'année, бежали, 東京タワー, ภาษาไทย and हिन्दी."


class FileRefused(Exception):
    """The file is no export of a collection that can be taken in. The message says why."""


@dataclass(frozen=True)
class CollectionRecord:
    slug: str
    name: str
    description: str
    readers: str
    adders: str


@dataclass(frozen=True)
class DocumentRecord:
    """The first line of a document's text. `chunks` is 0 where the document was not ready."""

    name: str
    size_bytes: int
    sha256: str
    about: str
    quarantine_reason: str
    pages: int
    chunks: int


@dataclass(frozen=True)
class Manifest:
    """`members` maps each member's name to its size in bytes and its SHA-256."""

    collection: CollectionRecord
    documents: int
    model: str  # empty where nothing was embedded
    dimensions: int
    tokens: str  # token_fingerprint of the release that wrote it
    members: dict[str, tuple[int, str]]

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, "version": VERSION, **asdict(self)}


def member_name(number: int, part: str) -> str:
    return f"documents/{number:06}/{part}"


def token_fingerprint() -> str:
    """Differs between releases that split text into tokens differently: the weights of one are wrong in the other."""
    ids = ",".join(str(token_id(token)) for token in tokenize(PROBE))
    return blake2b(ids.encode(), digest_size=8).hexdigest()
