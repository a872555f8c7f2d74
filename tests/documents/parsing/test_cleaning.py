from documents.parsing.cleaning import clean, one_line


def test_line_ends_become_newlines_and_controls_go():
    assert clean("a\r\nb\rc\x0cd\x85e\u2028f\x00\x07\x1b\x9fg\ufeff\ufffe") == "a\nb\nc\nd\ne\nfg"


def test_tabs_and_every_script_stay():
    assert clean("a\tb हिन्दी 日本語 👩‍👩‍👧 e\u0301") == "a\tb हिन्दी 日本語 👩‍👩‍👧 e\u0301"


def test_lone_surrogates_go():
    assert clean("a\ud800b\udfff") == "ab"


def test_space_at_line_ends_goes():
    assert clean("a  \nb\t\n  c ") == "a\nb\n  c"


def test_one_line_collapses_white_space():
    assert one_line(" a\n\tb\xa0 c\u200b") == "a b c"
