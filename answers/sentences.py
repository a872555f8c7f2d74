"""Find the sentences, list items and table rows of a text, in any script. Pure: knows no passage and no language.

Text from a PDF is broken into lines where the paper ended, not where the sentence did. So a line break ends a sentence
only where its lines say so: a blank line, a list item, a table row, a heading.
"""

from collections.abc import Iterator

import regex

MAX_LABEL_CHARACTERS = 50  # headings and row labels are shorter than lines of prose
MIN_PROSE_CHARACTERS = 40  # a narrower line is of a table or a box, and says nothing of its neighbours
SHORT_LINE_SHARE = 0.7  # of its neighbours: a line of prose is broken because it is full
MAX_ROW_CHARACTERS = 400  # a longer row holds prose, and is cut into its sentences
MIN_THAI_CHARACTERS = 80  # Thai has no full stop: a space ends a phrase, and some phrases make a sentence

Span = tuple[int, int]


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never the last word of a sentence.
_TITLES = _words(
    """
    mr mrs ms dr prof st sr rev hon gen col capt lt sgt gov sen rep pres mme mlle hr fr dra vs cf al viz approx e.g i.e
    z.b d.h u.a p.ej bzw ca évtl inkl sog г стр
    """
)
# Followed by a number, or else the last word of a sentence.
_BEFORE_NUMBERS = _words("no nos fig figs eq sec art ch vol pp p pg par nr núm abb tab ref т рис ст п")
_MAYBE_LAST = _words("etc inc ltd corp co jr bros dept est llc plc u.s u.k u.n d.c a.m p.m ph.d e.u usw др")
_STARTERS = _words(
    """
    a an the this that these those it he she they we i you in on at as for from by with when while after before if
    however but and so there his her its their our all some both each most such since although
    """
)
# After an ordinal, as in "am 3. Oktober".
_MONTHS = _words(
    """
    januar februar märz april mai juni juli august september oktober november dezember jahrhundert jahrhunderts
    """
)

_LINE = regex.compile(r"[^\n]*\n?")
_LIST_ITEM = regex.compile(r"\s*(?:[-–—*•‣◦▪●○■□➢✓·]\s+\S|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]\s+\S)")
_CELLS = regex.compile(r"\t|\S *\| *\S|\S {2,}\S.* {2,}\S")
# Possessive throughout: these meet torn and hostile lines, and must not try every way of cutting a number.
_NUMBER = r"(?>[(–-]?+[$€£¥]?+\s?+\(?+\d[\d.,]*+\)?+(?:\s?%)?+)"
_NUMBERS_ONLY = regex.compile(rf"\s*+(?>(?>{_NUMBER}|[—–$€£¥%-]++)\s*+)++")
_LABELLED_NUMBERS = regex.compile(rf"[^\n]*?\p{{L}}[^\n]*?(?>\s(?>{_NUMBER}|[$€£¥—–]++)){{2,}}+\s*+")
_OPEN_END = regex.compile(
    r".*(?:[,;:(\-–—/&]|\b(?:the|a|an|of|in|on|at|to|for|and|or|by|with|from|as|that|de|la|und))\s*", regex.I
)
_CAPITAL_START = regex.compile(r"\s*[\"“‘(]?[\p{Lu}\p{Lt}\p{Lo}]")

_CLOSERS = r"[\"'”’»)\]」』）】]*+"
_BREAK = regex.compile(
    rf"""
    (?<![.!?…]) (?P<stop>[.!?…]++) {_CLOSERS} (?:\[\d{{1,3}}\])*+ (?=\s+(?P<next>\S+))
    | (?:[。！？｡]|(?<!\d)．|．(?!\d)) [。！？｡…]* {_CLOSERS}
    | [।॥።။។։]++ {_CLOSERS}
    | (?<![؟۔]) [؟۔]++ {_CLOSERS} (?=\s)
    | (?<!\p{{Thai}}) (?P<thai>\p{{Thai}}{{5,}}+) (?=\ +\p{{Thai}})
    """,
    regex.VERBOSE,
)
_LAST_WORD = regex.compile(r"[\p{L}\p{N}]+(?:\.[\p{L}\p{N}]+)*$")
_OPENERS = "\"'“‘«(¿¡「『（"


def split_sentences(text: str) -> list[Span]:
    """Give the (start, end) of each sentence, list item or table row, in order and without the white space around it.

    Every character but white space is in exactly one of them.
    """
    spans: list[Span] = []
    for start, end in _blocks(text):
        is_row = end - start <= MAX_ROW_CHARACTERS and _is_row(text[start:end])
        for sentence_start, sentence_end in [(start, end)] if is_row else _sentences(text, start, end):
            body = text[sentence_start:sentence_end]
            if body.strip():
                first = sentence_start + len(body) - len(body.lstrip())
                spans.append((first, sentence_start + len(body.rstrip())))
    return spans


def _blocks(text: str) -> Iterator[Span]:
    """Cut a text where a line break ends what its line says, whatever the punctuation."""
    lines = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
    start = 0
    for number, (_, end) in enumerate(lines[:-1]):
        line, following = text[slice(*lines[number])], text[slice(*lines[number + 1])]
        before = text[slice(*lines[number - 1])] if number else ""
        if _is_last_line(line, following, before):
            yield start, end
            start = end
    yield start, len(text)


def _is_last_line(line: str, following: str, before: str) -> bool:
    if not line.strip() or not following.strip():
        return True
    if _LIST_ITEM.match(following) or _is_row(line) or _is_row(following):
        return True
    if not _CAPITAL_START.match(following):
        return False
    return _is_numbers(line) or _is_label(line, following, before)


def _is_row(line: str) -> bool:
    # A sheet's row repeats its header: "Name: Ann; Age: 7".
    fields = sum(": " in field for field in line.split("; "))
    return fields > 1 or _CELLS.search(line.strip()) is not None


def _is_numbers(line: str) -> bool:
    """Tell the end of a row that a PDF has torn into a line a cell: its numbers, alone or after its label."""
    if len(line) > 2 * MAX_LABEL_CHARACTERS:
        return False
    return bool(_NUMBERS_ONLY.fullmatch(line) or _LABELLED_NUMBERS.fullmatch(line))


def _is_label(line: str, following: str, before: str) -> bool:
    """Tell a heading or a label: a line that ends early although the next word would have fitted."""
    width = len(line.strip())
    neighbour = max(len(following.strip()), len(before.strip()))
    if width > MAX_LABEL_CHARACTERS or neighbour < MIN_PROSE_CHARACTERS or _OPEN_END.fullmatch(line):
        return False
    return width < SHORT_LINE_SHARE * neighbour


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _BREAK.finditer(text, start, end):
        if match["thai"]:
            complete = match.end() - start >= MIN_THAI_CHARACTERS
        else:
            complete = not match["stop"] or _is_full_stop(text, start, match)
        if complete:
            yield start, match.end()
            start = match.end()
    yield start, end


def _is_full_stop(text: str, start: int, match: regex.Match[str]) -> bool:
    following = match["next"].lstrip(_OPENERS)
    if following[:1].islower() or match["next"].startswith("["):  # "Smith et al. [5] showed"
        return False
    if match["stop"] != ".":
        return True
    last = _LAST_WORD.search(text, max(start, match.start() - 40), match.start("stop"))
    return last is None or _can_end(last.group(), following, is_first=not text[start : last.start()].strip())


def _can_end(word: str, following: str, is_first: bool) -> bool:
    """Tell a full stop from the point of an abbreviation, an initial, an ordinal or a list's number."""
    lower, starts = word.casefold(), following.rstrip(",").casefold() in _STARTERS
    if lower in _TITLES or (is_first and (word.isdecimal() or len(word) == 1)):
        return False
    if lower in _BEFORE_NUMBERS:
        return not following[:1].isdigit()
    if word.isdecimal() and len(word) <= 2:
        return following.rstrip(".,").casefold() not in _MONTHS
    if lower in _MAYBE_LAST or "." in word:
        return starts
    if len(word) == 1 and word.isupper() and word != "I":
        return starts
    return True
