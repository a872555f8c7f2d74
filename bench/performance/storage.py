"""What a document costs: bytes of the database by table and column, pages that a plan holds, a question's tokens.

Two filings are indexed three times, each on a database of its own: with the local model, with the local model but
without the signs of its tokens, and with a provider's 1,536 dimensions. Columns are what `pg_column_size` says, indexes
and tables what PostgreSQL keeps on its disk. Then questions about the filings are asked, and what the fake provider was
sent is measured. Filings are read where they are; without them, pages are made up.
"""

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from answers.generation import ANSWER_TOKENS
from bench.memory import PDF, wait_for
from bench.performance.rounds import Section, number
from bench.stack import Stack
from documents.token_estimates import estimate_tokens
from tests.fakes.provider import FakeProvider
from tests.small_pdf import make_pdf

FILINGS = ("CVSHEALTH_2022_10K.pdf", "ADOBE_2022_10K.pdf")  # 312 pages
QUESTIONS = PDF.parent.parent / "questions.jsonl"
GIGABYTE, MEGABYTE = 10**9, 10**6  # as plans count
PLANS = {"essential-0": 1, "essential-1": 10, "essential-2": 32, "standard-0": 64}  # GB; Heroku, November 2026
SHOWN_BYTES = 20  # of a chunk: what is smaller is added up
REST = "keys, row headers, free space, all else"
TABLES = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
INDEXES = """
    SELECT tablename, indexname, pg_relation_size(quote_ident(indexname)::regclass) FROM pg_indexes
    WHERE schemaname = 'public'
"""


@dataclass(frozen=True)
class Stored:
    """One database with documents in it, in bytes."""

    pages: int
    chunks: int
    empty: int  # the database before anything was uploaded
    full: int
    originals: int
    parts: dict[str, int]  # by column or index, what it grew by; what is left of the tables is REST
    sent: tuple[int, ...] = ()  # estimated tokens of each question's prompt
    characters: tuple[int, ...] = ()

    @property
    def bytes_a_page(self) -> float:
        return (self.full - self.empty) / self.pages

    def pages_in(self, size: int) -> int:
        return int((size - self.empty) / self.bytes_a_page)


def measure(quick: bool) -> list[Section]:
    with FakeProvider() as provider:
        chat = {"CHAT_BASE_URL": provider.base_url, "CHAT_MODEL": "fake-chat", "CHAT_API_KEY": "fake"}
        hosted = {"EMBEDDING_BASE_URL": provider.base_url, "EMBEDDING_API_KEY": "fake"}
        variants = {
            "local model": chat,
            "… TOKEN_SIGNS=0": {**chat, "TOKEN_SIGNS": "0"},
            "provider, 1,536 d": {**chat, **hosted},
        }
        stored = {name: store(environment, provider, quick) for name, environment in variants.items()}
    return [by_part(stored), by_plan(stored), tokens(stored)]


def store(environment: dict[str, str], provider: FakeProvider, quick: bool) -> Stored:
    with Stack(environment) as stack:
        [(empty,)], before = stack.rows("SELECT pg_database_size(current_database())"), parts(stack)
        for name, content in files(quick):
            _, document = stack.upload(name, content)
            wait_for(stack, document["id"])
        with stack.database() as connection:
            connection.execute("VACUUM ANALYZE")  # as autovacuum does a minute later: staging is empty again
        [(full,)] = stack.rows("SELECT pg_database_size(current_database())")
        [(pages,)] = stack.rows("SELECT count(*) FROM documents_page")
        [(chunks,)] = stack.rows("SELECT count(*) FROM documents_chunk")
        [(originals,)] = stack.rows("SELECT coalesce(sum(octet_length(content)), 0) FROM documents_originalpart")
        sizes = {name: size - before.get(name, 0) for name, size in parts(stack).items()}
        requests = len(provider.requests)
        for question in questions(quick):
            stack.ask(question)
        asked = provider.requests[requests:]
        prompts = [request.body["messages"] for request in asked if request.path.endswith("/completions")]
        texts = ["".join(message["content"] for message in prompt) for prompt in prompts]
        return Stored(
            pages, chunks, empty, full, originals, sizes, (*map(estimate_tokens, texts),), (*map(len, texts),)
        )


def files(quick: bool) -> Iterator[tuple[str, bytes]]:
    if quick or not PDF.exists():
        for house in range(1 if quick else 20):
            lines = [f"The hive of house {house} held {year * 7:,} bees in {year}." for year in range(1980, 2020)]
            yield f"house-{house}.pdf", make_pdf([lines] * 9)
    else:
        for name in FILINGS:
            yield name, (PDF.parent / name).read_bytes()


def questions(quick: bool) -> list[str]:
    if quick or not QUESTIONS.exists():
        return ["How many bees did the hive of house 0 hold in 1990?"]
    return [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]


def parts(stack: Stack) -> dict[str, int]:
    """Bytes of each column and index, and of what else the tables take."""
    found: dict[str, int] = {}
    for table, size, indexes in stack.rows(TABLES):
        names = [name for (name,) in stack.rows(COLUMNS, table)]
        sums = ", ".join(f'coalesce(sum(pg_column_size("{name}")), 0)' for name in names)
        [columns] = stack.rows(f'SELECT {sums} FROM "{table}"')
        found |= {f"{table}.{name}": int(each) for name, each in zip(names, columns, strict=True)}
        found[REST] = found.get(REST, 0) + size - int(sum(columns))
        known = 0
        for indexed, index, index_size in stack.rows(INDEXES):
            if indexed == table:
                found[f"index {index}"], known = index_size, known + index_size
        found[REST] += indexes - known
    return found


def by_part(stored: dict[str, Stored]) -> Section:
    def a_chunk(one: Stored, part: str) -> float:
        return one.parts.get(part, 0) / one.chunks

    names = sorted({name for one in stored.values() for name in one.parts} - {REST})
    shown = [name for name in names if any(a_chunk(one, name) >= SHOWN_BYTES for one in stored.values())]
    shown.sort(key=lambda name: -max(a_chunk(one, name) for one in stored.values()))
    rows = [
        [_plain(name), *(f"{a_chunk(one, name) * 1000 / MEGABYTE:.2f}" for one in stored.values())] for name in shown
    ]
    rest = [sum(a_chunk(one, name) for name in one.parts if name not in shown) for one in stored.values()]
    rows.append([REST, *(f"{each * 1000 / MEGABYTE:.2f}" for each in rest)])
    sums = [sum(one.parts.values()) / one.chunks * 1000 / MEGABYTE for one in stored.values()]
    rows.append(["**in all**", *(f"**{each:.1f}**" for each in sums)])
    one = next(iter(stored.values()))
    notes = [f"{one.pages:,} pages, {one.chunks:,} chunks, originals of {one.originals / MEGABYTE:.1f} MB."]
    figures: dict[str, object] = {name: {**each.parts} for name, each in stored.items()}
    return Section("Storage, MB for 1,000 chunks", ["", *stored], rows, notes=notes, figures=figures)


def _plain(name: str) -> str:
    return f"`{name.removeprefix('documents_').replace('index documents_', 'index ')}`"


def by_plan(stored: dict[str, Stored]) -> Section:
    rows = [["an empty database, MB", *(f"{one.empty / MEGABYTE:.0f}" for one in stored.values())]]
    rows.append(["a page, kB, original and all", *(f"{one.bytes_a_page / 1000:.0f}" for one in stored.values())])
    rows += [
        [f"pages in {plan} ({size} GB)", *(f"{one.pages_in(size * GIGABYTE):,}" for one in stored.values())]
        for plan, size in PLANS.items()
    ]
    notes = ["Pages of a plan are computed from the first two lines; conversations take a little beside."]
    return Section("Pages that a plan holds", ["", *stored], rows, notes=notes)


def tokens(stored: dict[str, Stored]) -> Section:
    asked = {name: one for name, one in stored.items() if one.sent}
    rows = [
        ["prompts sent", *(str(len(one.sent)) for one in asked.values())],
        ["tokens of a prompt, median", *(number(statistics.median(one.sent)) for one in asked.values())],
        ["… most", *(number(max(one.sent)) for one in asked.values())],
        ["characters of a prompt, median", *(number(statistics.median(one.characters)) for one in asked.values())],
    ]
    notes = [
        "Tokens are estimated, four characters of English each, as QABot does itself where a provider does not count.",
        f"What a model writes comes on top: {ANSWER_TOKENS:,} tokens at most. A refused question sends none.",
    ]
    return Section("Tokens of a question", ["", *asked], rows, notes=notes)
