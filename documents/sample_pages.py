"""The button of a first start: add the sample documents. Thin: nothing is decided here."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from documents.adding_samples import add_samples
from documents.models import Collection
from documents.serializers import DEFAULT_COLLECTION
from qabot.rate_limits import limited


@require_POST
@login_required
@limited("upload")
def add(request: HttpRequest) -> HttpResponse:
    """Add the samples to the collection of a fresh installation, or to the first one that this person may add to."""
    addable = Collection.objects.addable_by(request.user)
    collection = addable.filter(slug=DEFAULT_COLLECTION).first() or addable.first()
    if collection is None:
        raise Http404
    added = sum(upload.created for upload in add_samples(collection, request.user, settings.QABOT_MAX_UPLOAD_BYTES))
    if added:
        said = ngettext("%(count)s sample document was added.", "%(count)s sample documents were added.", added)
        messages.success(request, said % {"count": added})
    else:
        messages.info(request, gettext("The sample documents are here already."))
    return redirect("ask")
