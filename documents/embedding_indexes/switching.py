"""Begin an index, make it the active one, go back, give one up. Knows nothing of how an index is filled.

A switch is one transaction that holds every index's state: whoever publishes a document does so wholly before it or
wholly after it, and finds the index that is active then.
"""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents.engine_copies.models import CopyState, EngineCopy, VectorChange
from documents.models import Chunk, EmbeddingIndex, IndexState
from documents.reasons import reason_in_language
from documents.vector_index.choice import configured_place
from documents.vector_index.pgvector import MAX_DIMENSIONS, PgVectorIndex
from documents.vector_index.places import Place
from qabot.local_numbers import grouped

BEING_FILLED = gettext_lazy("An index is being filled already. Activate it, or retire it, before another one is begun.")


class IndexRefused(Exception):
    """An index cannot be begun, switched to or removed as it is. The message says why, and what helps."""


def begin(model: str, dimensions: int) -> EmbeddingIndex:
    """Begin an index: the worker fills it from now on. One at a time."""
    check_new(model, dimensions)
    try:
        with transaction.atomic():
            return EmbeddingIndex.objects.create(model=model, dimensions=dimensions)
    except IntegrityError:
        raise IndexRefused(str(BEING_FILLED)) from None


def check_new(model: str, dimensions: int) -> None:
    """Raises IndexRefused where there is such an index already, or another one is being filled."""
    if dimensions > MAX_DIMENSIONS:
        most = grouped(MAX_DIMENSIONS)
        raise IndexRefused(_("An index can have %(most)s dimensions at most. Ask for fewer.") % {"most": most})
    standing = EmbeddingIndex.objects.kept()
    same = standing.filter(model=model, dimensions=dimensions).first()
    if same is not None:
        raise IndexRefused(
            _("There is an index of %(index)s already: number %(number)d (%(state)s).")
            % {"index": same, "number": same.pk, "state": same.get_state_display()}
        )
    if standing.filter(state=IndexState.BUILDING).exists():
        raise IndexRefused(str(BEING_FILLED))


def activate(index_id: int) -> EmbeddingIndex:
    """Ask questions against this index from now on; the one that was active is kept, so that it can be gone back to.

    Raises IndexRefused while chunks are missing or its search index is not built.
    """
    with transaction.atomic():
        held = {index.pk: index for index in EmbeddingIndex.objects.order_by("pk").select_for_update(no_key=True)}
        index = held.get(index_id)
        if index is None or index.state == IndexState.REMOVING:
            raise IndexRefused(_("There is no index number %(number)d.") % {"number": index_id})
        if index.state == IndexState.ACTIVE:
            raise IndexRefused(_("%(index)s is the active index already.") % {"index": index})
        _require_complete(index)
        EmbeddingIndex.objects.filter(state=IndexState.ACTIVE).update(state=IndexState.RETIRED, retired_at=Now())
        EmbeddingIndex.objects.filter(pk=index.pk).update(state=IndexState.ACTIVE, retired_at=None)
    index.state = IndexState.ACTIVE
    return index


def earlier_index() -> EmbeddingIndex | None:
    """The index that was active before the one that is; None if it was removed, or there never was one."""
    return (
        EmbeddingIndex.objects.filter(state=IndexState.RETIRED).order_by(F("retired_at").desc(nulls_last=True)).first()
    )


def roll_back() -> EmbeddingIndex:
    """Make the index that was active before the active one again."""
    earlier = earlier_index()
    if earlier is None:
        raise IndexRefused(_("There is no earlier index to go back to."))
    return activate(earlier.pk)


def give_up(index_id: int) -> EmbeddingIndex:
    """Remove an index that is not the active one: nothing is embedded for it any more, and its rows go bit by bit."""
    unused = EmbeddingIndex.objects.filter(pk=index_id).exclude(state=IndexState.ACTIVE)
    if unused.update(state=IndexState.REMOVING):
        return unused.get()
    if EmbeddingIndex.objects.filter(pk=index_id).exists():
        raise IndexRefused(_("This is the active index: questions are asked against it. Activate another one first."))
    raise IndexRefused(_("There is no index number %(number)d.") % {"number": index_id})


def _require_complete(index: EmbeddingIndex) -> None:
    missing = Chunk.objects.lacking(index).count()
    if missing:
        told = ngettext(
            "%(count)s chunk is not embedded yet. The worker is at it while no document waits.",
            "%(count)s chunks are not embedded yet. The worker is at it while no document waits.",
            missing,
        ) % {"count": grouped(missing)}
        because = _("It waits: %(reason)s") % {"reason": reason_in_language(index.error)} if index.error else ""
        raise IndexRefused(f"{told} {because}".strip())
    if not PgVectorIndex(index).is_built():
        raise IndexRefused(_("Every chunk is embedded; the worker is building what makes searching quick."))
    if (place := configured_place()) is not None:
        _require_copied(index, place)


def _require_copied(index: EmbeddingIndex, place: Place) -> None:
    """With an engine beside Postgres an index is complete once that has acknowledged all its vectors."""
    copy = EngineCopy.objects.here(place.location).filter(index=index, state=CopyState.ACTIVE).first()
    if copy is None or VectorChange.objects.of(copy).deliverable().exists():
        raise IndexRefused(
            _("Every chunk is embedded; the worker is copying the vectors to %(engine)s.") % {"engine": place.engine}
        )
