import pytest

from documents.parsing.content import Heading
from documents.parsing.limits import Limits
from documents.parsing.markup import decode_html, parse_html, parse_markdown


def html_page(html: str):
    [(_, page)] = parse_html(html.encode(), Limits())
    return page


def test_scripts_styles_and_menus_are_not_text():
    page = html_page(
        "<title>T</title><style>p{}</style><nav><a>Menu</a></nav><p>Text <b>in</b>side<script>function(){}</script></p>"
        "<noscript>on</noscript><template>x</template><svg><text>s</text></svg><!-- c --><button>Buy</button>"
    )

    assert page.text == "Text inside"


def test_headings_have_their_levels():
    page = html_page("<h1>Top</h1>a<h3>Sub<br>title</h3><div>b</div>")

    assert page.text == "Top\n\na\n\nSub title\n\nb"
    assert page.headings == (Heading(0, 1, "Top"), Heading(8, 3, "Sub title"))


def test_line_breaks_lists_and_preformatted_text_keep_their_lines():
    page = html_page("<p>one<br>two\nthree</p><ul><li>a</li><li>b</li></ul><pre>x\n  y</pre>")

    assert page.text == "one\ntwo three\na\nb\n\nx\n  y"


def test_a_table_with_a_header_names_its_columns():
    page = html_page(
        "<table><caption>Cups</caption><tr><th>Team<th>Won<th>Lost<tr><td>Leafs<td colspan=2>13<tr><td>Blues<td>1<td>2"
        "</table>"
    )

    assert page.text == "Cups\n\nTeam\tWon\tLost\nTeam: Leafs; Won: 13\nTeam: Blues; Won: 1; Lost: 2"


def test_a_table_without_a_header_is_read_row_by_row():
    assert html_page("<table><tr><td>a</td><td>b</td></tr><tr><td>c<p>d</td></tr></table>").text == "a\tb\nc d"


def test_a_table_that_only_lays_out_the_page_is_read_as_text():
    inner = "<table><tr><td>x<td>y</table>"
    page = html_page(f"<table><tr><td><h2>News</h2><p>one</p></td><td>{inner}</td></tr></table>")

    assert page.text == "News\n\none\n\nx\ty"


def test_the_main_content_comes_first_and_sidebars_follow():
    page = html_page(
        f"<aside>See also<nav><a>Other</a></nav></aside><main><p>{'Long text. ' * 20}</p></main><p>End</p>"
    )

    assert page.text == f"{('Long text. ' * 20).strip()}\n\nSee also\n\nOther\n\nEnd"


def test_many_unclosed_paragraphs_are_not_nesting():
    assert html_page("<p>a" * 5000).text.count("a") == 5000


def test_angle_brackets_in_scripts_and_comments_are_not_nesting():
    assert html_page(f"<script>{'<div>' * 5000}</script><!--{'<div>' * 5000}-->a").text == "a"


@pytest.mark.parametrize(
    "content",
    [
        '<meta charset="cp1251"><p>Свобода'.encode("cp1251"),
        '<?xml version="1.0" encoding="koi8-r"?><p>Свобода'.encode("koi8-r"),
        "<p>Свобода".encode("utf-16"),
        '<meta charset="cp1251"><p>Свобода'.encode(),
    ],
)
def test_a_declared_encoding_holds_unless_the_bytes_say_otherwise(content):
    assert decode_html(content).endswith("Свобода")


def test_a_declared_encoding_that_is_no_text_encoding_is_ignored():
    assert decode_html('<meta charset="punycode"><p>été'.encode("cp1252")).endswith("été")


def test_markdown_keeps_its_text_and_knows_its_headings():
    [(_, page)] = parse_markdown(
        b"# Title #\nText *here*.\n\n```\n# no heading\n\n```\n\n### Sub\n- a\n- b\n", Limits()
    )

    assert page.text == "Title\n\nText *here*.\n\n```\n# no heading\n\n```\n\nSub\n\n- a\n- b"
    assert page.headings == (Heading(0, 1, "Title"), Heading(44, 3, "Sub"))
