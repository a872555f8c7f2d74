from dataclasses import replace

import pytest

from answers.fusion import (
    Candidate,
    Fused,
    LegScores,
    fuse,
    name_match,
    name_without_extension,
    rerank,
    semantic_trust,
)
from answers.passages import LegScore


def _order(candidates, **kwargs):
    return [fused.chunk_id for fused in fuse(candidates, **kwargs)]


def test_no_candidates_fuse_to_nothing():
    assert fuse([]) == []


def test_one_candidate_keeps_its_scores_and_comes_first():
    assert fuse([Candidate(7, semantic=0.4, lexical=3.0)]) == [
        Fused(7, semantic=LegScore(1, 0.4), lexical=LegScore(1, 3.0), score=0.0, rank=1)
    ]


def test_z_scores_of_both_legs_are_added_half_and_half():
    fused = fuse([Candidate(1, 1.0, 10.0), Candidate(2, 0.0, 20.0), Candidate(3, 0.5, 30.0)])

    assert [(entry.chunk_id, round(entry.score, 4)) for entry in fused] == [(3, 0.6124), (1, 0.0), (2, -0.6124)]
    assert [(entry.semantic.rank, entry.lexical.rank, entry.rank) for entry in fused] == [
        (2, 1, 1),
        (1, 3, 2),
        (3, 2, 3),
    ]


def test_a_leg_that_did_not_run_contributes_nothing():
    fused = fuse([Candidate(1, None, 1.0), Candidate(2, None, 2.0)])

    assert [(entry.chunk_id, entry.semantic) for entry in fused] == [(2, LegScore()), (1, LegScore())]


def test_a_leg_that_gives_every_candidate_the_same_score_has_no_say():
    assert _order([Candidate(1, 0.30000000000000004, 1.0), Candidate(2, 0.3, 2.0)]) == [2, 1]


def test_ties_keep_the_order_given():
    assert _order([Candidate(5, 0.5, 1.0), Candidate(3, 0.5, 1.0), Candidate(4, 0.5, 1.0)]) == [5, 3, 4]


def test_a_candidate_without_a_score_counts_as_the_worst_of_the_leg():
    fused = {entry.chunk_id: entry.score for entry in fuse([Candidate(1, 0.9), Candidate(2, 0.1), Candidate(3)])}

    assert fused[3] == fused[2] < fused[1]


def test_a_score_that_is_not_a_number_does_not_poison_the_others():
    assert _order([Candidate(1, float("nan"), 1.0), Candidate(2, 0.9, 2.0), Candidate(3, 0.1, 1.5)]) == [2, 3, 1]


def test_a_distrusted_semantic_leg_leaves_the_order_to_the_words():
    candidates = [Candidate(1, 0.9, 1.0), Candidate(2, 0.1, 2.0), Candidate(3, 0.5, 1.5)]

    assert _order(candidates, semantic_trust=0.0) == [2, 3, 1]


def test_a_boost_is_counted_in_z_units():
    assert _order([Candidate(1, 0.5, 2.0), Candidate(2, 0.5, 1.0, boost=1.5)]) == [2, 1]


@pytest.mark.parametrize(
    ("question", "trust"),
    [
        ("What is the revenue of 2018?", 1.0),
        ("revenue 2018", 1.0),
        ("Wie viele Punkte gab die Verteidigung ab?", 0.5),
        ("Các đội nào đã thắng trong năm 2015?", 0.5),
        ("ما هو عدد النقاط؟", 0.0),
        ("黑豹队的防守丢了多少分?", 0.0),
        ("Сколько очков у Panthers?", 0.0),
        ("2018?", 1.0),
        ("", 1.0),
    ],
)
def test_an_english_model_is_trusted_on_latin_letters_only(question, trust):
    assert semantic_trust(question, multilingual=False) == trust
    assert semantic_trust(question, multilingual=True) == 1.0


def test_a_document_that_the_question_names_is_boosted():
    assert name_match({"revenu", "boeing", "annual", "report"}, ["boeing", "annual", "report"], {}) == 1.0


def test_a_name_met_by_common_words_alone_is_not_boosted():
    idf = {"boeing": 6.0, "annual": 1.0, "report": 0.5}

    assert name_match({"annual", "report", "pfizer"}, ["boeing", "annual", "report"], idf) == 0.0


def test_the_year_asked_for_ranks_among_the_documents_named():
    asked = {"boeing", "2021", "revenu"}

    assert name_match(asked, ["boeing", "2021"], {}) > name_match(asked, ["boeing", "2020"], {}) > 0
    assert name_match({"2021", "revenu"}, ["boeing", "2021"], {}) == 0.0


@pytest.mark.parametrize("name", [[], ["2021"]])
def test_a_name_without_words_matches_nothing(name):
    assert name_match({"2021"}, name, {}) == 0.0


def test_the_extension_is_no_part_of_a_name():
    assert name_without_extension("Boeing_2021.10-K.pdf") == "Boeing_2021.10-K"


def test_what_answers_a_part_comes_before_what_holds_a_little_of_all():
    one, other = (LegScores(0.9, 9.0), LegScores(0.1, 1.0)), (LegScores(0.1, 1.0), LegScores(0.9, 9.0))
    candidates = [
        Candidate(1, 0.55, 5.5, parts=(LegScores(0.4, 4.0), LegScores(0.4, 4.0))),
        Candidate(2, 0.5, 5.0, parts=one),
        Candidate(3, 0.5, 5.0, parts=other),
        Candidate(4, 0.1, 1.0, parts=(LegScores(0.1, 1.0), LegScores(0.1, 1.0))),
    ]

    assert _order([replace(candidate, parts=()) for candidate in candidates]) == [1, 2, 3, 4]
    assert _order(candidates) == [2, 3, 1, 4]


def test_a_named_document_is_named_for_each_part_too():
    parts = (LegScores(0.5, 5.0), LegScores(0.5, 5.0))
    named, other = Candidate(1, 0.5, 5.0, boost=0.75, parts=parts), Candidate(2, 0.5, 5.0, parts=parts)

    assert [entry.score for entry in fuse([named, other])] == [1.5, 0.0]
    assert [entry.score for entry in fuse([replace(one, parts=()) for one in (named, other)])] == [0.75, 0.0]


def test_parts_without_scores_change_no_order():
    candidates = [
        Candidate(1, 0.9, 1.0, parts=(LegScores(), LegScores())),
        Candidate(2, 0.1, 2.0, parts=(LegScores(),) * 2),
    ]

    assert _order(candidates) == _order([replace(candidate, parts=()) for candidate in candidates])


def test_reranking_adds_the_z_score_of_late_interaction():
    fused = fuse([Candidate(1, 0.6, 6.0), Candidate(2, 0.5, 5.0), Candidate(3, 0.1, 1.0)])

    reranked = rerank(fused, {1: 0.3, 2: 0.9, 3: 0.6}, depth=3)

    assert [(entry.chunk_id, entry.rank, entry.rerank) for entry in reranked] == [
        (2, 2, LegScore(1, 0.9)),
        (1, 1, LegScore(2, 0.3)),
        (3, 3, LegScore(3, 0.6)),
    ]


def test_only_the_first_are_reranked_and_the_rest_stays_behind():
    fused = fuse([Candidate(1, 0.9, 9.0), Candidate(2, 0.5, 5.0), Candidate(3, 0.1, 1.0)])

    reranked = rerank(fused, {1: 0.1, 2: 0.2, 3: 0.9}, depth=2)

    assert [entry.chunk_id for entry in reranked][2] == 3
    assert reranked[2].rerank == LegScore()


def test_nothing_is_reranked_without_scores():
    fused = fuse([Candidate(1, 0.9, 9.0), Candidate(2, 0.5, 5.0)])

    assert rerank(fused, {}, depth=50) == fused


def test_a_candidate_whose_tokens_are_not_kept_counts_as_the_worst():
    fused = fuse([Candidate(1, 0.5, 5.0), Candidate(2, 0.5, 5.0), Candidate(3, 0.5, 5.0)])

    assert [entry.chunk_id for entry in rerank(fused, {2: 0.4, 3: 0.8}, depth=3)] == [3, 1, 2]
