"""The bench's own arithmetic. What it measures is not tested here."""

import numpy as np
import pytest

from bench.performance.rounds import Reach, Rounds, Section, number, percentile, recall, run_rounds
from bench.performance.vectors import nearest, vector_blocks


def test_contenders_take_turns_and_warm_ups_are_not_counted():
    order: list[str] = []

    def contender(name: str):
        def once() -> dict[str, float]:
            order.append(name)
            return {"ms": float(len(order))}

        return once

    rounds = run_rounds({name: contender(name) for name in "abc"}, rounds=3)

    assert "".join(order) == "cab" + "abc" + "bca" + "cab"
    assert [shown["ms"] for shown in rounds.figures["a"]] == [4, 9, 11]


def test_a_ratio_is_the_median_of_each_rounds_ratio():
    # The second round was slow for everybody: medians alone would say 20 / 30.
    rounds = Rounds({"ours": [{"ms": 10}, {"ms": 300}, {"ms": 20}], "theirs": [{"ms": 20}, {"ms": 600}, {"ms": 30}]})

    assert rounds.ratio("ms", "ours", beside="theirs") == 0.5
    assert rounds.median("ours", "ms") == 20


def test_a_percentile_is_a_value_that_was_seen():
    assert [percentile([4, 1, 3, 2], share) for share in (0, 0.5, 0.95, 1)] == [1, 3, 4, 4]


def test_recall_counts_what_was_found_whatever_its_order():
    assert recall([[2, 1], [3, 9]], exact=[[1, 2], [3, 4]]) == 0.75


@pytest.mark.parametrize(("figure", "at_least", "kept"), [(3, True, True), (2.9, True, False), (2.9, False, True)])
def test_a_reach_is_kept_on_its_side_of_the_limit(figure, at_least, kept):
    assert Reach("requests", figure, 3, at_least).kept == kept


def test_a_section_is_a_markdown_table_with_what_it_reached():
    section = Section("Speed", ("who", "ms"), [("QABot", "1")], [Reach("p50", 0.4, 0.5)])

    assert section.markdown() == "### Speed\n\n| who | ms |\n|---|---:|\n| QABot | 1 |\n\n- p50: 0.4 (asked: ≤ 0.5) ✓\n"


def test_figures_are_shown_with_three_digits():
    assert [number(value) for value in (0, 0.01234, 9.876, 123.4, 12_345.6)] == ["0", "0.0123", "9.88", "123", "12,346"]


def test_the_nearest_are_found_over_several_blocks():
    vectors = np.eye(60_001, 3, dtype=np.float32) + np.float32(0.001)
    vectors[60_000] = [0, 0, 2]

    assert nearest(vectors, np.array([[0, 0, 1]], dtype=np.float32), 2).tolist() == [[60_000, 2]]


def test_vectors_are_unit_and_the_same_each_time():
    (first,), (second,) = [*vector_blocks(100, 16)], [*vector_blocks(100, 16)]

    assert first.shape == (100, 16)
    assert np.allclose(np.linalg.norm(first, axis=1), 1)
    assert np.array_equal(first, second)
