"""Sets on disk, in each of their formats."""

from hashlib import sha256
from pathlib import Path

import pytest

from answers.evaluation.questions import EvaluationSet, JudgedBy, Question, SetError, SetFile, spread
from answers.evaluation.sets import load_sets
from documents.parsing.limits import Limits
from documents.parsing.markup import parse_markdown
from tests.answers.evaluation.samples import CATS, DOGS, write_animals, write_set

PASSAGES = [
    {"passage_id": "p1", "doc_id": "cats", "text": CATS},
    {"passage_id": "p2", "doc_id": "dogs", "text": DOGS},
]
ASKED = {"id": "q1", "question": "Who purrs?", "doc_id": "cats", "passage_id": "p1", "answers": ["Cats"]}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_whole_documents_are_judged_on_their_chunks(tmp_path: Path):
    write_animals(tmp_path / "animals")

    (loaded,) = load_sets("animals", tmp_path)

    cats = SetFile("Cats.md", f"# Cats\n\n{CATS}".encode())
    assert (loaded.name, loaded.judged_by) == ("animals", JudgedBy.CHUNK)
    assert (loaded.files[0], [file.name for file in loaded.files]) == (cats, ["Cats.md", "Dogs.md", "Owls.md"])
    assert loaded.questions[0] == Question(
        "1", "When do cats purr?", answers=("content",), language="en", documents=frozenset({cats.sha256})
    )
    assert loaded.others == [
        Question("3", "Which treaty ended the Thirty Years' War?", answerable=False, language="en")
    ]
    assert len(loaded.answerable) == 2


def test_passages_are_documents_of_their_own(tmp_path: Path):
    corpus = [{"doc_id": "cats", "title": "On cats/and\\such", "text": CATS}]
    write_set(tmp_path / "pets", corpus=corpus, passages=PASSAGES, questions=[ASKED])

    (loaded,) = load_sets("pets", tmp_path)

    assert loaded == EvaluationSet(
        "pets",
        JudgedBy.DOCUMENT,
        (
            Question(
                "q1",
                "Who purrs?",
                answers=("Cats",),
                language="en",
                relevant=frozenset({digest(CATS)}),
                documents=frozenset({digest(CATS)}),
            ),
        ),
        (SetFile("On cats and such.txt", CATS.encode()), SetFile("dogs.txt", DOGS.encode())),
    )


def test_what_is_known_of_a_passage_besides_its_text_is_its_front_matter(tmp_path: Path):
    corpus = [{"doc_id": "cats", "title": "On cats", "text": CATS}]
    known = {"publisher": "The Pet Post", "author": "Ann: Aster", "published_at": "2023-10-01", "category": "pets"}
    passages: list[dict] = [{**PASSAGES[0], **known}, {**PASSAGES[1], "author": "", "publisher": None}]
    write_set(tmp_path / "pets", corpus=corpus, passages=passages, questions=[ASKED])

    (loaded,) = load_sets("pets", tmp_path)

    cats = f"---\nauthor: Ann: Aster\npublisher: The Pet Post\npublished_at: 2023-10-01\n---\n{CATS}"
    assert loaded.files == (SetFile("On cats.md", cats.encode()), SetFile("dogs.txt", DOGS.encode()))
    assert loaded.questions[0].relevant == {digest(cats)}
    [(_, page)] = parse_markdown(loaded.files[0].content, Limits())
    assert (page.text, page.about) == (CATS, "Ann: Aster · The Pet Post · 2023-10-01")


def test_the_documents_of_a_question_are_all_passages_of_its_document(tmp_path: Path):
    passages = [*PASSAGES, {"passage_id": "p3", "doc_id": "cats", "text": "Cats sleep."}]
    write_set(tmp_path / "pets", passages=passages, questions=[ASKED])

    (loaded,) = load_sets("pets", tmp_path)

    assert loaded.questions[0].documents == {digest(CATS), digest("Cats sleep.")}


def test_a_question_may_have_several_relevant_documents(tmp_path: Path):
    corpus = [{"doc_id": name, "title": name, "text": text} for name, text in [("c", CATS), ("d", DOGS)]]
    write_set(tmp_path / "pets", corpus=corpus, questions=[{"id": 1, "question": "Pets?", "relevant": ["c", "d"]}])

    (loaded,) = load_sets("pets", tmp_path)

    assert loaded.judged_by is JudgedBy.DOCUMENT
    assert loaded.questions[0].relevant == {digest(f"# c\n\n{CATS}"), digest(f"# d\n\n{DOGS}")}


def test_originals_are_judged_on_pages(tmp_path: Path):
    question = {"id": 1, "question": "Who?", "doc_id": "a", "pages": [["a", 2], ["a", 3]]}
    folder = write_set(tmp_path / "filings", corpus=[{"doc_id": "a", "file": "a.pdf"}], questions=[question])
    (folder / "a.pdf").write_bytes(b"%PDF-1.7")

    (loaded,) = load_sets("filings", tmp_path, whole_documents=True)

    content = sha256(b"%PDF-1.7").hexdigest()
    assert (loaded.name, loaded.judged_by) == ("filings", JudgedBy.PAGE)
    assert loaded.files == (SetFile("a.pdf", b"%PDF-1.7"),)
    assert loaded.questions[0].relevant == {(content, 2), (content, 3)}


def test_a_set_in_several_languages_is_one_for_each(tmp_path: Path):
    write_languages(tmp_path)

    everything = load_sets("pets", tmp_path)
    (german,) = load_sets("pets/de", tmp_path)

    assert [loaded.name for loaded in everything] == ["pets/en", "pets/de"]
    assert everything[1] == german
    assert [question.text for question in german.questions] == ["Wer schnurrt?"]
    assert [file.content for file in german.files] == [
        b"Katzen schnurren.",
        b"12345",
    ]  # 12345 is in no language


def test_whole_documents_of_a_set_with_passages_are_a_set_of_their_own(tmp_path: Path):
    corpus = [{"doc_id": "cats", "title": "Cats", "text": CATS}]
    write_set(tmp_path / "pets", corpus=corpus, passages=PASSAGES, questions=[ASKED])

    (loaded,) = load_sets("pets", tmp_path, whole_documents=True)

    assert (loaded.name, loaded.judged_by) == ("pets (whole documents)", JudgedBy.CHUNK)
    assert [file.name for file in loaded.files] == ["Cats.md"]


def test_squad_articles_are_whole_documents_whatever_passages_there_are(tmp_path: Path):
    corpus = [{"doc_id": "cats", "title": "Cats", "text": CATS}]
    write_set(tmp_path / "squad_articles", corpus=corpus, passages=PASSAGES, questions=[ASKED])

    assert load_sets("squad_articles", tmp_path) == load_sets("squad_articles", tmp_path, whole_documents=True)
    assert load_sets("squad_articles", tmp_path)[0].judged_by is JudgedBy.CHUNK


def test_a_set_may_be_named_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_animals(tmp_path / "mine" / "animals")
    write_languages(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)

    for named in (str(tmp_path / "mine" / "animals"), "mine/animals", "./mine/animals/"):
        assert [loaded.name for loaded in load_sets(named, tmp_path / "nowhere")] == ["animals"]
    assert [loaded.name for loaded in load_sets("mine/pets/de", tmp_path / "nowhere")] == ["pets/de"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("dogs", "There is no set 'dogs' in {data}. There are: animals, pets."),
        ("pets/fr", "The set pets has no language 'fr'. It has: en, de."),
        ("animals/de", "The set animals has no language 'de'. It has: en."),
        ("{data}/empty", "There is no questions.jsonl in {data}/empty."),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, named: str, message: str):
    write_animals(tmp_path / "animals")
    write_languages(tmp_path)
    (tmp_path / "empty").mkdir()

    with pytest.raises(SetError) as error:
        load_sets(named.format(data=tmp_path), tmp_path)

    assert str(error.value) == message.format(data=tmp_path)


def test_where_there_are_no_sets_the_option_is_named(tmp_path: Path):
    with pytest.raises(SetError) as error:
        load_sets("dogs", tmp_path)

    assert str(error.value) == f"There is no set 'dogs' in {tmp_path}. There are none: name their folder with --data."


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"questions": [ASKED]}, "The set pets has neither corpus.jsonl nor passages.jsonl."),
        ({"questions": [{"id": 1}], "passages": []}, "The set pets has neither corpus.jsonl nor passages.jsonl."),
        (
            {"questions": [{**ASKED, "id": 1}], "passages": [{"doc_id": "x"}]},
            "A row of the set pets lacks 'passage_id'.",
        ),
        (
            {"questions": [{"passage_id": "p1", "id": 1}], "passages": PASSAGES},
            "A row of the set pets lacks 'question'.",
        ),
        (
            {"questions": [{**ASKED, "passage_id": "p9"}], "passages": PASSAGES},
            "Nothing that question q1 should find is in the corpus.",
        ),
        (
            {"questions": [ASKED], "corpus": [{"doc_id": "cats", "file": "cats.pdf"}]},
            "The file cats.pdf of the set cannot be read: No such file or directory.",
        ),
    ],
)
def test_a_set_that_cannot_be_used_says_why(tmp_path: Path, files: dict, message: str):
    write_set(tmp_path / "pets", **files)

    with pytest.raises(SetError) as error:
        load_sets("pets", tmp_path)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'\xef\xbb\xbf{"id": 1}\n\n{"id": ', "Line 3 of questions.jsonl is not a JSON object."),
        (b"[1]\n", "Line 1 of questions.jsonl is not a JSON object."),
        (b'{"id": "\xe9"}\n', "questions.jsonl is not UTF-8: save it as UTF-8."),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "questions.jsonl").write_bytes(content)

    with pytest.raises(SetError) as error:
        load_sets(str(tmp_path), tmp_path)

    assert str(error.value) == message


def test_a_part_of_a_set_is_spread_over_all_of_it():
    asked = tuple(Question(str(n), "Why?", answerable=n % 2 == 0) for n in range(20))
    whole = EvaluationSet("set", JudgedBy.CHUNK, asked)

    assert [question.id for question in whole.limited(3).questions] == ["0", "6", "12", "1", "7", "13"]
    assert whole.limited(None) is whole
    assert spread([1, 2], 5) == [1, 2]


def write_languages(folder: Path) -> None:
    texts = {"en": "Cats purr.", "de": "Katzen schnurren.", "": "12345"}
    asked = {"en": "Who purrs?", "de": "Wer schnurrt?"}
    write_set(
        folder / "pets",
        passages=[
            {
                "passage_id": f"p{language}",
                "doc_id": f"d{language}",
                "text": text,
                **({"lang": language} if language else {}),
            }
            for language, text in texts.items()
        ],
        questions=[
            {"id": language, "question": text, "passage_id": f"p{language}", "lang": language}
            for language, text in asked.items()
        ],
    )
