"""Find text in templates that is not marked for translation: between tags, in attributes people read, in defaults."""

import re
from html.parser import HTMLParser

SKIPPED = {"script", "style", "code", "kbd"}
READ = {"title", "aria-label", "placeholder", "alt", "label", "data-label", "summary", "aria-description", "content"}
BUTTONS = {"submit", "button", "reset"}
# Names, units and marks that are the same in every language.
SAME_EVERYWHERE = {"QABot", "ms", "CSV", "REST", "API", "URL", "UTC", "GitHub", "Markdown", "PDF", "curl", "x", "color"}
BLOCK = re.compile(r"\{%\s*(blocktrans(?:late)?)\b.*?\{%\s*end\1\s*%\}", re.DOTALL)
NOT_READ = "bodyclass|coltype|extrastyle|extrahead|dark-mode-vars"  # blocks of classes, style sheets and the like
CLASSES = re.compile(r"\{%\s*block (?:" + NOT_READ + r")\s*%\}.*?\{%\s*endblock", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.DOTALL)
TAG, VARIABLE = re.compile(r"\{%.*?%\}", re.DOTALL), re.compile(r"\{\{.*?\}\}", re.DOTALL)
BARE_DEFAULT = re.compile(r"\|(?:default|default_if_none|yesno|pluralize|join):\"([^\"]*[A-Za-z]{2}[^\"]*)\"")
WORD = re.compile(r"[^\W\d_]+")


def unmarked(template: str) -> list[str]:
    """The texts, in the order of the alphabet."""
    source = CLASSES.sub("", BLOCK.sub("", COMMENT.sub("", template)))
    defaults = [text for variable in VARIABLE.findall(source) for text in BARE_DEFAULT.findall(variable)]
    finder = _Finder()
    finder.feed(TAG.sub("", VARIABLE.sub("", source)))
    finder.close()
    texts = (" ".join(text.split()) for text in finder.texts + defaults)
    return sorted({text for text in texts if set(WORD.findall(text)) - SAME_EVERYWHERE})


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in SKIPPED:
            self.inside.append(tag)
        if tag == "meta":
            return
        read = READ | ({"value"} if tag == "input" and attributes.get("type") in BUTTONS else set())
        self.texts += [value or "" for name, value in attrs if name in read]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)
