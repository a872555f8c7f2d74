import pytest

from answers.refusal import REFUSAL, THRESHOLD, confidence, is_refusal


@pytest.mark.parametrize("cosine", [None, 0.6])
def test_strong_evidence_is_answered(cosine):
    assert confidence(30.0, 60.0, cosine) > THRESHOLD


@pytest.mark.parametrize("cosine", [None, 0.2])
def test_no_evidence_is_refused(cosine):
    assert confidence(0.0, 60.0, cosine) < THRESHOLD


@pytest.mark.parametrize("cosine", [None, 0.4])
def test_confidence_grows_with_the_words_found(cosine):
    scores = [confidence(bm25, 60.0, cosine) for bm25 in (0.0, 10.0, 20.0, 60.0)]

    assert scores == sorted(scores)
    assert all(0 <= score <= 1 for score in scores)


def test_a_question_without_content_has_no_evidence_by_words():
    assert confidence(0.0, 0.0, None, question_words=0.0) < THRESHOLD


def test_a_long_question_needs_less_of_its_words():
    assert confidence(9.0, 60.0, None, question_words=30.0) > confidence(9.0, 60.0, None, question_words=4.0)


def test_extreme_scores_do_not_overflow():
    assert confidence(1e9, 1e-9, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "reply",
    [REFUSAL, f"  {REFUSAL} [1]", f"**{REFUSAL}**", REFUSAL.lower().rstrip("."), f"{REFUSAL} It is about cats."],
)
def test_the_agreed_refusal_is_recognised(reply):
    assert is_refusal(reply)


@pytest.mark.parametrize("reply", ["", "The documents contain an answer.", f"He said: {REFUSAL}"])
def test_other_replies_are_no_refusal(reply):
    assert not is_refusal(reply)
