"""The pages about conversations as a whole: their list, a new title, deleting. Thin: nothing is decided here.

Each is a page for people, and a fragment for the ask page's script.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from answers.conversation_list import PAGES_AT_MOST, conversation_list
from answers.conversations import rename as rename_conversation
from answers.models import Conversation, SharedAnswer
from answers.visitors import anonymous_key
from documents.visitors import readers_only
from qabot.requested import number_in, wants_fragment

MAX_SEARCH_CHARACTERS = 200


class TitleForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=Conversation._meta.get_field("title").max_length,
        error_messages={"required": gettext_lazy("A conversation needs a title.")},
    )

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())


@require_safe
@readers_only
def conversations(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("search", "").replace("\x00", "")[:MAX_SEARCH_CHARACTERS].strip()
    listed = conversation_list(request.user, anonymous_key(request), search, _page(request))
    template = "_conversation_list.html" if wants_fragment(request) else "conversations.html"
    return render(request, template, {"listed": listed})


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def rename(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET asks for a new title, POST gives it."""
    mine = _mine(request, conversation_id)
    form = TitleForm(request.POST if request.method == "POST" else None, initial={"title": mine.title})
    if not form.is_valid():
        return _shown(request, "rename", {"conversation": mine, "form": form}, 400 if form.is_bound else 200)
    rename_conversation(mine, form.cleaned_data["title"])
    return HttpResponse(status=204) if wants_fragment(request) else redirect("conversation", mine.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def delete(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET asks whether to delete a conversation, POST does it."""
    mine = _mine(request, conversation_id)
    if request.method != "POST":
        links = SharedAnswer.objects.filter(answer__conversation=mine, revoked_at=None).count()
        return _shown(request, "delete", {"conversation": mine, "answers": mine.answers.count(), "links": links})
    title = str(mine)
    mine.delete()
    if wants_fragment(request):
        return HttpResponse(status=204)
    messages.success(request, gettext("“%(title)s” was deleted.") % {"title": title})
    return redirect("ask")


def _mine(request: HttpRequest, conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation.objects.of(request.user, anonymous_key(request)), pk=conversation_id)


def _shown(request: HttpRequest, what: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    part = "_" if wants_fragment(request) else ""
    return render(request, f"{part}conversation_{what}.html", context, status=status)


def _page(request: HttpRequest) -> int:
    return number_in(request.GET.get("page"), PAGES_AT_MOST) or 1
