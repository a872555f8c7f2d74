"""Search within a document: the database finds the pages, Python the places, by the same rules."""

import pytest
from django.db import connection

from documents.folding import LEFT_OUT, fold, fold_query, occurrences
from documents.models import Document, Page
from documents.page_search import Found, Match, search_document
from tests.library import index_file, make_collection
from tests.small_pdf import make_pdf

TEXTS = [
    "Plain words, and more WORDS.",
    "Résumé, naïve, Ærø, STRASSE, Straße, ﬁne",
    "a divi-\nded word and a long-\n term, well\u2010known co\u00adworker",
    "two\n\n  lines\tand\u00a0spaces",
    "हिन्दी में, ไทย, 日本語テキスト, עִבְרִית",
    "50% of [a] (b) \\d+ 'quoted' \"twice\"",
    "İstanbul ΑΘΉΝΑ Ё",
]


def test_folding_knows_where_each_letter_stood():
    folded, positions = fold("Ré-\nsumé  x")

    assert folded == "resume x"
    assert positions == [0, 1, 4, 5, 6, 7, 8, 10]


def test_words_are_found_whatever_their_case_accents_hyphens_and_spaces():
    def found(text: str, query: str) -> list[str]:
        return [text[start:end] for start, end in occurrences(text, fold_query(query), 9)]

    assert found(TEXTS[1], "resume") == ["Résumé"]
    assert found(TEXTS[2], "divided") == ["divi-\nded"]
    assert found(TEXTS[2], "wellknown") == found(TEXTS[2], "WELL-KNOWN") == ["well\u2010known"]
    assert found(TEXTS[3], "Two lines and spaces") == ["two\n\n  lines\tand\u00a0spaces"]
    assert found(TEXTS[0], "words") == ["words", "WORDS"]
    assert found(TEXTS[0], " - ") == found(TEXTS[0], "") == []


@pytest.mark.django_db
def test_the_database_finds_the_same_pages():
    document = index_file(make_collection(), "a.pdf", make_pdf([["Cats purr."]]))
    Page.objects.filter(document=document).delete()
    for number, text in enumerate(TEXTS, start=1):
        Page.objects.create(document=document, number=number, text=text)

    for text in TEXTS:
        words = [*text.split(), text[2:9], text[5:20]]
        for query in map(fold_query, words):
            if query:
                by_python = [page.number for page in document.pages.all() if occurrences(page.text, query, 1)]
                by_database = list(document.pages.saying(query, LEFT_OUT).values_list("number", flat=True))
                assert set(by_python) <= set(by_database), query


@pytest.mark.django_db
def test_matches_come_with_their_page_and_the_words_around():
    document = index_file(make_collection(), "a.pdf", make_pdf([["One cat purrs."], ["A dog."], ["Cat and cat."]]))

    found = search_document(document, "CAT")

    assert found == Found(
        "CAT",
        (
            Match(1, 1, "One ", "cat", " purrs."),
            Match(3, 1, "", "Cat", " and cat."),
            Match(3, 2, "Cat and ", "cat", "."),
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["", "   ", "-", "%", "_", "\\", "x" * 5000, "no such word", "'; DROP TABLE", "\u0301"]
)
def test_queries_that_find_nothing_are_no_error(query: str):
    document = index_file(make_collection(), "a.pdf", make_pdf([["Cats purr."]]))

    assert search_document(document, query) == Found(query, ())


@pytest.mark.django_db
def test_there_is_an_end_to_what_is_listed(django_assert_max_num_queries):
    document = index_file(make_collection(), "a.pdf", make_pdf([["cat " * 30]]))
    text = document.pages.get().text
    Page.objects.bulk_create(Page(document=document, number=number, text=text) for number in range(2, 300))

    with django_assert_max_num_queries(8):
        found = search_document(document, "cat")

    assert (len(found.matches), found.more) == (50, True)
    assert Document.objects.count() == 1 and connection.vendor == "postgresql"
