"""Every text that people read is marked for translation, and has a German one that fits it."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from django.contrib import admin

from answers.evaluation import golden, telling
from answers.models import Citation, RetrievedPassage
from answers.refusal import REFUSAL
from answers.telling import REFUSALS
from bench.catalogues import LOCALE, SOURCES, gather, languages, read
from qabot.model_names import FIELDS, INTERNAL, MODELS
from tests.qabot.unmarked_text import unmarked
from tests.source_code import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
KEPT = [(language, domain) for language in languages() for domain in SOURCES]
PLACE = re.compile(r"%\(\w+\)[a-z]|%%|%[a-z]|</?\w+[^>]*>")  # what is filled in, and tags
AT_ITS_ENDS = re.compile(r"^\s|\s$")
PURE_TEXTS = {*telling.FIGURE_TITLES, *telling.FLAWS}

# Read by people, and the same in every language.
SAME_IN_GERMAN = frozenset(
    {
        *(
            "%(place)s: %(name)s",
            "%(seconds)s s",
            "%(stage)s, %(percent)s %",
            "Browser",
            "Embedding",
            "Esc",
            "In",
            "Median",
            "Name",
        ),
        *("Original", "Prompt", "Status", "System", "Text", "Tokens", "Uploads", "median", "ms", "name", "original"),
        *("prompt", "sha256", "status", "text", "tokens", "index", "version", "Version", "Administrator"),
    }
)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def texts(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def translations(message: Message) -> tuple[str, ...]:
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


@pytest.mark.parametrize(("language", "domain"), KEPT)
def test_a_catalogue_holds_every_marked_text_and_no_other(language: str, domain: str):
    kept = {(message.context, *texts(message)) for message in messages(read(language, domain))}
    marked = {(message.context, *texts(message)) for message in messages(gather(domain))}

    assert kept == marked, "run bin/translate"


@pytest.mark.parametrize(("language", "domain"), KEPT)
def test_every_text_has_a_translation(language: str, domain: str):
    catalog = messages(read(language, domain))

    assert [message.id for message in catalog if not all(translations(message))] == []
    assert [message.id for message in catalog if message.fuzzy] == []


@pytest.mark.parametrize(("language", "domain"), KEPT)
def test_a_translation_fills_in_what_its_text_does(language: str, domain: str):
    wrong = [
        message.id
        for message in messages(read(language, domain))
        for translation in translations(message)
        if not any(sorted(PLACE.findall(text)) == sorted(PLACE.findall(translation)) for text in texts(message))
    ]

    assert wrong == []


@pytest.mark.parametrize(("language", "domain"), KEPT)
def test_a_translation_ends_as_its_text_does(language: str, domain: str):
    ends = {".": ".", "?": "?", ":": ":", "…": "…"}
    wrong = [
        (text, translation)
        for message in messages(read(language, domain))
        for text, translation in zip(texts(message), translations(message), strict=True)
        if ends.get(text[-1:]) != ends.get(translation[-1:]) or AT_ITS_ENDS.search(translation)
    ]

    assert wrong == []


def test_german_is_german():
    same = [
        text
        for domain in SOURCES
        for message in messages(read("de", domain))
        for text, translation in zip(texts(message), translations(message), strict=True)
        if text == translation and re.search("[a-z]{2}", PLACE.sub("", text)) and text not in SAME_IN_GERMAN
    ]

    assert same == []


@pytest.mark.parametrize(("language", "domain"), KEPT)
def test_what_is_compiled_is_what_is_written(language: str, domain: str):
    with (LOCALE / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        compiled = {texts(message): translations(message) for message in messages(read_mo(file))}
    written = {texts(message): translations(message) for message in messages(read(language, domain))}

    assert compiled == written, "run bin/translate"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_says_nothing_that_is_not_marked(path: Path):
    assert unmarked(path.read_text(encoding="utf-8")) == []


def test_unmarked_text_is_found():
    template = """
    {% load i18n %}<p title="Help" data-x="Not read">Hello {{ name }}</p>{# A note #}<!-- Another -->
    <b>{% translate "Marked" %}</b>{% blocktranslate %}This <i>too</i>{% endblocktranslate %}
    <input placeholder="{% translate "Marked" %}" aria-label="Search {{ x }}"><i>{{ x|default:"Nothing" }}</i>
    <script type="module" src="x.js"></script><input type="submit" value="Send"><input value="{{ typed }}">
    {% include "_icon.html" with name="left" %}<a href="Not read">{% if a == "Not read" %}·{% endif %}</a>
    """

    assert unmarked(template) == ["Hello", "Help", "Nothing", "Search", "Send"]


def test_pure_modules_texts_are_marked_elsewhere():
    assert set(golden.FIGURES.values()) | {golden.flaw(golden.Expected()), _needless()} == PURE_TEXTS
    assert REFUSALS == (REFUSAL,)


def _needless() -> str:
    return golden.flaw(golden.Expected(text="a word", answerable=False))


def test_names_of_models_and_fields_that_the_admin_shows_are_marked():
    ours = {"qabot", "documents", "answers", "evaluation"}
    shown = [model for model in admin.site._registry if model._meta.app_label in ours] + [Citation, RetrievedPassage]
    names = {str(field.verbose_name) for model in shown for field in model._meta.fields + model._meta.many_to_many}
    models = {str(name) for model in shown for name in (model._meta.verbose_name, model._meta.verbose_name_plural)}
    marked = {text for message in messages(gather("django")) for text in texts(message)}

    assert names - marked - INTERNAL == set()
    assert models - marked == set()
    assert set(FIELDS + MODELS) <= marked
