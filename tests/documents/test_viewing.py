"""A page's text, cut for the viewer: nothing lost, the quote exactly."""

from documents.viewing import MarkedText, Piece, mark_quote


def test_a_quote_is_marked_between_what_stands_before_and_after():
    assert mark_quote("Cats purr often.", [], 5, 9) == MarkedText(
        (Piece("Cats "),), (Piece("purr"),), (Piece(" often."),)
    )


def test_headings_are_told_from_text():
    assert mark_quote("Cats\nThey purr.", [(0, 1, "Cats")], 0, 0) == MarkedText(
        (), (), (Piece("Cats", 1), Piece("\nThey purr."))
    )


def test_a_heading_that_a_quote_cuts_stays_one_mark():
    assert mark_quote("Big cats\npurr", [(0, 2, "Big cats")], 4, 13) == MarkedText(
        (Piece("Big ", 2),), (Piece("cats", 2), Piece("\npurr")), ()
    )


def test_offsets_outside_the_text_are_pulled_inside():
    assert mark_quote("Cats", [], -3, 99) == MarkedText((), (Piece("Cats"),), ())
    assert mark_quote("Cats", [], 3, 1) == MarkedText((Piece("Cat"),), (), (Piece("s"),))
    assert mark_quote("", [], 5, 9) == MarkedText(())


def test_headings_that_overlap_or_repeat_lose_no_letter():
    headings = [(0, 1, "Cats and dogs"), (5, 9, "and"), (0, 1, "Cats and dogs"), (40, 1, "beyond")]
    marked = mark_quote("Cats and dogs live here.", headings, 2, 10)

    assert "".join(piece.text for piece in (*marked.before, *marked.quote, *marked.after)) == "Cats and dogs live here."
