"""The page that saves an answer as a test. Thin: validates, makes one call, renders."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from answers.admin import answers_visible_to
from answers.evaluation.forms import GoldenQuestionForm
from answers.evaluation.models import GoldenQuestion
from answers.models import Answer, Mode
from documents.models import Collection

MAY_ADD = "evaluation.add_goldenquestion"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def save_as_test(request: HttpRequest, answer_id: int) -> HttpResponse:
    """GET shows a golden question made from an answer, POST saves it."""
    if not (request.user.is_staff and request.user.has_perm(MAY_ADD)):
        raise PermissionDenied
    answer, back = _answer(request, answer_id)
    collections = Collection.objects.visible_to(request.user)
    made_from = GoldenQuestion(source_answer=answer, created_by=request.user)
    initial = _made_from(answer, collections)
    form = GoldenQuestionForm(request.POST or None, instance=made_from, initial=initial, label_suffix="")
    form.fields["collection"].queryset = collections  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved as a test. The admin shows it under Golden questions."))
        return redirect(back)
    return render(request, "save_as_test.html", {"form": form, "answer": answer, "back": back})


def _answer(request: HttpRequest, answer_id: int) -> tuple[Answer, str]:
    """The answer and where its reader came from: their own conversation, or, somebody else's answer, the admin."""
    mine = Answer.objects.of(request.user).filter(pk=answer_id).first()
    if mine is not None:
        return mine, reverse("conversation", args=[mine.conversation_id]) + f"#answer-{mine.pk}"
    seen = answers_visible_to(request.user) if request.user.has_perm("answers.view_answer") else Answer.objects.none()
    return get_object_or_404(seen, pk=answer_id), reverse("admin:answers_answer_change", args=[answer_id])


def _made_from(answer: Answer, collections: Any) -> dict[str, Any]:
    """What an answer says of the question: asked alone, it needs what a follow-up was completed with."""
    searched = collections.filter(pk__in=answer.collections.values("pk"))
    made = {
        "question": answer.searched_for or answer.question,
        "answerable": answer.mode != Mode.REFUSED,
        "collection": searched.first() if searched.count() == 1 else None,
    }
    citation = answer.citations.select_related("document__collection").first()
    if citation is None or answer.mode == Mode.REFUSED:
        return made
    if citation.document is not None:
        made["collection"] = citation.document.collection
    return made | {"expected_document": citation.document_name, "expected_quote": citation.quote}
