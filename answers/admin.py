"""The admin's pages on conversations, answers and feedback: looked at only, but a conversation can be deleted."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from answers.abandoned import close_abandoned
from answers.admin_columns import AnswerColumns
from answers.admin_spending import SpendingAdmin
from answers.inspecting import inspection_of
from answers.models import (
    Answer,
    Citation,
    Conversation,
    Feedback,
    PassageReference,
    RetrievedPassage,
    SharedAnswer,
    TokensSpent,
)
from answers.querysets import AnswerQuerySet
from answers.sharing import revoke
from answers.transcript import location, viewer_url
from documents.querysets import Actor
from qabot.admin_site import FlatDeletion, LookOnly
from qabot.local_numbers import grouped


class ReferenceInline(LookOnly, admin.TabularInline):
    """Rows that point at a place in a document, with a link there while the document exists."""

    can_delete = False
    extra = 0

    @admin.display(description=_("document"))
    def place(self, reference: PassageReference) -> str:
        name = f"{reference.document_name}, {location(reference)}"
        if reference.document_id is None:
            return gettext("%(name)s (deleted)") % {"name": name}
        return format_html('<a href="{}">{}</a>', viewer_url(reference), name)


class CitationInline(ReferenceInline):
    model = Citation
    fields = ["number", "quote", "place", "supported", "score"]
    readonly_fields = ["place"]


class PassageInline(ReferenceInline):
    """The retrieval inspector's data: rank and score of each passage in every leg."""

    model = RetrievedPassage
    verbose_name_plural = _("retrieved passages")
    readonly_fields = ["place"]
    fields = [
        "rerank_rank",
        "rerank_score",
        "fused_rank",
        "fused_score",
        "place",
        "semantic_rank",
        "semantic_score",
        "lexical_rank",
        "lexical_score",
        "number",
    ]


@admin.register(Answer)
class AnswerAdmin(AnswerColumns, LookOnly, admin.ModelAdmin):
    list_display = ["short_question", "outcome", "cited", "helpful", "time", "cost", "asked"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    list_filter = ["mode", "status", "supported", "feedback__helpful"]
    list_select_related = ["conversation__owner", "feedback"]
    list_per_page = 50
    search_fields = ["question", "text"]
    ordering = ["-created_at", "-id"]
    inlines = [CitationInline, PassageInline]
    readonly_fields = ["cost", "searched_collections", "how_it_was_found", "save_as_test"]
    trust = ("mode", "status", "supported", "confidence", "marks_dropped", "searched_collections")
    spent = ("model", "embedding_model", "prompt_tokens", "completion_tokens", "cost", "timings_ms")
    fieldsets = [
        (None, {"fields": ["question", "searched_for", "text", "notice", "conversation", "how_it_was_found"]}),
        (_("Trust"), {"fields": trust}),
        (_("Cost"), {"fields": spent}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        close_abandoned()
        return answers_visible_to(request.user)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.found_view)
        return [path("<int:answer_id>/found/", page, name="answers_answer_found"), *super().get_urls()]

    def found_view(self, request: HttpRequest, answer_id: int) -> HttpResponse:
        """How an answer was found, for those who may look at it here though it is not theirs."""
        answer = self.get_object(request, str(answer_id))
        if answer is None:
            raise Http404
        if not self.has_view_permission(request, answer):
            raise PermissionDenied
        context = {
            "inspection": inspection_of(answer, request.user),
            "answer": answer,
            "admin_url": reverse("admin:answers_answer_change", args=[answer.pk]),
        }
        return render(request, "found.html", context)

    def get_fieldsets(self, request: HttpRequest, obj: Answer | None = None) -> Any:
        """Those who may add golden questions are offered to save the answer as one."""
        offered = ["save_as_test"] if request.user.has_perm("evaluation.add_goldenquestion") else []
        (title, first), *rest = super().get_fieldsets(request, obj)
        return [(title, {**first, "fields": [*first["fields"], *offered]}), *rest]

    @admin.display(description=_("quality"))
    def save_as_test(self, answer: Answer) -> str:
        return format_html('<a href="{}">{}</a>', reverse("save-as-test", args=[answer.pk]), _("Save as test"))

    @admin.display(description=_("how it was found"))
    def how_it_was_found(self, answer: Answer) -> str:
        page = reverse("admin:answers_answer_found", args=[answer.pk])
        return format_html('<a href="{}">{}</a>', page, _("Every passage, rank and score"))

    @admin.display(description=_("collections searched"))
    def searched_collections(self, answer: Answer) -> str:
        return ", ".join(answer.collections.values_list("name", flat=True))


admin.site.register(TokensSpent, SpendingAdmin)


@admin.register(Conversation)
class ConversationAdmin(FlatDeletion):
    """Conversations all of whose answers this member of staff may see: a title is the first question."""

    list_display = ["__str__", "owner", "answers_count", "created_at", "updated_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username"]
    readonly_fields = ["answers_link"]
    fields = ["title", "owner", "answers_link", "created_at", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return Conversation.objects.visible_to(request.user).annotate(answers_count=Count("answers"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    @admin.display(description=_("answers"), ordering="answers_count")
    def answers_count(self, conversation: Any) -> int:
        return conversation.answers_count

    @admin.display(description=_("answers"))
    def answers_link(self, conversation: Any) -> str:
        address = reverse("admin:answers_answer_changelist")
        return format_html(
            '<a href="{}?conversation__id__exact={}">{}</a>',
            address,
            conversation.pk,
            ngettext("%(count)s answer", "%(count)s answers", conversation.answers_count)
            % {"count": grouped(conversation.answers_count)},
        )


@admin.register(Feedback)
class FeedbackAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["answer", "helpful", "comment", "created_at"]
    list_filter = ["helpful"]
    list_select_related = ["answer"]
    search_fields = ["comment", "answer__question"]
    fields = ["answer", "helpful", "comment", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        return super().get_queryset(request).filter(answer__in=answers_visible_to(request.user))


@admin.register(SharedAnswer)
class SharedAnswerAdmin(admin.ModelAdmin):
    """Links to answers: looked at and revoked. Nobody can be shown where one leads: its token is not kept."""

    list_display = ["answer", "created_by", "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["answer", "created_by"]
    search_fields = ["answer__question", "created_by__username"]
    readonly_fields = ("answer", "created_by", "created_at", "revoked_at")
    fields = readonly_fields
    actions = ["revoke_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharedAnswer]:
        return super().get_queryset(request).filter(answer__in=answers_visible_to(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Revoke selected links"), permissions=["change"])
    def revoke_selected(self, request: HttpRequest, links: QuerySet[SharedAnswer]) -> None:
        for link in links:
            revoke(link)
        told = ngettext(
            "%(count)s link leads nowhere from now on.", "%(count)s links lead nowhere from now on.", len(links)
        )
        messages.success(request, told % {"count": grouped(len(links))})


def answers_visible_to(actor: Actor) -> AnswerQuerySet:
    return Answer.objects.visible_to(actor)
