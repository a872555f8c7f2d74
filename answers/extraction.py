"""Answer without a model: pick the one to three sentences that answer, word for word. Pure: embeds nothing itself.

The caller may pass `similarity`, which tells how near each sentence is to the question; without it words alone decide.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from answers.content_words import Word, content_words, total_weight, word_weight
from answers.passages import Passage
from answers.sentences import split_sentences
from documents.tokens import tokenize

MAX_SENTENCES = 3
PASSAGES_READ = 4  # best first; the fifth held the answer too rarely to be worth its noise
MAX_SENTENCE_CHARACTERS = 700  # longer "sentences" are tables or lists without stops
FURTHER_WITHIN = 0.8  # a further sentence must score no less than this below the best one
FURTHER_WITHIN_BY_WORDS = 0.35  # the same where words alone decide, whose scores lie closer together

# Weights of the parts of a sentence's score, chosen on half of SQuAD's questions and kept on the other half.
OVERLAP_WEIGHT = 1.0  # idf-weighted share of the question's words, 0 to 1
NEIGHBOUR_WEIGHT = 0.5  # the same for words only in the sentence before or the heading
ANTECEDENT_WEIGHT = 1.0  # the same where the sentence opens with a pronoun: it speaks of what the one before names
PASSAGE_WEIGHT = 0.05  # lost per place in the order of passages
CUE_WEIGHT = 0.35  # the sentence holds what the question word asks for


PRONOUN_OPENING = re.compile(
    r"(it|its|they|their|he|his|she|her|this|these|those|that|such|er|sie|es|sein|ihre?|diese[rs]?|das|il|elle|ils|elles|ce"
    r"|cette|él|ella|ellos|ellas|su|sus|este|esta|esto)\b",
    re.IGNORECASE,
)
NUMBER_ASKED = re.compile(
    r"\b(when|what year|which year|what date|how (?:many|much|long|old|far|big|large|high|often)"
    r"|what (?:percent|number)"
    r"|wann|wie ?viele?|quand|combien|cuándo|cuánt[oa]s?|quando|quant[oiae]s?|когда|сколько)\b|多少|几|何年|何人",
    re.IGNORECASE,
)
NAME_ASKED = re.compile(
    r"\b(who|whom|whose|where|which (?:city|country|person|company)|wer|wem|wen|wo|qui|où"
    r"|quién(?:es)?|dónde|chi|dove|quem|onde)\b",
    re.IGNORECASE,
)
NAME = re.compile(r"(?<=[\w,;:\u2019']\s)[^\W\d_a-zß-öø-ÿ][\w.\u2019'-]+")
NOT_A_LETTER = re.compile(r"\W+")
MARKDOWN = re.compile(r"[\\`*\[<]|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")


@dataclass(frozen=True)
class ExtractedSentence:
    """A sentence that answers: `text` is exactly its page's text from `start` to `end`."""

    passage: int  # index into the passages given
    start: int
    end: int
    text: str
    score: float


# How near sentences of the passages given are to the question, in the units of a sentence's score.
Similarity = Callable[[Sequence[ExtractedSentence]], Sequence[float]]


@dataclass(frozen=True)
class Extracted:
    """The sentences that answer, best first; none where no sentence shares anything with the question."""

    sentences: tuple[ExtractedSentence, ...]


def extract(
    question: str,
    passages: Sequence[Passage],
    idf: Mapping[str, float],
    similarity: Similarity | None = None,
) -> Extracted:
    """Pick the sentences of the best passages that answer a question.

    `idf` maps the question's tokens to their weight.
    """
    words = content_words(question)
    total = total_weight(words, idf)
    if total <= 0:
        return Extracted(())
    candidates: list[ExtractedSentence] = []
    for index, passage in enumerate(passages[:PASSAGES_READ]):
        candidates += _scored_sentences(question, words, idf, index, passage)
    if similarity is not None and candidates:
        candidates = [
            replace(candidate, score=candidate.score + max(0.0, near))
            for candidate, near in zip(candidates, similarity(candidates), strict=True)
        ]
    within = FURTHER_WITHIN_BY_WORDS if similarity is None else FURTHER_WITHIN
    return Extracted(_pick(candidates, passages, within))


def compose_extract(extracted: Extracted) -> str:
    """Write the answer: each sentence in quotation marks with its mark, numbered in the order given.

    It is Markdown: what Markdown would read as its own in a quote is escaped.
    """
    return " ".join(
        f"“{MARKDOWN.sub(_escaped, ' '.join(sentence.text.split()))}” [{number}]"
        for number, sentence in enumerate(extracted.sentences, start=1)
    )


def _scored_sentences(
    question: str, words: Sequence[Word], idf: Mapping[str, float], index: int, passage: Passage
) -> list[ExtractedSentence]:
    total = total_weight(words, idf)
    before = set(tokenize(" ".join([passage.document_name, *passage.heading_path])))
    scored: list[ExtractedSentence] = []
    for start, end in split_sentences(passage.text):
        text = passage.text[start:end]
        tokens = set(tokenize(text))
        overlap = sum(word_weight(word, idf) for word in words if word & tokens) / total
        nearby = sum(word_weight(word, idf) for word in words if word & before and not word & tokens) / total
        before = tokens
        if len(text) > MAX_SENTENCE_CHARACTERS or not tokens:
            continue
        nearby_weight = ANTECEDENT_WEIGHT if PRONOUN_OPENING.match(text) else NEIGHBOUR_WEIGHT
        score = OVERLAP_WEIGHT * overlap + nearby_weight * nearby - PASSAGE_WEIGHT * index
        score += CUE_WEIGHT * _cue(question, text)
        scored.append(ExtractedSentence(index, passage.start + start, passage.start + end, text, score))
    return scored


def _cue(question: str, sentence: str) -> float:
    """1 where the sentence holds what is asked for and the question does not bring: a number, a name."""
    if NUMBER_ASKED.search(question):
        asked = set(re.findall(r"\d+", question))
        return float(any(number not in asked for number in re.findall(r"\d+", sentence)))
    if NAME_ASKED.search(question):
        return float(any(name.strip(".'\u2019-") not in question for name in NAME.findall(sentence)))
    return 0.0


def _pick(
    candidates: Sequence[ExtractedSentence], passages: Sequence[Passage], within: float
) -> tuple[ExtractedSentence, ...]:
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    if not ranked or ranked[0].score <= 0:
        return ()
    picked: list[ExtractedSentence] = []
    for candidate in ranked:
        if len(picked) == MAX_SENTENCES or candidate.score < ranked[0].score - within:
            break
        if any(_overlap(candidate, other) or _says_no_more(candidate, other) for other in picked):
            continue
        picked.append(_with_antecedent(candidate, passages[candidate.passage]))
    return tuple(picked)


def _with_antecedent(sentence: ExtractedSentence, passage: Passage) -> ExtractedSentence:
    """Take the sentence before along where this one opens with a pronoun: "It was built in 1887" says too little."""
    if not PRONOUN_OPENING.match(sentence.text):
        return sentence
    offset = sentence.start - passage.start
    before = [start for start, end in split_sentences(passage.text) if end <= offset]
    if not before or offset - before[-1] > MAX_SENTENCE_CHARACTERS:
        return sentence
    start = before[-1]
    text = passage.text[start : sentence.end - passage.start]
    return replace(sentence, start=passage.start + start, text=text)


def _overlap(one: ExtractedSentence, other: ExtractedSentence) -> bool:
    return one.passage == other.passage and one.start < other.end and other.start < one.end


def _says_no_more(one: ExtractedSentence, other: ExtractedSentence) -> bool:
    """Tell whether a sentence only repeats another, as reports do word for word, whatever its spaces and hyphens."""
    return NOT_A_LETTER.sub("", one.text).casefold() in NOT_A_LETTER.sub("", other.text).casefold()


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match.group()
