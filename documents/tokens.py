"""Turn text into the tokens that BM25 counts, in any script. Pure: knows no model, no document and no database.

A word of a question must meet the same word of a document. So a document's words are stemmed in the language that its
text is in, while a question, which is often too short to tell, carries each word as it stands and as every plausible
language would stem it: a form that no document holds costs nothing.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from threading import Lock

import regex
import snowballstemmer

from documents.stop_words import FUNCTION_WORDS, STOP_WORDS

MAX_TOKEN_ID = 1_000_000_000  # dimensions of a pgvector sparsevec
MAX_TOKEN_CHARACTERS = 64  # a longer "word" is an encoded blob: its head is enough to find it by
CACHED_WORDS = 1 << 16  # about 15 MB when full

DEFAULT_LANGUAGE = "english"  # of Latin text too short to tell
_LANGUAGE_OF_SCRIPT = {
    "CYRILLIC": "russian",
    "GREEK": "greek",
    "ARABIC": "arabic",
    "DEVANAGARI": "hindi",
    "TAMIL": "tamil",
    "ARMENIAN": "armenian",
}
_LATIN_LANGUAGES = tuple(language for language in FUNCTION_WORDS if language not in _LANGUAGE_OF_SCRIPT.values())
_LANGUAGES_OF_WORD: dict[str, tuple[str, ...]] = {}

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"""
    \p{{Nd}}+ (?:[.,]\p{{Nd}}+)+                          # 1,577  16.4  4.2.1
    | \p{{Nd}}+ - \p{{L}}{{1,5}} \b | \p{{L}}{{1,5}} - \p{{Nd}}+ \b     # 10-K  covid-19
    | [{_UNSPACED}] [{_UNSPACED}\p{{M}}]*
    | [[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+
    """,
    regex.VERBOSE | regex.VERSION1,
)
_UNSPACED_START = regex.compile(rf"[{_UNSPACED}]")
_LETTERS_OR_DIGITS = regex.compile(r"\p{Nd}+|[^\p{Nd}]+")
_GROUPED = regex.compile(r"(\p{Nd}{1,3}(?:,\p{Nd}{3})+)(?:\.(\p{Nd}+))?|(\p{Nd}{1,3}(?:\.\p{Nd}{3})+)(?:,(\p{Nd}+))?")
_IGNORED = {ord(c): None for c in "\u00ad\u200d\u2060\ufeff\u0307"}
if __import__("os").environ.get("KNOBS","").find("dotless")>=0: _IGNORED[ord("ı")]="i"
_MARKS = regex.compile(r"[\u0300-\u036f]+")
_VIETNAMESE = regex.compile(r"[\u1ea0-\u1ef9ơưđ]")
_STEMMERS = {
    n: snowballstemmer.stemmer(n) for n in (*FUNCTION_WORDS, "tamil", "armenian") if n in snowballstemmer.algorithms()
}
_STEMMING = Lock()  # a Snowball stemmer keeps the word it works on in itself

import os

K = dict(kv.split("=") for kv in os.environ.get("KNOBS", "").split(",") if kv)
MODE = K.get("mode", "B")
FOLD = K.get("fold", "1") == "1"
UNI = K.get("uni", "0") == "1"
STOPQ = K.get("stop", "1") == "1"
CONF = int(K.get("conf", "2"))
SPLIT = K.get("split", "1") == "1"
NUM = K.get("num", "1") == "1"
THAI = K.get("thai", "cluster")
QW = float(K.get("qw", "2"))
MARGIN = float(K.get("margin", "0"))
DROPMIN = float(K.get("dropmin", "2"))
CUT = K.get("cut", "1") == "1"
_CUT = regex.compile(unicodedata.normalize("NFKC", "为什么|為什麼|是什么|什么|什麼|哪[里裡个個些种種位年一]|多少|如何|怎么样|怎样|怎么|怎麼|是谁|谁|誰|几[个年月日次种位]|幾|何时|何時|何地|是否|[吗呢呀?]|"
 "อะไร|ใคร|เมื่อใด|เมื่อไหร่|เมื่อไร|ที่ไหน|ที่ใด|อย่างไร|ยังไง|เท่าไร|เท่าไหร่|เท่าใด|ทำไม|เพราะเหตุใด|กี่|ใด|ไหน|คือ|หรือไม่|"
 "ですか|ますか|でしたか|ましたか|なに|何[が年人個時]|何|どこ|いつ|だれ|なぜ|どの|どう|どれ|いくつ|いくら|とは|무엇|누구|어디|언제|어떻게|얼마나|어느|어떤|입니까|인가요|인가"))
VI = K.get("vi", "1") == "1"
VEXTRA = [x for x in K.get("vextra", "english").split("+") if x]
MINSTOP = int(K.get("minstop", "2"))
TOPN = int(K.get("topn", "9"))
EXTRA = [x for x in K.get("extra", "english+none").split("+") if x]


def tokenize(text):
    words = _words(text)
    language = _latin_language(words)
    return [term for word in words for term in _terms(word, language)]


def question_tokens(question):
    words = _words(question)
    score = _scores(words)
    if CUT: words = [p for w in words for p in (_CUT.split(w) if _UNSPACED_START.match(w) else [w]) if p] or words
    best = max(score.values(), default=0)
    top = [l for l, n in score.items() if n >= best - MARGIN] if best >= DROPMIN else []
    kept = [
        w
        for w in words
        if not (len(w) >= MINSTOP and any(w in DROP[l] for l in (*top, "russian", "greek", "arabic", "hindi")))
    ] or words
    if best >= CONF:
        ls = [*top[:TOPN], *(VEXTRA if top == ["vietnamese"] else EXTRA)]
    else:
        ls = [*_LATIN_LANGUAGES, "none"]
    return list(dict.fromkeys(t for w in kept for l in ls for t in _terms(w, l)))


def _scores(words):
    c = Counter()
    for w in words:
        for l in _LANGS_OF.get(w, ()):
            c[l] += 1 if w in FUNCTION_WORDS[l] else QW
    return c


from documents import stop_words as _S
if K.get("drop", "q") == "q":
    DROP = {l: _S._as_tokens(w) for l, w in _S._QUESTION_WORDS.items()}
elif K["drop"] == "qe":
    DROP = {l: _S._as_tokens(w) for l, w in _S._QUESTION_WORDS.items()}; DROP["english"] = STOP_WORDS["english"]
else:
    DROP = STOP_WORDS
_LANGS_OF = {}
for _l in _LATIN_LANGUAGES:
    for _w in STOP_WORDS[_l]:
        _LANGS_OF.setdefault(_w, []).append(_l)


def _latin_language(words):
    c = _scores(words)
    if not c:
        return DEFAULT_LANGUAGE
    return max(c, key=lambda l: (c[l], l == DEFAULT_LANGUAGE))


def _words(text):
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().translate(_IGNORED))


@lru_cache(maxsize=CACHED_WORDS)
def _terms(word, language):
    if _UNSPACED_START.match(word):
        return _bigrams(word)
    if word[0].isdigit() and NUM and not word.isdigit():
        m = _GROUPED.fullmatch(word)
        if m:
            a, b = (m[1], m[2]) if m[1] else (m[3], m[4])
            a = a.replace(",", "").replace(".", "")
            return (a + "." + b if b else a,)
        if "." in word or "," in word:
            parts = regex.split("[.,]", word)
            return (".".join(parts),) if len(parts) == 2 else (".".join(parts), *parts)
    joined = word.replace("-", "")
    parts = _LETTERS_OR_DIGITS.findall(joined) if SPLIT else [joined]
    if len(parts) > 1:
        return tuple(dict.fromkeys((joined, *parts)))
    s = _stem(joined, language)
    if MODE == "A" and s != _fold(joined):
        return (_fold(joined), s)
    return (s,)


def _fold(word):
    if not FOLD or _VIETNAMESE.search(word):
        return word
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", word))).replace("ı", "i")


def _stem(word, language):
    if language != "none":
        try:
            script = unicodedata.name(word[0]).split()[0]
        except ValueError:
            script = "LATIN"
        language = _LANGUAGE_OF_SCRIPT.get(script, language)
        st = _STEMMERS.get(language)
        if st:
            word = st.stemWord(word)
    return _fold(word)


_CLUSTER = regex.compile(r"\X")


def _bigrams(run):
    ch = _CLUSTER.findall(run) if THAI == "cluster" else run
    if len(ch) == 1:
        return (run,)
    bi = tuple(a + b for a, b in zip(ch, ch[1:]))
    return bi + tuple(ch) if UNI else bi


def token_id(token):
    return (
        int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") % MAX_TOKEN_ID
        + 1
    )
