"""Read an exported collection part by part, checking everything that is said in it. Pure: stores nothing.

A page and a few hundred chunks are in memory at a time.
"""

import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from documents.chunking import TextChunk
from documents.parsing.content import Heading, ParsedPage
from documents.parsing.limits import Limits
from documents.tokens import MAX_TOKEN_ID
from documents.transfer.archive import MemberReader, open_archive, open_member, read_whole
from documents.transfer.fields import Fields, fields_of, parse
from documents.transfer.layout import (
    FORMAT,
    MANIFEST,
    MEMBER,
    ORIGINAL,
    SIGNS_LENGTH_BYTES,
    TEXT,
    VECTOR_TYPE,
    VECTORS,
    VERSION,
    CollectionRecord,
    DocumentRecord,
    FileRefused,
    Manifest,
    member_name,
)

MAX_MANIFEST_BYTES = 256 * 2**20  # 300 bytes a document
MAX_LINE_BYTES = 1024 * 1024  # of anything but a page
MAX_DIMENSIONS = 4_000  # what an index on half floats can have
MAX_CHUNK_CHARACTERS = 10_000
MAX_CHUNK_TOKENS = 16_000  # that a sparse vector may have
MAX_SIGNS_BYTES = 32 * 2_048  # 32 a token
UNIT_LENGTH = (0.9, 1.1)  # half floats round a little

Part = ParsedPage | tuple[TextChunk, dict[int, float]]


@dataclass(frozen=True)
class Vector:
    values: NDArray[np.float32]
    signs: bytes | None


class CollectionFile:
    """An opened export. Documents are numbered from 1."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, limits: Limits) -> None:
        self.archive, self.manifest, self.limits = archive, manifest, limits

    @contextmanager
    def document(self, number: int) -> Iterator["DocumentReader"]:
        """A document to be read; leaving the block, the checksums of all of it have been compared."""
        names = {part: member_name(number, part) for part in (ORIGINAL, TEXT, VECTORS)}
        with ExitStack() as stack:
            members = {
                part: stack.enter_context(open_member(self.archive, name, self.manifest.members))
                for part, name in names.items()
                if name in self.manifest.members
            }
            if ORIGINAL not in members or TEXT not in members:
                raise FileRefused(f"Document {number:,} has no {ORIGINAL if TEXT in members else TEXT}.")
            yield DocumentReader(members, self.manifest.dimensions, self.limits)


class DocumentReader:
    """One document: its record, its original, then its pages with their chunks, and the chunks' vectors."""

    def __init__(self, members: Mapping[str, MemberReader], dimensions: int, limits: Limits) -> None:
        self.original = members[ORIGINAL]
        self._text, self._vectors = members[TEXT], members.get(VECTORS)
        self._dimensions, self._limits = dimensions, limits
        self.record = self._read_record()

    def parts(self) -> Iterator[Part]:
        """Each page, followed by its chunks with their tokens' weights."""
        page, ordinal, pages, characters, end = None, 0, 0, 0, 0
        while line := self._text.read_line(MAX_LINE_BYTES + 4 * self._limits.max_characters):
            fields = parse(line, f"{self._text.name}, line {pages + ordinal + 2:,}")
            if "number" in fields.values:
                page = _page(fields, after=page.number if page else 0, limits=self._limits)
                pages, end, characters = pages + 1, 0, characters + len(page.text)
                if pages > self._limits.max_pages or characters > self._limits.max_characters:
                    raise FileRefused(f"{self._text.name} holds more pages or text than a document may have here.")
                yield page
            else:
                chunk, weights = _chunk(fields, ordinal, page, after=end)
                ordinal, end = ordinal + 1, chunk.end
                yield chunk, weights
        if (pages, ordinal) != (self.record.pages, self.record.chunks):
            raise FileRefused(f"{self._text.name} has other numbers of pages and chunks than it says.")

    def next_vector(self) -> Vector:
        """The next chunk's vector. Raises FileRefused."""
        width = 2 * self._dimensions
        row = self._vectors.read(width + SIGNS_LENGTH_BYTES) if self._vectors else b""
        if len(row) != width + SIGNS_LENGTH_BYTES:
            raise FileRefused(f"A chunk of {self.record.name!r} has no vector.")
        values = np.frombuffer(row[:width], VECTOR_TYPE).astype(np.float32)
        length = float(np.linalg.norm(values))
        if not UNIT_LENGTH[0] <= length <= UNIT_LENGTH[1]:  # NaN is in no bounds
            raise FileRefused(f"A vector of {self.record.name!r} is not of unit length.")
        (size,) = struct.unpack("<L", row[width:])
        if size > MAX_SIGNS_BYTES or size % 32:
            raise FileRefused(f"The token signs of a chunk of {self.record.name!r} have an impossible length.")
        signs = self._vectors.read(size) if self._vectors and size else b""
        if len(signs) != size:
            raise FileRefused(f"The token signs of {self.record.name!r} end too early.")
        return Vector(values, signs or None)

    def _read_record(self) -> DocumentRecord:
        fields = parse(self._text.read_line(MAX_LINE_BYTES), f"{self._text.name}, line 1")
        return DocumentRecord(
            name=fields.text("name", 255, least=1),
            size_bytes=fields.integer("size_bytes", most=2**40),
            sha256=fields.sha256("sha256"),
            about=fields.text("about", MAX_LINE_BYTES),
            quarantine_reason=fields.text("quarantine_reason", 500),
            pages=fields.integer("pages"),
            chunks=fields.integer("chunks"),
        )


@contextmanager
def open_collection(path: Path, limits: Limits) -> Iterator[CollectionFile]:
    """Open an export. Raises FileRefused, then and while it is read."""
    with open_archive(path) as archive:
        yield CollectionFile(archive, _read_manifest(archive), limits)


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if not 0 < sizes.pop(MANIFEST, 0) <= MAX_MANIFEST_BYTES:
        raise FileRefused("This is no export of a collection: it has no manifest.")
    fields = parse(read_whole(archive, MANIFEST), "The manifest")
    if fields.values.get("format") != FORMAT:
        raise FileRefused("This is no export of a collection.")
    if fields.integer("version", 1) > VERSION:
        raise FileRefused(f"The file was written by a newer QABot (version {fields.values['version']}). Update first.")
    members = {name: (rows.integer("size", most=2**40), rows.sha256("sha256")) for name, rows in _members(fields)}
    if {name: size for name, (size, _) in members.items()} != sizes:
        raise FileRefused("The file does not hold what its manifest says: parts are missing, added or of another size.")
    return Manifest(
        collection=_collection(fields.inner("collection")),
        documents=fields.integer("documents", most=len(members)),
        model=fields.text("model", 200),
        dimensions=fields.integer("dimensions", most=MAX_DIMENSIONS),
        tokens=fields.text("tokens", 100),
        members=members,
    )


def _members(manifest: Fields) -> Iterator[tuple[str, Fields]]:
    for name, values in manifest.inner("members").values.items():
        if not MEMBER.fullmatch(name):
            raise FileRefused(f"The manifest names a part {name[:100]!r}, which no export has.")
        size, sha256 = values if isinstance(values, list) and len(values) == 2 else (None, None)
        yield name, fields_of({"size": size, "sha256": sha256}, f"The manifest, {name}")


def _collection(fields: Fields) -> CollectionRecord:
    return CollectionRecord(
        slug=fields.text("slug", 120, least=1),
        name=fields.text("name", 120, least=1),
        description=fields.text("description", 100_000),
        readers=fields.text("readers", 20),
        adders=fields.text("adders", 20),
    )


def _page(fields: Fields, *, after: int, limits: Limits) -> ParsedPage:
    text = fields.text("text", limits.max_characters)
    return ParsedPage(
        number=fields.integer("number", after + 1),
        label=fields.text("label", 255),
        text=text,
        headings=tuple(Heading(*heading) for heading in fields.headings("headings", text)),
    )


def _chunk(fields: Fields, ordinal: int, page: ParsedPage | None, *, after: int) -> tuple[TextChunk, dict[int, float]]:
    """A chunk of the page before it, which begins where the chunk before it ended, or later."""
    if page is None:
        raise FileRefused(f"{fields.place} is a chunk without a page.")
    start = fields.integer("start", after, len(page.text))
    end = fields.integer("end", start + 1, min(len(page.text), start + MAX_CHUNK_CHARACTERS))
    path = tuple(fields.texts("headings", 100, len(page.text) + MAX_LINE_BYTES))
    tokens = fields.rising("tokens", MAX_CHUNK_TOKENS, MAX_TOKEN_ID)
    weights = dict(zip(tokens, fields.shares("weights", len(tokens)), strict=True))
    return TextChunk(ordinal, page.number, start, end, page.text[start:end], path), weights
