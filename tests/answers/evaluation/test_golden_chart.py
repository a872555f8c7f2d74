"""Where the plot of runs puts its dots, levels and dates."""

from answers.evaluation.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Dot, Mark, Point, draw

TITLES = {"passed": "passed", "quote": "quote found"}


def test_all_is_at_the_top_and_nothing_at_the_bottom():
    chart = draw([Point("Run 1", "1 Nov", {"passed": 1.0}), Point("Run 2", "2 Nov", {"passed": 0.0})], TITLES)

    (line,) = chart.lines
    assert line.dots == (
        Dot(86.0, TOP, "Run 1, 1 Nov: passed 100%"),
        Dot(662.0, HEIGHT - BOTTOM, "Run 2, 2 Nov: passed 0%"),
    )
    assert line.path == f"86.0,{TOP}.0 662.0,{HEIGHT - BOTTOM}.0"
    assert chart.dates == (Mark(86.0, "1 Nov"), Mark(662.0, "2 Nov"))


def test_a_run_that_lacks_a_share_has_no_dot_in_its_line():
    chart = draw([Point("Run 1", "1 Nov", {"passed": 1.0}), Point("Run 2", "2 Nov", {"quote": 0.5})], TITLES)

    assert {line.name: [dot.x for dot in line.dots] for line in chart.lines} == {"passed": [86.0], "quote": [662.0]}


def test_a_single_run_stands_in_the_middle():
    chart = draw([Point("Run 1", "1 Nov", {"passed": 0.5})], TITLES)

    assert [dot.x for dot in chart.lines[0].dots] == [(LEFT + WIDTH - RIGHT) / 2]


def test_only_as_many_dates_are_shown_as_fit_and_the_latest_is_one():
    chart = draw([Point(f"Run {n}", f"{n} Nov", {"passed": 0.5}) for n in range(1, 31)], TITLES)

    assert [mark.words for mark in chart.dates] == ["5 Nov", "10 Nov", "15 Nov", "20 Nov", "25 Nov", "30 Nov"]


def test_runs_without_figures_draw_no_line():
    assert draw([Point("Run 1", "1 Nov", {})], TITLES).lines == ()
