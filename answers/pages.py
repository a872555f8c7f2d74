"""The pages where questions are asked and answers read. Thin: validates, makes one call, renders."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from answers.abandoned import close_abandoned
from answers.answering import ask as answer_question
from answers.ask_page import ask_context, conversation_context
from answers.conversations import ANSWERS_SHOWN, find_or_start
from answers.inspecting import inspection_of
from answers.models import Answer, AnswerStatus, Citation, Conversation
from answers.options import options_from_settings
from answers.slots import Busy, answers_under_way
from answers.sources import source_of
from answers.transcript import shown_answers
from answers.visitors import anonymous_key, spender_of
from documents.scoping import NotVisible, scope_for
from documents.visitors import readers_only
from qabot.client_presence import presence_of
from qabot.problems import Problem
from qabot.rate_limits import limited
from qabot.requested import wants_fragment

NOT_ASKABLE = "The question could not be read. Please reload the page and ask again."
NO_ANSWER = "Something went wrong while answering. Please ask again."


class QuestionForm(forms.Form):
    """A question sent without JavaScript."""

    question = forms.CharField(
        max_length=settings.QABOT_MAX_QUESTION_CHARACTERS, error_messages={"required": "Please type a question."}
    )
    conversation = forms.IntegerField(required=False)
    collection = forms.SlugField(required=False)


@require_safe
@readers_only
def ask(request: HttpRequest) -> HttpResponse:
    return render(request, "ask.html", ask_context(request, None))


@require_safe
@readers_only
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A conversation's latest answers, or those that the address names; the script fetches earlier ones alone."""
    close_abandoned()
    mine = Conversation.objects.of(request.user, anonymous_key(request))
    found = get_object_or_404(mine, pk=conversation_id)
    if wants_fragment(request):
        return render(request, "_stretch.html", conversation_context(request, found))
    return render(request, "ask.html", ask_context(request, found))


def _asked_too_soon(request: HttpRequest, refusal: Problem) -> HttpResponse:
    """The page again, in the conversation the question belongs to, for somebody who only has to wait."""
    form = QuestionForm(request.POST)
    asked: Any = form.cleaned_data["conversation"] if form.is_valid() else None
    current = Conversation.objects.of(request.user, anonymous_key(request)).filter(pk=asked).first()
    response = _asked_in_vain(request, current, str(refusal.detail), refusal.status_code)
    response["Retry-After"] = str(refusal.wait)
    return response


@require_POST
@readers_only
@limited("ask", refused=_asked_too_soon)
def ask_question(request: HttpRequest) -> HttpResponse:
    """Answer a question that was sent without JavaScript: the whole answer, then its conversation's page."""
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _asked_in_vain(
            request, None, "; ".join(str(error) for errors in form.errors.values() for error in errors)
        )
    try:
        with answers_under_way.take(settings.QABOT_MAX_STREAMS):
            return _answered(request, form.cleaned_data)
    except Busy as error:
        return _asked_too_soon(request, error)


def _answered(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    slugs = [asked["collection"]] if asked["collection"] else None
    try:
        scope = scope_for(request.user, slugs, None)
        found = find_or_start(
            request.user, anonymous_key(request, start=True), asked["conversation"], asked["question"]
        )
    except NotVisible as error:
        return _asked_in_vain(request, None, str(error), status=404)
    except Conversation.DoesNotExist:
        return _asked_in_vain(request, None, "That conversation does not exist.", status=404)
    answered = answer_question(
        asked["question"], found, scope, options_from_settings(spender_of(request)), presence_of(request)
    )
    if answered.status == AnswerStatus.FAILED:
        return _asked_in_vain(request, found, NO_ANSWER, status=503)
    return redirect(reverse("conversation", args=[found.pk]) + f"#answer-{answered.pk}")


@require_safe
@readers_only
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """An answer on its own, for the page's JavaScript; everybody else sees it in its conversation."""
    close_abandoned()
    mine = Answer.objects.of(request.user, anonymous_key(request))
    found = get_object_or_404(mine, pk=answer_id)
    if not wants_fragment(request):
        later = Answer.objects.filter(conversation=found.conversation_id, pk__gt=found.pk).count()
        at = f"?at={found.pk}" if later >= ANSWERS_SHOWN else ""
        return redirect(reverse("conversation", args=[found.conversation_id]) + f"{at}#answer-{found.pk}")
    return render(request, "_answer.html", {"shown": shown_answers(mine.filter(pk=found.pk), request.user)[0]})


@require_safe
@readers_only
def found(request: HttpRequest, answer_id: int) -> HttpResponse:
    """How an answer was found: the retrieval inspector."""
    mine = Answer.objects.of(request.user, anonymous_key(request))
    inspection = inspection_of(get_object_or_404(mine, pk=answer_id), request.user)
    return render(request, "found.html", {"inspection": inspection, "answer": inspection.answer})


@require_safe
@readers_only
def citation(request: HttpRequest, answer_id: int, number: int) -> HttpResponse:
    """The place an answer rests on: the side panel's content, or a whole page of it."""
    mine = Answer.objects.of(request.user, anonymous_key(request))
    cited = get_object_or_404(
        Citation.objects.select_related("answer"), answer__in=mine, answer=answer_id, number=number
    )
    template = "_source.html" if wants_fragment(request) else "citation.html"
    return render(request, template, {"source": source_of(cited, request.user), "answer": cited.answer})


def _asked_in_vain(request: HttpRequest, current: Conversation | None, error: str, status: int = 400) -> HttpResponse:
    """The page again, with what went wrong and what was typed."""
    context = ask_context(request, current)
    context |= {"error": error, "typed": request.POST.get("question", "")}
    return render(request, "ask.html", context, status=status)
