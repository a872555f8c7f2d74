import pytest

from documents.parsing.content import Heading, NoTextFound, ParsedPage
from documents.parsing.guard import parse_guarded
from documents.parsing.limits import Limits
from documents.parsing.markup import decode_html, parse_html, parse_markdown


def html_page(html: str):
    [(_, page)] = parse_html(html.encode(), Limits())
    return page


def markdown_page(text: str):
    [(_, page)] = parse_markdown(text.encode(), Limits())
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


# What a file says of itself: HTML


def test_the_title_and_the_heads_metadata_are_what_a_page_says_of_itself():
    page = html_page(
        "<head><title>On cats</title><meta name=Author content='Ann Aster'><meta property=og:site_name content=Pets>"
        "<meta name=description content=Long><meta name=viewport content=wide></head>"
        "<body><meta name=author content=Nobody><svg><title>A drawing</title></svg><p>Cats purr.</p></body>"
    )

    assert page == ParsedPage(1, "", "Cats purr.", about="On cats · Ann Aster · Pets")


@pytest.mark.parametrize(
    ("head", "about"),
    [
        ("<title>Cats &amp; dogs &#60;b&#62;</title><meta name=author content='&Eacute;mile &quot;M&quot;'>",
         'Cats & dogs <b> · Émile "M"'),
        ("<title>\n On\t cats \n</title>", "On cats"),
        ("<title>Cats</title><meta property=og:title content=Cats>", "Cats"),
        ("<title></title><meta name=author><meta name=author content><meta content=Ann>", ""),
        ("<title>Cats\x01</title><title>Dogs</title>", "Cats"),
    ],
)  # fmt: skip
def test_metadata_is_read_as_a_browser_reads_it_each_value_once(head: str, about: str):
    assert html_page(f"<head>{head}</head><p>x").about == about


def test_hostile_lengths_of_metadata_are_cut_and_leave_the_text_alone():
    many = "".join(f"<meta name=author content=ann{number}>" for number in range(20_000))

    for head in (f"<title>{'x' * 1_000_000}</title>", many, f"<meta name=author content='{'a ' * 500_000}'>"):
        page = html_page(f"<head>{head}</head><p>Cats purr.")
        assert (page.text, len(page.about)) == ("Cats purr.", 1_000)


def test_a_page_that_is_only_a_title_is_no_text():
    assert list(parse_html(b"<title>On cats</title>", Limits())) == []


# What a file says of itself: Markdown


@pytest.mark.parametrize(
    ("lines", "about"),
    [
        ("title: On cats\nauthor: Ann Aster", "On cats · Ann Aster"),
        ("title: \"On cats: a study\"\nauthor: 'Ann'", "On cats: a study · Ann"),
        ("tags:\n  - cats\n  - 'dogs'\n", "cats · dogs"),
        ("tags: [\"cats\", 'dogs', 1900s]", "cats, dogs, 1900s"),
        ('tags: [\n  "cats",\n  owls\n]', "cats · owls"),
        ("authors:\n  - name: Ann\n    site: https://ann.example/a", "Ann · https://ann.example/a"),
        ("summary: >-\n  They purr\n  at night.\nnote: |\n  Often.", "They purr · at night. · Often."),
        ("dc.title: Cats [draft]\nprice : 1,000", "Cats [draft] · 1,000"),
        ("title: Cats\nname: Cats\ndraft:\n\n", "Cats"),
    ],
)
def test_the_values_of_front_matter_are_what_a_document_says_of_itself(lines: str, about: str):
    assert markdown_page(f"---\n{lines}\n---\nCats purr.") == ParsedPage(1, "", "Cats purr.", about=about)


@pytest.mark.parametrize(
    "content", [b"---\r\ntitle: Cats\r\n---\r\nPurr.", b"\xef\xbb\xbf--- \ntitle: Cats\n---\t\nPurr."]
)
def test_front_matter_is_found_whatever_the_line_ends_and_after_a_byte_order_mark(content: bytes):
    [(_, page)] = parse_markdown(content, Limits())

    assert (page.about, page.text) == ("Cats", "Purr.")


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Cats\n\nThey purr.",
        "---\ntitle: Cats\n----\n\nThey purr.",
        "Cats\n\n---\ntitle: Cats\n---\n\nThey purr.",
        " ---\ntitle: Cats\n---\n\nThey purr.",
        "They purr.\n\n---\n\nThey sleep.\n\n---\n\nThey hunt.",
        "---\n\nThey purr.\n\n---\n\nThey sleep.",
        "---\nThey purr.\n---\nThey sleep.",
        "---\n---\nThey purr.\n\n---\n\nThey sleep.",
    ],
    ids=["not closed", "closed otherwise", "later", "indented", "rules", "a rule first", "rules around", "rules twice"],
)
def test_what_only_looks_like_front_matter_stays_text(text: str):
    page = markdown_page(text)

    assert (page.text, page.about) == (text.strip(), "")


@pytest.mark.parametrize("end", ["", "---\nThey purr."])
def test_ten_thousand_lines_are_text_whether_they_are_closed_or_not(end: str):
    text = "---\n" + "title: cats\n" * 10_000 + end

    pages = [page for _, page in parse_markdown(text.encode(), Limits())]

    assert "\n".join(page.text for page in pages) == text.strip()
    assert {page.about for page in pages} == {""}


@pytest.mark.parametrize("line", ["a" * 1_000_000, " " * 1_000_000, "- " * 500_000, "a " * 500_000 + ":"])
def test_hostile_lines_of_front_matter_are_cut_and_leave_the_text_alone(line: str):
    page = markdown_page(f"---\ntitle: cats\n{line}\n---\nThey purr.")

    assert page.text == "They purr."
    assert page.about.startswith("cats") and len(page.about) <= 1_000


def test_front_matter_moves_no_offset_and_goes_with_the_first_part_alone():
    text = "# Cats\n\n" + "They purr. " * 3_000 + "\n\n## Dogs\n\nThey bark."
    plain = [page for _, page in parse_markdown(text.encode(), Limits())]

    pages = [page for _, page in parse_markdown(f"---\ntitle: Pets\n---\n{text}".encode(), Limits())]

    assert [page.about for page in pages] == ["Pets", *[""] * (len(plain) - 1)] and len(plain) > 1
    assert [(page.text, page.headings) for page in pages] == [(page.text, page.headings) for page in plain]


def test_a_document_that_is_only_front_matter_has_no_text():
    with pytest.raises(NoTextFound, match=r"^No text was found in the file\.$"):
        list(parse_guarded(b"---\ntitle: Cats\n---\n", "text/markdown", Limits()))
