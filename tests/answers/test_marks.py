import pytest

from answers.marks import MarkGroup, position_with_marks, read_marks, write_marks


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Cats purr [1].", [(1,)]),
        ("Cats purr [1][2].", [(1, 2)]),
        ("Cats purr [1] [2].", [(1, 2)]),
        ("Cats purr [1, 2; 4].", [(1, 2, 4)]),
        ("Cats purr [1-3].", [(1, 2, 3)]),
        ("Cats purr [1\u20133].", [(1, 2, 3)]),
        ("Cats purr [^1].", [(1,)]),
        ("Cats purr【1】【2†source】.", [(1, 2)]),
        ("Cats [1] purr [2].", [(1,), (2,)]),
        ("Cats purr [1][1].", [(1,)]),
        ("https://cats.example/purr [1]", [(1,)]),
        ("See https://cats.example/purr[1].", [(1,)]),
    ],
)
def test_marks_are_read_in_every_form_that_models_write(text, numbers):
    assert [group.numbers for group in read_marks(text)[1]] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "Call `a[1]` twice.",
        "```python\nprint(a[1])\n```",
        "```\nnever closed a[1]",
        "~~~\na[1]\n~~~",
        "See [1](https://cats.example).",
        "https://cats.example/a[1]/b",
        "The interval [0, 1] is closed.",
        "In [2021] and [10-250].",
        "Quoted \\[12\\].",
        "No marks.",
        "",
    ],
)
def test_code_addresses_and_other_brackets_are_left_alone(text):
    assert read_marks(text) == (text, [])


def test_the_text_without_marks_keeps_its_spacing_and_gets_it_back():
    plain, groups = read_marks("Cats purr [1], dogs bark[2].\n\n[3] Birds sing.")

    assert plain == "Cats purr, dogs bark.\n\n Birds sing."
    assert groups == [MarkGroup(9, (1,), " "), MarkGroup(20, (2,), ""), MarkGroup(23, (3,), "")]
    assert write_marks(plain, groups) == "Cats purr [1], dogs bark[2].\n\n[3] Birds sing."


def test_a_group_without_numbers_leaves_no_trace():
    assert write_marks("Cats purr.", [MarkGroup(9, (), " ")]) == "Cats purr."


def test_positions_move_behind_the_marks_before_them():
    groups = [MarkGroup(4, (1, 2), " ")]

    assert [position_with_marks(position, groups) for position in (0, 4, 5)] == [0, 4, 12]
