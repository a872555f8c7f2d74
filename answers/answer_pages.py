"""What a reader does with an answer of their own: copy it, and say whether it helped.

Thin: validates, makes one call, renders.
"""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from answers.copying import as_markdown
from answers.giving_feedback import MAX_COMMENT_CHARACTERS, give_feedback, take_feedback_back
from answers.models import Answer
from answers.querysets import AnswerQuerySet
from answers.visitors import anonymous_key
from documents.visitors import readers_only
from qabot.problems import problem
from qabot.rate_limits import limited
from qabot.requested import wants_fragment

YES, NO, NOTHING = "yes", "no", ""


class FeedbackForm(forms.Form):
    """Whether an answer helped, nothing to take that back, and why."""

    helpful = forms.ChoiceField(required=False, choices=[(YES, _("Yes")), (NO, _("No"))])
    comment = forms.CharField(
        required=False,
        label=_("What was wrong, or missing?"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_COMMENT_CHARACTERS}),
    )

    def clean_comment(self) -> str:
        """With line breaks of one character, as the field counts them; browsers send two."""
        comment: str = self.cleaned_data["comment"].replace("\r\n", "\n")
        if len(comment) > MAX_COMMENT_CHARACTERS:
            raise forms.ValidationError(
                _("A comment may have %(most)s characters, this one has %(count)s."),
                params={"most": MAX_COMMENT_CHARACTERS, "count": len(comment)},
            )
        return comment


@require_safe
@readers_only
def copy(request: HttpRequest, answer_id: int) -> HttpResponse:
    """An answer as Markdown: its bare text for the page's JavaScript, a field to copy it from for everybody else."""
    answer = get_object_or_404(_mine(request).prefetch_related("citations"), pk=answer_id)
    markdown = as_markdown(answer)
    if wants_fragment(request):
        return HttpResponse(markdown, content_type="text/plain; charset=utf-8")
    return render(request, "copy_answer.html", {"answer": answer, "markdown": markdown})


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
@limited("api")
def feedback(request: HttpRequest, answer_id: int) -> HttpResponse:
    """GET asks for a comment; POST keeps what was said, or takes it back where nothing is said."""
    answer = get_object_or_404(_mine(request).select_related("feedback"), pk=answer_id)
    if request.method != "POST":
        given = getattr(answer, "feedback", None)
        return _shown(request, answer, FeedbackForm(initial={"comment": given.comment if given else ""}))
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return _not_taken(request, answer, form)
    said = form.cleaned_data["helpful"]
    _kept(_mine(request), answer_id, said, form.cleaned_data["comment"])
    asks_why = said == NO and "comment" not in request.POST
    if wants_fragment(request):
        fresh = _mine(request).select_related("feedback").get(pk=answer_id)
        return _shown(request, fresh, FeedbackForm() if asks_why else None)
    if asks_why:
        return redirect("answer-feedback", answer_id)
    return redirect("answer", answer_id)


def _kept(mine: AnswerQuerySet, answer_id: int, said: str, comment: str) -> None:
    try:
        if said == NOTHING:
            take_feedback_back(mine, answer_id)
        else:
            give_feedback(mine, answer_id, said == YES, comment)
    except Answer.DoesNotExist:  # deleted meanwhile
        raise Http404 from None


def _not_taken(request: HttpRequest, answer: Answer, form: FeedbackForm) -> HttpResponse:
    """Say what is wrong: a script keeps what was typed itself, a page is shown with it."""
    if wants_fragment(request):
        sentence = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return problem(request, 400, "invalid", sentence)
    return _shown(request, answer, form, status=400)


def _shown(request: HttpRequest, answer: Answer, form: FeedbackForm | None, status: int = 200) -> HttpResponse:
    """The two thumbs, with the form for a comment if there is one: a piece of the answer, or a page of its own."""
    context: dict[str, Any] = {"answer": answer, "feedback": getattr(answer, "feedback", None), "form": form}
    return render(request, "_feedback.html" if wants_fragment(request) else "feedback.html", context, status=status)


def _mine(request: HttpRequest) -> AnswerQuerySet:
    return Answer.objects.of(request.user, anonymous_key(request))
