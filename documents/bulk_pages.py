"""What is done to chosen documents at once: a page that asks, and the doing, in runs of some seconds. Thin."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from documents.bulk import Selection, Tally, delete_selected, move_selected, retry_selected, selected_documents
from documents.listing import narrowed_by
from documents.models import Collection, Document
from qabot.local_numbers import grouped
from qabot.requested import number_in, wants_fragment

NAMES_SHOWN = 8
ACTIONS = ("delete", "move", "retry")


@require_POST
@login_required
def chosen(request: HttpRequest) -> HttpResponse:
    """Ask about what is to be done with chosen documents, or do it once confirmed; trying again needs no question."""
    action, selection = request.POST.get("action", ""), _selection(request.POST)
    documents: Any = selected_documents(request.user, selection)
    if action not in ACTIONS or not documents.exists():
        if not selection.after:
            messages.warning(request, gettext("No document was chosen that you may change."))
        return redirect(_back(request.POST))
    if action != "retry" and "confirmed" not in request.POST:
        return _ask(request, action, selection, documents)
    tally = _do(request, action, documents)
    if tally.left:
        context = {"tally": tally, "action": action, "fields": _fields(request.POST, selection, tally)}
        return render(request, "documents_going_on.html", context)
    _tell(request, action, tally)
    return redirect(_back(request.POST))


def _ask(request: HttpRequest, action: str, selection: Selection, documents: Any) -> HttpResponse:
    # What is added after the question is not meant by its answer.
    about = documents.aggregate(newest=Max("pk"), first=Min("collection"), last=Max("collection"))
    selection = replace(selection, last_id=about["newest"] or 0)
    targets = Collection.objects.addable_by(request.user)
    if about["first"] == about["last"]:
        targets = targets.exclude(pk=about["first"])  # where all of them stand
    context = {
        "action": action,
        "count": documents.count(),
        "names": documents.values_list("name", flat=True)[:NAMES_SHOWN],
        "targets": targets,
        "fields": _fields(request.POST, selection),
        "back": _back(request.POST),
    }
    part = "_" if wants_fragment(request) else ""
    return render(request, f"{part}documents_question.html", context)


def _do(request: HttpRequest, action: str, documents: QuerySet[Document]) -> Tally:
    tally = Tally(*(number_in(request.POST.get(name)) or 0 for name in ("done", "duplicates", "busy")))
    mine: Any = documents
    if action == "move":
        target = get_object_or_404(Collection.objects.addable_by(request.user), slug=_text(request.POST, "target"))
        return move_selected(mine, target, tally)
    act: Callable[..., Tally] = delete_selected if action == "delete" else retry_selected
    return act(mine, tally)


def _tell(request: HttpRequest, action: str, tally: Tally) -> None:
    """What became of the documents, in a sentence for each kind of end."""
    done = {
        "delete": ngettext("%(n)s document was deleted.", "%(n)s documents were deleted.", tally.done),
        "move": ngettext("%(n)s document was moved.", "%(n)s documents were moved.", tally.done),
        "retry": ngettext("%(n)s document will be tried again.", "%(n)s documents will be tried again.", tally.done),
    }[action]
    messages.add_message(request, messages.SUCCESS if tally.done else messages.INFO, done % {"n": grouped(tally.done)})
    if tally.duplicates:
        sentence = ngettext(
            "%(n)s document stayed where it is: the same file stands in the other collection already.",
            "%(n)s documents stayed where they are: the same files stand in the other collection already.",
            tally.duplicates,
        )
        messages.info(request, sentence % {"n": grouped(tally.duplicates)})
    if tally.busy:
        sentence = ngettext(
            "%(n)s document is being indexed just now. Move it when it is ready.",
            "%(n)s documents are being indexed just now. Move them when they are ready.",
            tally.busy,
        )
        messages.warning(request, sentence % {"n": grouped(tally.busy)})


def _selection(sent: QueryDict) -> Selection:
    ids = tuple(number_in(value) or 0 for value in sent.getlist("document"))
    everything = narrowed_by(sent.dict()) if sent.get("all") else None  # type: ignore[arg-type]
    return Selection(ids, everything, number_in(sent.get("last")) or 0, number_in(sent.get("after")) or 0)


def _fields(sent: QueryDict, selection: Selection, tally: Tally | None = None) -> list[tuple[str, str]]:
    """What the next form has to send again, as pairs of name and value."""
    kept = [(name, _text(sent, name)) for name in ("action", "all", "search", "status", "collection") if sent.get(name)]
    kept += [("document", str(number)) for number in selection.ids if not sent.get("all")]
    kept += [("last", str(selection.last_id))]
    if tally is not None:
        counts = {"done": tally.done, "duplicates": tally.duplicates, "busy": tally.busy, "after": tally.last}
        kept += [(name, str(value)) for name, value in counts.items()]
        kept += [("target", _text(sent, "target")), ("confirmed", "1")]
    return kept


def _back(sent: QueryDict) -> str:
    """The list as it was narrowed."""
    address = QueryDict(mutable=True)
    for name in ("search", "status", "collection"):
        if sent.get(name):
            address[name] = _text(sent, name)
    return f"/documents?{address.urlencode()}" if address else "/documents"


def _text(sent: QueryDict, name: str) -> str:
    return (sent.get(name) or "").replace("\0", "")[:200]
