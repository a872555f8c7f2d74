"""What got better and what got worse between two runs."""

from collections.abc import Hashable

from answers.evaluation.comparing import Comparison, Standing, compare


def test_questions_that_both_runs_asked_are_compared():
    before: dict[Hashable, Standing] = {
        "fixed": Standing(False, 1, None),
        "broken": Standing(True, 2, 1),
        "quote found now": Standing(False, 1, None),
        "same": Standing(True, 2, 1),
        "higher": Standing(True, 2, 4),
        "lost its rank": Standing(False, 1, 9),
        "gone": Standing(True, 2, 1),
    }
    after: dict[Hashable, Standing] = {
        "fixed": Standing(True, 2, 1),
        "broken": Standing(False, 1, None),
        "quote found now": Standing(False, 2, 3),
        "same": Standing(True, 2, 1),
        "higher": Standing(True, 2, 2),
        "lost its rank": Standing(False, 1, None),
        "new": Standing(True, 2, 1),
    }

    assert compare(before, after) == Comparison(
        better=("fixed", "quote found now"),
        worse=("broken",),
        still_passing=2,
        still_failing=1,
        rank_better=1,
        rank_worse=1,
        only_before=1,
        only_after=1,
    )


def test_runs_without_a_question_in_common_say_so():
    one = Standing(True, 1, None)

    assert compare({"a": one}, {"b": one}) == Comparison((), (), 0, 0, 0, 0, 1, 1)
