"""The admin's upload form: several files into one collection. Knows nothing of what becomes of an accepted file."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from documents.models import Collection
from documents.parsing.content import ParsingError
from documents.reasons import reason_in_language
from documents.uploading import Upload, accept_upload

KINDS = _("PDF, Word, PowerPoint, Excel, OpenDocument, HTML, Markdown, text, CSV, EPUB or e-mail. Several at once.")


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several. An empty one passes here: `accept_upload` says which one it is."""

    widget = FilesInput

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        if not data:
            raise forms.ValidationError(_("Choose at least one file."), code="required")
        return [super(FilesField, self).clean(file) for file in data]


class UploadForm(forms.Form):
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label=None)
    chosen = FilesField(label=_("Files"), help_text=KINDS)

    def __init__(self, *form_data: Any, actor: User | AnonymousUser, **options: Any) -> None:
        super().__init__(*form_data, **options)
        collections: Any = self.fields["collection"]
        collections.queryset = Collection.objects.addable_by(actor)

    def store(self, uploader: User | AnonymousUser, max_bytes: int) -> list[Upload]:
        """Take in each file of a valid form. What is refused becomes an error of the form; the others are kept."""
        uploads: list[Upload] = []
        refused: list[str] = []
        files: Sequence[UploadedFile] = self.cleaned_data["chosen"]
        for file in files:
            name = file.name or ""
            try:
                uploads.append(accept_upload(file, name, self.cleaned_data["collection"], uploader, max_bytes))
            except ParsingError as error:
                refused.append(f"{name}: {reason_in_language(str(error))}")
        for sentence in refused:
            self.add_error("chosen", sentence)
        return uploads
