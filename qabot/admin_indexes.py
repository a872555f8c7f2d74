"""The admin's pages on embedding indexes: how far each is; begin one, activate it, go back, remove one.

Nothing here waits for the work: the worker fills and removes. Each step asks first, and the log says who took it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.options import paying_for_indexing
from documents.embedding.base import EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding_indexes.estimating import plan_index
from documents.embedding_indexes.status import advice, status_of
from documents.embedding_indexes.switching import IndexRefused, activate, begin, give_up
from documents.embedding_indexes.words import plan_in_words
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.indexing import NotToday
from documents.models import EmbeddingIndex, IndexState
from documents.options import indexing_options
from documents.reasons import engine_reason_in_language, reason_in_language
from documents.vector_index.choice import configured_place
from documents.vector_index.pgvector import MAX_DIMENSIONS
from qabot.admin_site import LookOnly
from qabot.local_numbers import grouped
from qabot.provider_contract import ProviderError

CONFIRMED = "begin"  # the button of the page that told the cost

NAMES = {"activate": _("Activate"), "retire": _("Retire")}
TOLD = {
    "activate": _(
        "Questions are asked against %(index)s from the next one on. The index that is active now is kept complete, so "
        "that you can go back to it by activating it. Until it is retired, each new document is embedded for both."
    ),
    "retire": _("%(index)s goes for good: the worker removes its embeddings, and nothing is embedded for it any more."),
}
DONE = {"activate": _("Questions are asked against it from now on."), "retire": _("The worker is removing it.")}


class BeginForm(forms.Form):
    model = forms.CharField(
        max_length=200, help_text=_("As its provider calls it; all-MiniLM-L6-v2 is the local one, without a provider.")
    )
    dimensions = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_DIMENSIONS, help_text=_("Empty: the model's own.")
    )


@admin.register(EmbeddingIndex)
class EmbeddingIndexAdmin(LookOnly, admin.ModelAdmin):
    change_list_template = "admin/documents/embeddingindex/change_list.html"
    list_display = [
        *("model", "dimensions", "state", "progress_bar", "embeddings_count", "copied", "waits", "created_at", "steps"),
    ]
    readonly_fields = ["progress_bar", "embeddings_count", "waits"]
    fields = ["model", "dimensions", "state", "progress_bar", "embeddings_count", "waits", "created_at", "retired_at"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return EmbeddingIndex.objects.with_progress()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("begin/", view(self.begin_view), name="documents_embeddingindex_begin"),
            path("<int:pk>/activate/", view(self.activate_view), name="documents_embeddingindex_activate"),
            path("<int:pk>/retire/", view(self.retire_view), name="documents_embeddingindex_retire"),
            *super().get_urls(),
        ]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Who may change the embedding model: Django's "can change embedding index"."""
        return request.user.has_perm("documents.change_embeddingindex")

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {
            "title": _("Embedding indexes"),
            "may_manage": self.has_manage_permission(request),
            "advice": advice(indexing_options()),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = self.list_display if self.has_manage_permission(request) else self.list_display[:-1]
        return shown if configured_place() else [name for name in shown if name != "copied"]

    @admin.display(description=_("progress"))
    def progress_bar(self, index: EmbeddingIndex) -> str:
        status = status_of(index)
        building = "" if status.missing or status.searchable else ", " + gettext("search index not built yet")
        return format_html('<progress max="100" value="{0}"></progress> {0} %{1}', status.percent, building)

    @admin.display(description=_("embeddings"), ordering="embeddings_count")
    def embeddings_count(self, index: Any) -> str:
        counts = {"done": grouped(index.embeddings_count), "total": grouped(index.chunks_count)}
        return gettext("%(done)s of %(total)s") % counts

    @admin.display(description=_("in the vector engine"), empty_value="–")
    def copied(self, index: EmbeddingIndex) -> str | None:
        """The state of its copies in the configured engine, and what waits to be told it."""
        place = configured_place()
        copies = EngineCopy.objects.here(place.location).filter(index=index).order_by("pk") if place else []
        told = []
        for copy in copies:
            waiting = VectorChange.objects.of(copy).count()
            counts = {"state": copy.get_state_display(), "count": grouped(waiting)}
            some, none = gettext("%(state)s, %(count)s changes to deliver"), gettext("%(state)s, told everything")
            told.append((some if waiting else none) % counts)
            told += [engine_reason_in_language(copy.error)] if copy.error else []
        return "; ".join(told) or None

    @admin.display(description=_("waits because"), empty_value="–")
    def waits(self, index: EmbeddingIndex) -> str | None:
        return reason_in_language(index.error) or None

    @admin.display(description="")
    def steps(self, index: EmbeddingIndex) -> str:
        possible = {
            IndexState.BUILDING: ["activate", "retire"],
            IndexState.RETIRED: ["activate", "retire"],
        }.get(IndexState(index.state), [])
        links = ((reverse(f"admin:documents_embeddingindex_{step}", args=[index.pk]), NAMES[step]) for step in possible)
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    # The steps

    def begin_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which model; then tell what it would take, by embedding a sample; then begin."""
        self._require_manager(request)
        options = replace(indexing_options(), paying=paying_for_indexing)
        configured = {"model": options.embedding_model, "dimensions": options.embedding_dimensions}
        form = BeginForm(request.POST or None, initial=configured)
        plan = None
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["model"], form.cleaned_data["dimensions"]
            try:
                if CONFIRMED in request.POST:
                    return self._begun(request, *chosen)
                plan = plan_index(*chosen, options, settings.QABOT_MODEL_PRICES)
                form = BeginForm(initial={"model": plan.model, "dimensions": plan.dimensions})
            except (IndexRefused, EmbedderUnavailable, ProviderError, NotToday) as error:
                form.add_error(None, reason_in_language(str(error)))
        told = plan_in_words(plan) if plan else None
        return self._page(request, "begin.html", {"title": _("Begin a new index"), "form": form, "told": told})

    def _begun(self, request: HttpRequest, model: str, dimensions: int | None) -> HttpResponse:
        embedder = embedder_for(model, dimensions)
        index = begin(embedder.model, embedder.dimensions)
        self.log_addition(request, index, [{"added": {}}])
        return self._done(request, gettext("%(index)s is being filled.") % {"index": index})

    def activate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, "activate", activate)

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, "retire", give_up)

    def _step(self, request: HttpRequest, pk: int, name: str, take: Callable[[int], EmbeddingIndex]) -> HttpResponse:
        """Ask; take the step once that is confirmed, and write down who took it."""
        self._require_manager(request)
        index = get_object_or_404(EmbeddingIndex, pk=pk)
        if request.method != "POST":
            words = {"title": f"{NAMES[name]} {index}", "told": [TOLD[name] % {"index": index}], "button": NAMES[name]}
            return self._page(request, "confirm.html", words)
        try:
            take(pk)
        except IndexRefused as error:
            return self._done(request, str(error), messages.ERROR)
        self.log_change(request, index, str(DONE[name]))
        return self._done(request, f"{index}: {DONE[name]}")

    def _require_manager(self, request: HttpRequest) -> None:
        if not self.has_manage_permission(request):
            raise PermissionDenied

    def _done(self, request: HttpRequest, sentence: str, level: int = messages.SUCCESS) -> HttpResponse:
        self.message_user(request, sentence, level)
        return redirect("admin:documents_embeddingindex_changelist")

    def _page(self, request: HttpRequest, template: str, more: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **more}
        return TemplateResponse(request, f"admin/documents/embeddingindex/{template}", context)
