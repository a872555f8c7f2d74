"""A word of a question meets the same word of a document, in any script and however short the question is."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from documents.bm25 import document_weights, idf
from documents.tokens import MAX_TOKEN_ID, languages_of, question_tokens, token_id, tokenize

SETS = Path(settings.BASE_DIR).parent / "shared" / "data"

GERMAN = "Die Kündigungsfristen der Mietverträge sind in diesem Dokument nicht für alle Häuser gleich."
SPANISH = "Las habitaciones de la casa eran muy grandes y los muebles no cabían en ellas."


def share(question: str, document: str) -> set[str]:
    return set(question_tokens(question)) & set(tokenize(document))


def test_english_words_are_stemmed():
    assert tokenize("The horses were running.") == ["the", "hors", "were", "run"]


def test_question_words_are_dropped_from_a_question_alone():
    assert question_tokens("What did the company pay in 2019?") == ["compani", "pay", "2019"]
    assert "what" in tokenize("What did the company pay?")


def test_a_question_of_question_words_alone_keeps_them():
    assert question_tokens("who was it?") == ["who", "was", "it"]
    assert question_tokens("什么") == ["什么"]


def test_a_letter_is_no_article():
    assert "a" in question_tokens("What is vitamin A?")


def test_a_token_is_asked_for_once():
    assert question_tokens("paris paris PARIS is the city of Paris").count("pari") == 1


@pytest.mark.parametrize("text", ["", "   \n", "?!… —", "🙂🙂"])
def test_text_without_words_has_no_tokens(text):
    assert tokenize(text) == []
    assert question_tokens(text) == []


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Kündigungsfrist", GERMAN),
        ("Mietvertrag Haus", GERMAN),
        ("habitación", SPANISH),
        ("muebles grandes", SPANISH),
        ("Warum sind Kündigungsfristen so?", GERMAN),
        ("resume", "He sent his résumé to the company."),
        ("Beyonce", "The singer Beyoncé was born in Houston."),
        ("Charles", "Charles was the king of the Franks."),
        ("ISPARTA", "Isparta ve Antalya bir de Burdur için çok güzel"),
        ("İstanbul", "istanbul çok güzel bir şehir ve daha büyük"),
    ],
)
def test_a_short_question_meets_a_document_of_another_or_unknown_language(question, document):
    assert share(question, document)


@pytest.mark.parametrize("name", ["Paris", "Ronaldo", "Merkel", "Thames", "Los Angeles", "Charles"])
@pytest.mark.parametrize("document", [GERMAN, SPANISH, "It was the best of times and it was the worst of times."])
def test_a_bare_name_meets_itself_in_every_language(name, document):
    for word in name.split():
        assert share(name, f"{document} {word}") & set(question_tokens(word))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("1,577", "1577"),
        ("1577", "1,577"),
        ("1.577", "1577"),
        ("$1,577,000.50", "1577000.50"),
        ("16,4 %", "16.4"),
        ("FY2022", "2022"),
        ("FY2022", "FY 2022"),
        ("10-K", "10K"),
        ("10K", "10-K"),
        ("Covid-19", "covid19"),
        ("COVID-19", "covid"),
        ("١٥٧٧", "1577"),
        ("２０２２", "2022"),
        ("version 4.2.1", "4.2.1"),
        ("12.05.2021", "2021"),
        ("ﬁnance", "finance"),
        ("co\u00adoperate", "cooperate"),
    ],
)
def test_numbers_and_forms_meet_however_they_are_written(written, asked):
    assert share(asked, written)


def test_scripts_without_spaces_become_pairs_of_characters():
    assert tokenize("北京大学 AI研究") == ["北京", "京大", "大学", "ai", "研究"]
    assert tokenize("龙") == ["龙"]
    assert tokenize("ที่นี่") == ["ที่นี่"]


def test_combining_marks_stay_with_their_letters():
    assert len(tokenize("हिन्दी भाषा")) == 2


def test_question_strings_are_cut_out_of_unspaced_questions():
    assert question_tokens("生命数耗完即算为什么？") == ["生命", "命数", "数耗", "耗完", "完即", "即算"]


def test_a_very_long_word_is_found_by_its_head():
    assert [len(token) for token in tokenize("x" * 100_000)] == [64]


def test_lone_surrogates_and_odd_characters_do_no_harm():
    tokens = tokenize("a\ud800b \x00 ؀ ͏ 𝔘𝔫𝔦 \U000e0001")

    assert all(1 <= token_id(token) <= MAX_TOKEN_ID for token in tokens)


def test_token_ids_never_change():
    assert [token_id(token) for token in ("hors", "2022", "北京")] == [221_138_284, 171_115_342, 118_588_007]


def test_threads_stem_as_one_does():
    words = [f"nationalizations{'e' * (n % 7)} running{n} categories" for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(tokenize, words))

    assert together == [tokenize(word) for word in words]


def read(name: str) -> list[dict]:
    path = SETS / name
    if not path.exists():
        pytest.skip(f"the evaluation set {name} is not beside the repository")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def first_hits(passages: list[dict], questions: list[dict]) -> float:
    """The share of questions whose passage BM25 ranks first."""
    postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for number, passage in enumerate(passages):
        for token, weight in document_weights([token_id(token) for token in tokenize(passage["text"])]).items():
            postings[token].append((number, weight))
    hits = 0
    for question in questions:
        scores: dict[int, float] = defaultdict(float)
        for token in map(token_id, question_tokens(question["question"])):
            for number, weight in postings.get(token, ()):
                scores[number] += idf(len(postings[token]), len(passages)) * weight
        best = min(scores, key=lambda number: (-scores[number], number), default=None)
        hits += best is not None and passages[best]["passage_id"] == question["passage_id"]
    return hits / len(questions)


# What was measured less one question in a hundred. Reference BM25: .948 .902 .917 .915 .948 .946 .956 .935 .938 .928
# .948 .959; cmrc .973; squad .699.
@pytest.mark.parametrize(
    ("language", "reached"),
    [
        ("en", 0.956),
        ("ar", 0.912),
        ("de", 0.915),
        ("el", 0.923),
        ("es", 0.946),
        ("hi", 0.941),
        ("ro", 0.943),
        ("ru", 0.943),
        ("th", 0.941),
        ("tr", 0.915),
        ("vi", 0.933),
        ("zh", 0.959),
    ],
)
def test_the_right_paragraph_comes_first_in_twelve_languages(language, reached):
    passages = [row for row in read("xquad/passages.jsonl") if row["doc_id"].startswith(f"{language}_")]
    questions = [row for row in read("xquad/questions.jsonl") if row["lang"] == language]

    assert first_hits(passages, questions) >= reached


@pytest.mark.parametrize(("name", "reached"), [("cmrc_zh", 0.964), ("squad_articles", 0.714)])
def test_the_right_paragraph_comes_first_in_longer_sets(name, reached):
    questions = [row for row in read(f"{name}/questions.jsonl") if row["answerable"]]

    assert first_hits(read(f"{name}/passages.jsonl"), questions) >= reached


@pytest.mark.parametrize(
    ("question", "languages"),
    [
        ("What is the capital of France?", ["english"]),
        ("Wie heißt die Hauptstadt der Schweiz?", ["german"]),
        ("revenue 2018", []),
        ("", []),
    ],
)
def test_a_question_tells_its_language_where_it_can(question, languages):
    assert languages_of(question) == languages
