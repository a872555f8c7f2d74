"""The pages about collections: their list, making, changing and deleting one. Thin: `may_shape` says who may."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from documents.forms import ADDER_HELP, READER_HELP, CollectionForm
from documents.managing import delete_collection, keep_in
from documents.models import Collection
from documents.rights import may_shape
from documents.visitors import readers_only


@require_safe
@readers_only
def collections(request: HttpRequest) -> HttpResponse:
    """List the collections this visitor may read."""
    context = {
        "collections": Collection.objects.visible_to(request.user).with_counts().with_last_added(),
        "may_add": may_shape(request.user, "add"),
        "may_change": may_shape(request.user, "change"),
    }
    return render(request, "collections/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """GET shows the form, POST makes a collection."""
    _allow(request, "add")
    form = CollectionForm(_sent(request), actor=request.user)
    if not _is_sent(request, form):
        return _show_form(request, form)
    collection = form.save()
    keep_in(collection, request.user)
    messages.success(request, gettext("%(name)s was made. Now add documents to it.") % {"name": collection.name})
    return redirect(f"/documents?collection={collection.slug}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the form, POST changes the collection."""
    _allow(request, "change")
    collection = get_object_or_404(Collection.objects.visible_to(request.user).with_counts(), slug=slug)
    form = CollectionForm(_sent(request), instance=collection, actor=request.user)
    if not _is_sent(request, form):
        return _show_form(request, form, collection_name=Collection.objects.get(pk=collection.pk).name)
    form.save()
    messages.success(request, gettext("%(name)s was changed.") % {"name": collection.name})
    if keep_in(collection, request.user):
        messages.info(request, gettext("You stay a member: otherwise you could not see it yourself."))
    return redirect("collections")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """GET asks whether to delete a collection, or says why that cannot be; POST does it."""
    _allow(request, "delete")
    collection = get_object_or_404(Collection.objects.visible_to(request.user).with_counts(), slug=slug)
    if request.method != "POST" or not delete_collection(collection):
        collection = get_object_or_404(Collection.objects.with_counts(), slug=slug)
        status = 409 if request.method == "POST" else 200
        return render(request, "collections/delete.html", {"collection": collection}, status=status)
    messages.success(request, gettext("%(name)s was deleted.") % {"name": collection.name})
    return redirect("collections")


def _allow(request: HttpRequest, verb: str) -> None:
    if not may_shape(request.user, verb):
        raise PermissionDenied


def _sent(request: HttpRequest) -> Any:
    """What was sent, also if that is nothing at all: an empty form is a wrong one, not a new one."""
    return request.POST if request.method == "POST" else None


def _is_sent(request: HttpRequest, form: CollectionForm) -> bool:
    """Whether a whole and valid form was sent; looking for people sends it too, to be shown again."""
    return request.method == "POST" and "look" not in request.POST and form.is_valid()


def _show_form(request: HttpRequest, form: CollectionForm, collection_name: str = "") -> HttpResponse:
    looking = "look" in request.POST
    context: dict[str, Any] = {
        "form": form,
        "collection_name": collection_name,
        "looking": looking,
        "may_delete": may_shape(request.user, "delete"),
        "reader_help": READER_HELP,
        "adder_help": ADDER_HELP,
    }
    return render(request, "collections/form.html", context, status=400 if form.is_bound and not looking else 200)
