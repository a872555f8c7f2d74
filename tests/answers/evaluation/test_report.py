"""Tables for people, JSON for programs, and floors."""

from dataclasses import replace

import pytest

from answers.evaluation.report import (
    FINAL_LEGS,
    ORDER,
    Floor,
    FloorError,
    Result,
    as_json,
    below,
    heading,
    latency_table,
    read_floor,
    table,
)

RESULT = Result(
    name="pets",
    questions=1200,
    unanswerable=0,
    answered_questions=0,
    legs={"lexical": {"MRR@10": 0.5, "R@1": 1 / 3, "new": 1.0}, "fused": {"R@1": 0.66666, "MRR@10": 0.8}},
    reference={"R@1": 0.25, "R@5": 0.9},
    latency_ms={"retrieval": {"fuse": {"p50": 1.04, "p95": 12.0}, "total": {"p50": 100.0, "p95": 2000.0}}},
    corpus={
        "collection": "evaluation-pets-1",
        "documents": 3,
        "chunks": 5000,
        "indexed_now": 0,
        "indexing_seconds": 0.0,
    },
    seconds=1.5,
    peak_memory_mb=200,
    versions={"python": "3.11"},
    note="Read with care.",
)
METRICS = ", ".join(ORDER)


def test_a_table_has_a_row_a_metric_and_a_column_a_leg():
    assert table(RESULT) == (
        "        BM25 ref.  lexical  fused\n"
        "R@1         0.250    0.333  0.667\n"
        "MRR@10          –    0.500  0.800\n"
        "new             –    1.000      –"
    )


def test_without_a_reference_there_is_no_column_for_it():
    assert table(replace(RESULT, reference={}, legs={"fused": {"R@1": 1.0}})) == "     fused\nR@1  1.000"
    assert table(replace(RESULT, reference={}, legs={})) == ""


def test_latencies_have_a_row_a_stage():
    assert latency_table(RESULT) == (
        "milliseconds        p50     p95\nretrieval, fuse     1.0    12.0\nretrieval, total  100.0  2000.0"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "pets: 1,200 questions; 3 documents, 5,000 chunks."),
        ({"unanswerable": 200}, "pets: 1,200 questions, 200 of them not answerable; 3 documents, 5,000 chunks."),
        (
            {"answered_questions": 600},
            "pets: 1,200 questions; 3 documents, 5,000 chunks.\n"
            "The leg answers rests on 600 questions spread evenly over the set.",
        ),
        ({"answered_questions": 1200}, "pets: 1,200 questions; 3 documents, 5,000 chunks."),
    ],
)
def test_the_heading_says_what_the_figures_are_of(changes, words):
    assert heading(replace(RESULT, **changes)) == words


def test_json_has_these_names():
    assert as_json(RESULT) == {
        "set": "pets",
        "questions": 1200,
        "unanswerable": 0,
        "answered_questions": 0,
        "legs": {"lexical": {"MRR@10": 0.5, "R@1": 0.3333, "new": 1.0}, "fused": {"R@1": 0.6667, "MRR@10": 0.8}},
        "reference": {"R@1": 0.25, "R@5": 0.9},
        "latency_ms": RESULT.latency_ms,
        "corpus": RESULT.corpus,
        "seconds": 1.5,
        "peak_memory_mb": 200,
        "versions": {"python": "3.11"},
    }


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("R@1=0.8", Floor("", "R@1", 0.8)),
        (" lexical : MRR@10 = .5 ", Floor("lexical", "MRR@10", 0.5)),
        ("injected:utility=1", Floor("injected", "utility", 1.0)),
    ],
)
def test_a_floor_is_read(text, floor):
    assert read_floor(text) == floor


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, f"A floor is written like R@1=0.8 or lexical:R@1=0.8, not {text!r}.") for text in ("R@1", "R@1=much")),
        ("R@1=nan", "A floor is written like R@1=0.8 or lexical:R@1=0.8, not 'R@1=nan'."),
        ("R@2=0.8", f"There is no metric 'R@2'. There are: {METRICS}."),
        ("r@1=0.8", f"There is no metric 'r@1'. There are: {METRICS}."),
        ("=0.8", f"There is no metric ''. There are: {METRICS}."),
        ("fusion:R@1=0.8", f"There is no leg 'fusion'. There are: {', '.join(FINAL_LEGS)}."),
    ],
)
def test_a_floor_that_cannot_be_read_says_how_to_write_one(text, message):
    with pytest.raises(FloorError) as error:
        read_floor(text)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("floor", "misses"),
    [
        (Floor("", "R@1", 0.6), []),
        (Floor("", "R@1", 0.66666), []),
        (Floor("", "R@1", 0.7), ["pets: fused R@1 is 0.6667, below 0.7."]),
        (Floor("lexical", "R@1", 0.5), ["pets: lexical R@1 is 0.3333, below 0.5."]),
        (Floor("", "page@1", 0.1), ["page@1 was not measured. There are: MRR@10, R@1, new."]),
        (Floor("fused", "page@1", 0.1), ["fused page@1 was not measured. There are: R@1, MRR@10."]),
        (Floor("reranked", "R@1", 0.1), ["reranked R@1 was not measured."]),
    ],
)
def test_what_is_below_its_floor_is_said(floor, misses):
    assert below([floor], [RESULT]) == misses


def test_a_floor_holds_for_every_set_that_has_the_metric():
    worse = replace(RESULT, name="worse", legs={"fused": {"R@1": 0.1}})
    without = replace(RESULT, name="without", legs={"fused": {"page@1": 0.1}})

    assert below([Floor("", "R@1", 0.5)], [RESULT, without, worse]) == ["worse: fused R@1 is 0.1000, below 0.5."]


def test_a_reranked_figure_counts_before_a_fused_one():
    reranked = replace(RESULT, legs={**RESULT.legs, "reranked": {"R@1": 0.5}})

    assert below([Floor("", "R@1", 0.6)], [reranked]) == ["pets: reranked R@1 is 0.5000, below 0.6."]
