"""The forms about golden questions: one question, and a CSV file of many."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.evaluation.golden import Expected, flaw, is_named
from answers.evaluation.golden_import import Imported, import_questions
from answers.evaluation.golden_table import MAX_CSV_BYTES, ImportRefused
from answers.evaluation.models import GoldenQuestion
from documents.models import Collection, Document
from documents.parsing.cleaning import clean, one_line
from qabot.local_numbers import grouped

WIDE = "vLargeTextField"  # the admin's class for it
EXPECTED = ("expected_document", "expected_quote", "expected_text")


class GoldenQuestionForm(forms.ModelForm):
    """A golden question. What is expected of an answer is not kept where the question should be refused."""

    class Meta:
        model = GoldenQuestion
        fields = ["question", "collection", "answerable", *EXPECTED, "note"]
        labels = {"collection": _("Asked of"), "expected_text": _("Expected words")}
        help_texts = {
            "answerable": _("Without the tick the question should be refused, and nothing else is expected."),
            "expected_document": _("Its name. It must be among the passages that the answer is written from."),
            "expected_quote": _("Its words, verbatim. A passage that the answer is written from must hold them."),
            "expected_text": _("Words that the answer must contain. Each line is one accepted wording."),
        }
        widgets = {
            "question": forms.Textarea(attrs={"rows": 2, "class": WIDE}),
            "expected_quote": forms.Textarea(attrs={"rows": 3, "class": WIDE}),
            "expected_text": forms.Textarea(attrs={"rows": 2, "class": WIDE}),
            "note": forms.Textarea(attrs={"rows": 2, "class": WIDE}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "question" in self.fields:  # somebody who may only look has no fields
            self.fields["question"].validators.append(_not_too_long)
            self.fields["collection"].required = True

    def clean_question(self) -> str:
        return one_line(self.cleaned_data["question"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        answerable = bool(cleaned.get("answerable"))
        for name in EXPECTED:
            cleaned[name] = clean(cleaned.get(name) or "").strip() if answerable else ""
        document, quote, text = (cleaned[name] for name in EXPECTED)
        expected = Expected(document, quote, text, answerable)
        if sentence := flaw(expected):
            self.add_error("answerable", gettext(sentence))
        collection = cleaned.get("collection")
        if expected.document and collection and not _has_document(collection, expected.document):
            self.add_error(
                "expected_document",
                gettext("%(collection)s has no document of that name.") % {"collection": collection},
            )
        return cleaned


class ImportForm(forms.Form):
    """A CSV file, and what its questions are asked of where it does not say."""

    file = forms.FileField(label=_("CSV file"), allow_empty_file=True)
    collection = forms.ModelChoiceField(
        Collection.objects.none(),
        required=False,
        empty_label=_("As the file says"),
        help_text=_("For rows that name no collection."),
    )

    def __init__(self, *form_data: Any, actor: User | AnonymousUser, **options: Any) -> None:
        super().__init__(*form_data, **options)
        self.actor = actor
        collections: Any = self.fields["collection"]
        collections.queryset = Collection.objects.visible_to(actor)

    def store(self) -> Imported | None:
        """Import the file of a valid form. What it is refused for becomes errors of the form."""
        file: UploadedFile = self.cleaned_data["file"]
        try:
            return import_questions(
                file.read(MAX_CSV_BYTES + 1),
                Collection.objects.visible_to(self.actor),
                self.cleaned_data["collection"],
                self.actor,
                settings.QABOT_MAX_QUESTION_CHARACTERS,
            )
        except ImportRefused as refusal:
            for sentence in refusal.problems:
                self.add_error("file", sentence)
            return None


def _not_too_long(question: str) -> None:
    longest = settings.QABOT_MAX_QUESTION_CHARACTERS
    if len(question) > longest:
        raise forms.ValidationError(gettext("A question has at most %(most)s characters.") % {"most": grouped(longest)})


def _has_document(collection: Collection, name: str) -> bool:
    names = Document.objects.filter(collection=collection).values_list("name", flat=True)
    return any(is_named(existing, name) for existing in names)
