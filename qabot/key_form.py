"""The form by which a person makes an API key for themself: a name, rights, an end, and collections they may read."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import Collection
from qabot.models import ApiKey, Right

FOR_EVER, ALL, SOME = "never", "all", "some"
ENDS = [
    ("30", _("After 30 days")),
    ("90", _("After 90 days")),
    ("365", _("After a year")),
    (FOR_EVER, _("Never")),
]
RIGHTS = [
    (Right.ASK.value, _("Ask and search; read and delete your conversations")),
    (Right.READ.value, _("Read documents and collections")),
    (Right.WRITE.value, _("Upload, delete and retry documents, and change collections, where you may")),
]
REACHES = [
    (ALL, _("All that I may read, also later ones")),
    (SOME, _("Only these")),
]


class KeyForm(forms.Form):
    """What a key may do is never more than its owner may; that is decided anew with each request it makes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=ApiKey._meta.get_field("name").max_length,
        help_text=_("What it is for, such as “Website” or “Nightly import”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    rights = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=RIGHTS,
        initial=[Right.ASK, Right.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    ends = forms.ChoiceField(
        label=_("When does it end?"),
        choices=ENDS,
        initial="90",
        widget=forms.RadioSelect,
        help_text=_("A key that ends by itself does less harm when it gets lost."),
    )
    reach = forms.ChoiceField(
        label=_("Which collections?"),
        choices=REACHES,
        initial=ALL,
        widget=forms.RadioSelect,
    )
    collections = forms.ModelMultipleChoiceField(
        label=_("Collections"),
        queryset=Collection.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Such a key reads only conversations that it began itself."),
    )

    def __init__(self, owner: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collections"].queryset = Collection.objects.visible_to(owner).order_by("name")  # type: ignore[attr-defined]
        if self.is_bound:  # the focus belongs where something is wrong
            del self.fields["name"].widget.attrs["autofocus"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = cleaned.get("collections")
        if cleaned.get("reach") == SOME and "collections" not in self.errors and not chosen:
            self.add_error("collections", _("Choose at least one collection."))
        return cleaned

    @property
    def limits(self) -> dict[str, Any]:
        """Of a valid form: what `make_key` takes beside name and owner."""
        data = self.cleaned_data
        limited: list[Model] | None = list(data["collections"]) if data["reach"] == SOME else None
        return {"rights": data["rights"], "expires_at": _end_of(data["ends"]), "collections": limited}


def _end_of(days: str) -> datetime | None:
    return None if days == FOR_EVER else timezone.now() + timedelta(days=int(days))
