from dataclasses import replace

import pytest

from answers.refusal import REFUSAL, THRESHOLD, Evidence, confidence, is_refusal

NOTHING = Evidence(bm25=0.0, total_idf=60.0)
# The models whose scores the confidence is fitted to: words alone, with the local model's cosine, with its tokens too.
WORDS: dict[str, float] = {}
COSINE = {"cosine": 0.6}
LATE = {"cosine": 0.6, "late": 0.75}


@pytest.mark.parametrize("scores", [WORDS, COSINE, LATE])
def test_strong_evidence_is_answered(scores):
    assert confidence(Evidence(bm25=30.0, total_idf=60.0, **scores)) > THRESHOLD


@pytest.mark.parametrize("scores", [{}, {"cosine": 0.2}, {"cosine": 0.2, "late": 0.4}])
def test_no_evidence_is_refused(scores):
    assert confidence(replace(NOTHING, **scores)) < THRESHOLD


@pytest.mark.parametrize("scores", [{}, {"cosine": 0.4}, {"cosine": 0.4, "late": 0.6}])
def test_confidence_grows_with_the_words_found(scores):
    found = [confidence(Evidence(bm25=bm25, total_idf=60.0, **scores)) for bm25 in (0.0, 10.0, 20.0, 60.0)]

    assert found == sorted(found)
    assert all(0 <= score <= 1 for score in found)


def test_confidence_grows_with_each_score_of_the_local_model():
    near = [confidence(replace(NOTHING, cosine=cosine, late=0.6)) for cosine in (0.2, 0.4, 0.6)]
    word_by_word = [confidence(replace(NOTHING, cosine=0.4, late=late)) for late in (0.5, 0.6, 0.7)]

    assert near == sorted(set(near))
    assert word_by_word == sorted(set(word_by_word))


def test_a_question_without_content_has_no_evidence_by_words():
    assert confidence(Evidence(bm25=0.0, total_idf=0.0, words=0.0)) < THRESHOLD


def test_a_long_question_needs_less_of_its_words():
    asked = Evidence(bm25=9.0, total_idf=60.0)

    assert confidence(replace(asked, words=30.0)) > confidence(replace(asked, words=4.0))


def test_extreme_scores_do_not_overflow():
    assert confidence(Evidence(bm25=1e9, total_idf=1e-9, cosine=1.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "reply",
    [REFUSAL, f"  {REFUSAL} [1]", f"**{REFUSAL}**", REFUSAL.lower().rstrip("."), f"{REFUSAL} It is about cats."],
)
def test_the_agreed_refusal_is_recognised(reply):
    assert is_refusal(reply)


@pytest.mark.parametrize("reply", ["", "The documents contain an answer.", f"He said: {REFUSAL}"])
def test_other_replies_are_no_refusal(reply):
    assert not is_refusal(reply)
