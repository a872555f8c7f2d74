"""Tell a follow-up from a question that stands alone, and complete it without a model. Pure: knows no conversation.

The completed text is only searched for; it is shown to the reader as "searched for", never as their words.
"""

import re

from answers.content_words import content_words, count_words

# Words that point back to what was said. Words that are also articles or prepositions in a neighbouring language
# ("il", "en", "y") are left out: completing a question that stands alone blurs its search.
POINTING_BACK = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|those|these|that one"
    r"|this(?! (?:document|file|report|paper|page|text|contract|policy|manual|book)\b)|the (?:same|former|latter)"
    r"|er|ihn|ihm|ihre?[mnrs]?|dessen|deren|diese[mnrs]?|dort|davon|dazu|damit|dafür"
    r"|ils|elles?|celui-ci|celle-ci|ceux-ci|leurs?"
    r"|ella|ellos|ellas|eso|esto|aquello|essa|eles|elas|esso|loro|lui"
    r"|он|она|они|его|её|ее|их|это|этот|эта|там)\b",
    re.IGNORECASE,
)
POINTING_BACK_WITHOUT_SPACES = re.compile("它|他们|她们|这个|那个|这些|那些|其中|それ|その|これ|この")
LEANING_OPENING = re.compile(
    r"\W*(?:(?:and|but|also|then|what about|how about|what else|why not|how so|tell me more|go on"
    r"|und|aber|was ist mit|wie sieht es|et|mais|qu['\u2019]en est-il|pero|qué tal|y|e|ma|mas|а|и|но)\b|那|那么|では)",
    re.IGNORECASE,
)
QUESTION_WORD_ALONE = re.compile(
    r"\W*(?:why|how(?: (?:many|much|long|old|come))?|when|where|who|which(?: ones?)?"
    r"|warum|wieso|wann|wo|wer|wie ?viele?|pourquoi|quand|où|combien|por ?qué|cuándo|dónde|cuánt[oa]s"
    r"|perché|quando|dove|почему|когда|где|为什么)\W*",
    re.IGNORECASE,
)
NAME = re.compile(r"(?<=\w\s)[^\W\d_a-zß-öø-ÿ][\w.-]+")  # a capitalised word that does not open the sentence
FEW_WORDS = 2  # "The costs?" leans on what was said, "What is photosynthesis?" does not
FIGURE = re.compile(r"[^\W\d]{0,2}\d[\d.,]*")  # 2021, FY2021, Q3, but not 3M
WORD = re.compile(r"\w[\w'\u2019.-]*\w|\w")


def needs_context(question: str) -> bool:
    """Tell whether a question leans on the one before: it points back, opens with "and", or says hardly anything."""
    if LEANING_OPENING.match(question) or QUESTION_WORD_ALONE.fullmatch(question):
        return True
    if POINTING_BACK_WITHOUT_SPACES.search(question):
        return True
    if len(WORD.findall(question)) <= FEW_WORDS and count_words(content_words(question)) <= 1:
        return True
    pointing = POINTING_BACK.search(question)
    # "When did Marie Curie get her first prize?" points back no further than itself.
    return pointing is not None and not NAME.search(question[: pointing.start()])


def carry_terms(question: str, previous_question: str) -> str:
    """Complete a follow-up with the previous question's words that it lacks: the text to search for.

    Figures of the previous question are dropped where the follow-up brings its own ("and in 2021?").
    """
    present = set().union(*content_words(question))
    content = set().union(*content_words(previous_question))
    brings_figure = any(FIGURE.fullmatch(word) for word in WORD.findall(question))
    carried: list[str] = []
    for word in WORD.findall(previous_question):
        lacking = [forms for forms in content_words(word) if forms & content and not forms & present]
        if not lacking or (brings_figure and FIGURE.fullmatch(word)):
            continue
        carried.append(word)
        present = present.union(*lacking)
    return " ".join([question.strip(), *carried])
