import json
import re
from html import unescape

import pytest
from django.conf import settings
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from answers.extraction import Extracted, ExtractedSentence, compose_extract
from answers.rendering import ALLOWED_TAGS, render_answer

ROBUSTNESS = settings.BASE_DIR.parent / "shared" / "data" / "robustness"


def _url(number):
    return f"/citations/{number}" if number < 10 else None


def _always(url):
    return lambda number: url


def _payloads():
    for name in ("xss_payloads", "dompurify_payloads", "naughty_strings"):
        path = ROBUSTNESS / f"{name}.jsonl"
        if path.exists():
            for line in path.read_text().split("\n")[:-1]:
                row = json.loads(line)
                yield from (value for value in row.values() if isinstance(value, str))


def _assert_harmless(html):
    for node in HTMLParser(html).css("body *"):
        assert node.tag in ALLOWED_TAGS, node.html
        for name, value in node.attributes.items():
            assert name in {"href", "class", "rel", "start", "dir", "data-citation", "tabindex"}, node.html
            if name == "href":
                # As browsers read it: tabs, newlines and leading control characters do not hide a scheme.
                scheme = re.match(r"[a-z][a-z0-9+.-]*:", re.sub(r"^[\x00-\x20]+|[\t\n\r]", "", value or "").casefold())
                assert scheme is None or scheme.group() in {"http:", "https:", "mailto:"}, node.html


def test_a_mark_becomes_a_link_to_its_citation():
    assert render_answer("Cats **purr** [1].", _url) == (
        '<p>Cats <strong>purr</strong> <a class="citation" href="/citations/1" data-citation="1"'
        ' rel="noopener noreferrer nofollow ugc">1</a>.</p>\n'
    )


def test_code_is_reached_by_keys_so_that_long_lines_can_be_scrolled():
    assert render_answer("```\ncode\n```", _url) == '<pre tabindex="0"><code>code\n</code></pre>\n'


def test_a_mark_without_a_citation_stays_text():
    assert render_answer("Cats purr [12].", _url) == "<p>Cats purr [12].</p>\n"


@pytest.mark.parametrize("text", ["`a[1]`", "```\na[1]\n```", "    a[1]", "\\[1]"])
def test_a_mark_in_code_or_escaped_stays_text(text):
    html = render_answer(text, _url)

    assert "citation" not in html
    assert "[1]" in html


def test_a_link_around_a_mark_stays_text():
    html = render_answer("[see [1] here](https://evil.example)", _url)

    assert [link.attributes["href"] for link in HTMLParser(html).css("a")] == ["/citations/1"]


def test_an_answer_cannot_point_its_marks_elsewhere():
    html = render_answer("Cats purr [1].\n\n[1]: https://evil.example", _url)

    assert [node.attributes["href"] for node in HTMLParser(html).css("a")] == ["/citations/1", "/citations/1"]


def test_a_citation_address_cannot_leave_its_attribute():
    html = render_answer("Cats [1].", lambda number: '/c/"><img src=x onerror=alert(1)>')

    (link,) = HTMLParser(html).css("body *:not(p)")
    assert (link.attributes["href"] or "").startswith('/c/"')
    assert set(link.attributes) == {"class", "href", "data-citation", "rel"}


def test_a_link_shows_its_host_and_gives_no_referrer():
    assert render_answer("[my bank](https://evil.example/bank)", _url) == (
        '<p><a href="https://evil.example/bank" rel="noopener noreferrer nofollow ugc">my bank</a>'
        ' <span class="link-host" dir="ltr">(evil.example)</span></p>\n'
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/admin/",
        "https://bank.example@evil.example",
        "https://evil.example\\@bank.example",
        "https://",
        "https://[",
        "https://[::1]/",
        "https://bank.example%2eevil.example",
        "https://bank.example%00.evil.example",
        "mailto:",
        "mailto:ann@example.com?subject=x&body=y",
        "mailto:ann@example.com,bob@example.com",
        "&#106;avascript:alert(1)",
        "&#x6A&#x61;vascript&colon;alert(1)",
        "\x01javascript:alert(1)",
        "javascript&NewLine;:alert(1)",
        "data&colon;text/html;base64,PHNjcmlwdD4",
        "blob:https://evil.example/1",
        "ftp://evil.example/",
        "intent://evil.example",
        "view-source:https://evil.example",
    ],
)
def test_links_that_are_not_plainly_to_the_web_stay_text(address):
    html = render_answer(f"[click]({address}) <{address}>", _url)

    assert HTMLParser(html).css_first("a") is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://evil.example/report.pdf", "evil.example"),
        ("https://EVIL.example:8443/", "evil.example"),
        ("https://evil.example/?q=the+salary", "https://evil.example/?q=the+salary"),
        ("https://evil.example/#the-salary", "https://evil.example/#the-salary"),
        (f"https://evil.example/{'salary/' * 12}", f"https://evil.example/{'salary/' * 12}"),
        ("https://b\u0430nk.example", "xn--bnk-6cd.example"),  # the second letter is Cyrillic
        ("https://bank.example\u3002evil.example", "bank.example.evil.example"),  # a full stop of Chinese
        ("mailto:hr@bank.example", "hr@bank.example"),
    ],
)
def test_a_link_shows_where_it_leads_and_what_it_carries_along(address, shown):
    html = render_answer(f"[\u202emoc.knab]({address})", _url)

    (told,) = HTMLParser(html).css("span.link-host")
    # Its own direction: what turns the words before it around does not turn the host.
    assert (told.text(), told.attributes["dir"]) == (f"({shown})", "ltr")


def test_addresses_in_angle_brackets_are_links_and_bare_ones_are_text():
    html = render_answer("<https://a.example/> <hr@b.example> https://c.example www.d.example", _url)

    links = [(link.attributes["href"], link.text()) for link in HTMLParser(html).css("a")]
    assert links == [("https://a.example/", "https://a.example/"), ("mailto:hr@b.example", "hr@b.example")]
    assert "https://c.example www.d.example" in html


def test_reference_links_and_titles_lead_nowhere():
    html = render_answer('[a][b] [b] [c](https://c.example "title")\n\n[b]: https://evil.example "t"', _url)

    (link,) = HTMLParser(html).css("a")
    assert link.attributes == {"href": "https://c.example", "rel": "noopener noreferrer nofollow ugc"}


def test_images_are_not_fetched():
    html = render_answer("![x](https://evil.example/?q=secret) ![y][z]\n\n[z]: https://evil.example", _url)

    assert HTMLParser(html).css_first("img") is None


def test_raw_html_is_shown_as_text():
    assert render_answer("<b>bold</b> <script>alert(1)</script>", _url) == (
        "<p>&lt;b&gt;bold&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    )


def test_tables_and_lists_are_rendered():
    html = render_answer("| a | b |\n|---|---|\n| 1 [1] | 2 |\n\n3. three\n4. four", _url)

    assert [cell.text() for cell in HTMLParser(html).css("td")] == ["1 1", "2"]
    assert [numbered.attributes for numbered in HTMLParser(html).css("ol")] == [{"start": "3"}]


def test_an_extracted_quote_is_shown_as_it_is_written():
    quote = "A *b* [7] <script>x</script> `c` &amp; # 1. snake_case _d_ 5\\6 ![i](https://evil.example)"
    text = compose_extract(Extracted((ExtractedSentence(0, 0, len(quote), quote, 1.0),)))

    html = render_answer(text, _url)

    assert HTMLParser(html).text().strip() == f"“{quote}” 1"
    assert len(HTMLParser(html).css("a")) == 1


@pytest.mark.parametrize("text", ["> " * 3000 + "x", "[" * 20_000, "*" * 20_000, "- " * 3000, "`" * 9999 + "x", "\x00"])
def test_hostile_nesting_is_rendered(text):
    _assert_harmless(render_answer(text, _url))


@pytest.mark.skipif(not ROBUSTNESS.exists(), reason="the robustness set is not on this machine")
@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "Cats [1] {} purr.",
        "[x]({})",
        "[x](<{}>)",
        "![{}]({})",
        "<{}>",
        "```{}\n{}\n```",
        "| {} |\n|---|\n| {} |",
        "[1]: {}",
    ],
)
def test_no_known_payload_survives(frame):
    seen = 0
    for payload in _payloads():
        _assert_harmless(render_answer(frame.replace("{}", payload), _url))
        _assert_harmless(render_answer(unescape(frame.replace("{}", payload)), _always(payload)))
        seen += 1
    assert seen > 1500


def test_a_doubtful_sentence_is_marked_through_its_markup():
    html = render_answer("Cats purr [1]. They **speak** French.", _url, [(15, 37)])

    assert html.partition("</a>")[2] == (
        '. <span class="doubtful">They </span><strong><span class="doubtful">speak</span></strong>'
        '<span class="doubtful"> French.</span></p>\n'
    )


DOUBTED = [
    *("**Cats speak.** So", "`Cats` speak.", "- *Cats* speak.", "> Cats", "[Cats speak](https://example.org/a.b)."),
    "| a | b |\n| - | - |\n| Cats speak | c |",
]


@pytest.mark.parametrize("text", DOUBTED)
def test_wherever_a_doubt_begins_its_signs_are_not_seen(text):
    for start in range(len(text)):
        marked = render_answer(text, _url, [(start, len(text))])
        assert "\U00010a56" not in marked and "\U00010a57" not in marked
        _assert_harmless(marked)


@pytest.mark.parametrize("text", DOUBTED)
def test_marking_a_sentence_changes_nothing_else(text):
    start = next(re.finditer(r"[*`[]*Cats", text)).start()
    marked = render_answer(text, _url, [(start, len(text))])

    assert re.sub(r'<span class="doubtful">(.*?)</span>', r"\1", marked) == render_answer(text, _url)


def test_an_answer_that_brings_the_signs_of_doubt_along_loses_them():
    assert render_answer("Cats \U00010a56purr\U00010a57.", _url, [(0, 4)]) == "<p>Cats purr.</p>\n"
