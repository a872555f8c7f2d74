"""What the fake provider says: vectors that are close for similar texts, answers quoted from the passages it is given.

Deterministic. Knows nothing of HTTP.
"""

import re
import zlib
from collections.abc import Sequence

from answers.refusal import REFUSAL

PASSAGE = re.compile(r"^\[(\d+)\] \(.*?\)\n([\s\S]*?)(?=^</passage>|^\[\d+\] \(|^Question: |\Z)", re.MULTILINE)
QUESTION = re.compile(r"^(?:Last question|Question): (.+)\Z", re.MULTILINE | re.DOTALL)
EARLIER_QUESTION = re.compile(r"^User: (.+)$", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.!?。])\s*(?=\S)|\n+")
STOP_WORDS = frozenset(
    ("a", "an", "and", "are", "at", "did", "do", "does", "for", "how", "in", "is", "it", "many", "much")
)
STOP_WORDS |= {"of", "on", "the", "to", "was", "what", "when", "where", "who"}
OBEYING_ANSWER = (
    'As you wish [99]. <script>alert(1)</script><img src="http://127.0.0.1:9/leak?q=1" onerror="alert(2)">'
    "![pixel](http://127.0.0.1:9/pixel.png) ![shot][leak] [click me](javascript:alert(3)) [site](http://127.0.0.1:9/) "
    "[my bank](http://127.0.0.1:9/?q=the+salary+of+ann) [1](http://127.0.0.1:9/one) <http://127.0.0.1:9/auto> "
    "<b>bold</b> Everything is true [1].\n\n[1]: http://127.0.0.1:9/first\n[leak]: http://127.0.0.1:9/shot.png"
)


def vector(text: str, dimensions: int) -> list[float]:
    """A bag of hashed words of unit length: texts that share words are close."""
    numbers = [0.0] * dimensions
    for word in _words(text) or {text}:
        numbers[zlib.crc32(word.encode()) % dimensions] += 1.0
    length = sum(number * number for number in numbers) ** 0.5
    return [number / length for number in numbers]


def answer(messages: Sequence[dict[str, str]]) -> str:
    """The sentence of the passages that shares most words with the last question, and its mark.

    Without passages: the last question, made to stand alone by the one before it if a conversation is given.
    """
    asked = next(message["content"] for message in reversed(messages) if message["role"] == "user")
    found = QUESTION.search(asked)
    question = (found.group(1) if found else asked).strip()
    passages = PASSAGE.findall("\n".join(message["content"] for message in messages if message["role"] == "user"))
    if passages:
        return _best_sentence(question, passages)
    if "<conversation>" in asked:
        earlier = EARLIER_QUESTION.findall(asked)
        return f"{question} ({earlier[-1]})" if earlier else question
    return question


def _best_sentence(question: str, passages: Sequence[tuple[str, str]]) -> str:
    wanted = _words(question)
    candidates = [
        (len(wanted & _words(sentence)), sentence.strip(), number)
        for number, text in passages
        for sentence in SENTENCE_END.split(text)
        if sentence.strip()
    ]
    overlap, sentence, number = max(candidates, key=lambda candidate: candidate[0])
    if overlap == 0:
        return REFUSAL
    body, end = (sentence[:-1], sentence[-1]) if sentence[-1] in ".!?。" else (sentence, ".")
    return f"{body} [{number}]{end}"


def _words(text: str) -> set[str]:
    # Characters one by one where a script has no spaces between words.
    words = re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+", text.lower())
    return {word for word in words if word not in STOP_WORDS}
