from documents.parsing.content import Heading, ParsedPage
from documents.parsing.paging import (
    ABOUT_CHARACTERS,
    PAGE_CHARACTERS,
    PAGE_CHARACTERS_HARD,
    Block,
    lay_out,
    number_parts,
    single_page,
)


def test_a_short_document_is_one_page_with_exact_heading_offsets():
    blocks = [
        Block("Title\n here", level=1),
        Block("Some  text.\r\n"),
        Block("a\tb", tight=True),
        Block("Sub", level=2),
    ]

    assert list(lay_out(blocks)) == [
        ParsedPage(
            1, "", "Title here\n\nSome  text.\na\tb\n\nSub", (Heading(0, 1, "Title here"), Heading(29, 2, "Sub"))
        )
    ]


def test_empty_blocks_leave_no_trace():
    assert list(lay_out([Block(" \n"), Block("", level=1), Block("\x00")])) == []


def test_a_heading_opens_a_new_page_once_the_page_is_full():
    text = "x" * PAGE_CHARACTERS
    blocks = [Block("One", level=1), Block(text), Block("more"), Block("Two", level=2), Block("end")]

    assert list(lay_out(blocks, label="book", first_number=4)) == [
        ParsedPage(4, "book", f"One\n\n{text}\n\nmore", (Heading(0, 1, "One"),)),
        ParsedPage(5, "book", "Two\n\nend", (Heading(0, 2, "Two"),)),
    ]


def test_a_block_longer_than_a_page_is_cut_between_words_without_loss():
    text = " ".join(f"word{n}" for n in range(20_000))

    pages = list(lay_out([Block(text)]))

    assert " ".join(page.text for page in pages) == text
    assert max(len(page.text) for page in pages) <= PAGE_CHARACTERS_HARD


def test_text_without_any_space_is_cut_all_the_same():
    pages = list(lay_out([Block("字" * 100_000)]))

    assert "".join(page.text for page in pages) == "字" * 100_000


def test_several_parts_are_called_parts_and_a_single_one_is_not():
    one, two = ParsedPage(1, "", "a"), ParsedPage(2, "", "b")

    assert list(number_parts([one])) == [(1, one)]
    assert list(number_parts([one, two])) == [(2, ParsedPage(1, "part 1", "a")), (2, ParsedPage(2, "part 2", "b"))]


def test_what_a_file_says_of_itself_goes_with_its_first_part_each_value_once():
    parts = [ParsedPage(1, "", "a"), ParsedPage(2, "", "b")]

    numbered = [page for _, page in number_parts(parts, ["Cats\n purr", "", " \t", "Ann\x00", "Cats purr"])]

    assert [page.about for page in numbered] == ["Cats purr · Ann", ""]


def test_what_a_file_says_of_itself_is_cut():
    [(_, page)] = number_parts([ParsedPage(1, "", "a")], (f"word{number}" for number in range(1_000)))

    assert len(page.about) == ABOUT_CHARACTERS == 1_000


def test_a_single_page_holds_everything():
    page = single_page(7, "label", [Block("x" * 100_000), Block("y")])

    assert page == ParsedPage(7, "label", "x" * 100_000 + "\n\ny")
