"""The form that makes and changes a collection: its words, who may read and add, and its members."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from documents.models import Adders, Collection, Readers
from qabot.requested import number_in

MAX_PERSON = 2**31 - 1  # ids of people and groups are 32-bit numbers
FOUND_AT_ONCE = 10
MIN_SEARCH_CHARACTERS = 2
MAX_SLUG_CHARACTERS = 120
SLUG_ATTEMPTS = 5


class TickedField(forms.ModelMultipleChoiceField):
    """Rows that were ticked: who was deleted meanwhile is no mistake of the form's."""

    def clean(self, value: Any) -> QuerySet[Any]:
        return self.queryset  # type: ignore[return-value]


class CollectionForm(forms.ModelForm):
    """`find` offers people and groups to choose from: nobody is listed who was not looked for or is no member yet."""

    find = forms.CharField(required=False, max_length=150, strip=True)
    members = TickedField(get_user_model()._default_manager.none(), required=False)
    member_groups = TickedField(Group.objects.none(), required=False)

    class Meta:
        model = Collection
        fields = ["name", "description", "readers", "adders", "members", "member_groups"]
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "readers": _("Who may read"),
            "adders": _("Who may add documents"),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3, "maxlength": 2000}),
            "readers": forms.RadioSelect,
            "adders": forms.RadioSelect,
        }

    def __init__(self, *arguments: Any, actor: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.actor = actor
        self.chosen_people = self._chosen("members", get_user_model())
        self.chosen_groups = self._chosen("member_groups", Group)
        self.fields["members"].queryset = self.chosen_people  # type: ignore[attr-defined]
        self.fields["member_groups"].queryset = self.chosen_groups  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        # Of others nobody is told: even a name can tell something.
        taken = Collection.objects.visible_to(self.actor).filter(name__iexact=name).exclude(pk=self.instance.pk)
        if taken.exists():
            raise forms.ValidationError(_("Another collection has this name already."))
        return name

    def clean_description(self) -> str:
        return self.cleaned_data["description"][:2000]

    def save(self, commit: bool = True) -> Collection:
        if self.instance.pk:
            return super().save(commit)
        for _attempt in range(SLUG_ATTEMPTS - 1):
            try:
                with transaction.atomic():
                    return self._save_new(commit)
            except IntegrityError:
                continue  # somebody took the slug this very moment
        return self._save_new(commit)

    def _save_new(self, commit: bool) -> Collection:
        self.instance.pk, self.instance.slug = None, free_slug(self.cleaned_data["name"])
        return super().save(commit)

    @property
    def sought(self) -> str:
        return (self.data.get("find") or "").replace("\0", "").strip()[:150] if self.is_bound else ""

    def found_people(self) -> QuerySet[Any]:
        """People whose name is looked for and who are not chosen yet."""
        people = get_user_model()._default_manager.filter(is_active=True).exclude(pk__in=self.chosen_people)
        if len(self.sought) < MIN_SEARCH_CHARACTERS:
            return people.none()
        named = Q(username__icontains=self.sought)
        named |= Q(first_name__icontains=self.sought) | Q(last_name__icontains=self.sought)
        return people.filter(named).order_by("username")[:FOUND_AT_ONCE]

    def found_groups(self) -> QuerySet[Group]:
        groups = Group.objects.exclude(pk__in=self.chosen_groups)
        if len(self.sought) < MIN_SEARCH_CHARACTERS:
            return groups.none()
        return groups.filter(name__icontains=self.sought).order_by("name")[:FOUND_AT_ONCE]

    def _chosen(self, field: str, model: Any) -> QuerySet[Any]:
        """The rows that are ticked: those that were sent, or else the collection's own."""
        if self.is_bound:
            sent = self.data.getlist(field) if hasattr(self.data, "getlist") else self.data.get(field, [])
            return model._default_manager.filter(pk__in=[number_in(value, MAX_PERSON) or 0 for value in sent])
        if self.instance.pk:
            return getattr(self.instance, field).all()
        return model._default_manager.none()


def free_slug(name: str) -> str:
    """A slug made from a name, that no collection has: with a number behind it where it is taken."""
    base = slugify(name)[: MAX_SLUG_CHARACTERS - 5] or "collection"
    taken = set(Collection.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in [base, *(f"{base}-{number}" for number in range(2, 10_000))] if slug not in taken)


READER_HELP = {
    Readers.PUBLIC: _("Also without signing in"),
    Readers.SIGNED_IN: "",
    Readers.MEMBERS: _("And nobody else, but superusers"),
}
ADDER_HELP = {
    Adders.SIGNED_IN: _("Of those who may read it"),
    Adders.MEMBERS: "",
    Adders.STAFF: _("Of those who may read it"),
}
