"""Tell a follow-up from a question that stands alone, and complete it without a model. Pure: knows no conversation.

The completed text is only searched for; it is shown to the reader as "searched for", never as their words.
"""

import re

from documents.tokens import question_tokens

# Words that point back to what was said. Words that are also articles or prepositions in a neighbouring language
# ("il", "en", "y") are left out: completing a question that stands alone blurs its search.
POINTING_BACK = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|those|these|this|that one|the (?:same|former|latter)"
    r"|er|ihn|ihm|ihre?[mnrs]?|dessen|deren|diese[mnrs]?|dort|davon|dazu|damit|dafür"
    r"|ils|elles?|celui-ci|celle-ci|ceux-ci|leurs?"
    r"|ella|ellos|ellas|eso|esto|aquello|essa|eles|elas|esso|loro|lui"
    r"|он|она|они|его|её|ее|их|это|этот|эта|там)\b",
    re.IGNORECASE,
)
POINTING_BACK_WITHOUT_SPACES = re.compile("它|他们|她们|这个|那个|这些|那些|其中|それ|その|これ|この")
LEANING_OPENING = re.compile(
    r"\W*(?:(?:and|but|also|then|what about|how about|what else|why not|how so|tell me more|go on"
    r"|und|aber|was ist mit|wie sieht es|et|mais|qu['’]en est-il|pero|qué tal|y|e|ma|mas|а|и|но)\b|那|那么|では)",
    re.IGNORECASE,
)
NAME = re.compile(r"(?<=\w\s)[^\W\d_a-zß-öø-ÿ][\w.-]+")  # a capitalised word that does not open the sentence
NUMBER = re.compile(r"\d+")
WORD = re.compile(r"\w[\w'’.-]*\w|\w")


def needs_context(question: str) -> bool:
    """Tell whether a question leans on the one before: it points back, opens with "and", or says hardly anything."""
    if LEANING_OPENING.match(question) or POINTING_BACK_WITHOUT_SPACES.search(question):
        return True
    if len(question_tokens(question)) <= 1 and len(WORD.findall(question)) <= 2 and not question[:1].isdigit():
        return True
    pointing = POINTING_BACK.search(question)
    # "When did Marie Curie get her first prize?" points back no further than itself.
    return pointing is not None and not NAME.search(question[: pointing.start()])


def carry_terms(question: str, previous_question: str) -> str:
    """Complete a follow-up with the previous question's words that it lacks: the text to search for.

    Numbers of the previous question are dropped where the follow-up brings its own ("and in 2021?").
    """
    present = set(question_tokens(question))
    brings_number = NUMBER.search(question) is not None
    carried: list[str] = []
    for word in WORD.findall(previous_question):
        tokens = set(question_tokens(word))
        if not tokens or tokens <= present or (brings_number and NUMBER.search(word)):
            continue
        carried.append(word)
        present |= tokens
    return " ".join([question.strip(), *carried])
