"""Find rows that point at a row that is gone, in every table. Knows no app: the models tell what points where.

The database forbids them. What this finds came past its constraints: a dump that was edited, a broken disk.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Exists, ForeignKey, Model, OuterRef

from qabot.checked import Checked, checked


def row_counts() -> dict[str, int]:
    """How many rows each table of a model holds, by its name."""
    return {model._meta.db_table: model._base_manager.count() for model in _stored_models()}


def check_orphans() -> Checked:
    """Each row that belongs to another one finds it."""
    examined = 0
    found: list[str] = []
    for model, field in _pointers():
        target = field.target_field.model._base_manager.filter(**{field.target_field.name: OuterRef(field.attname)})
        pointing = model._base_manager.filter(**{f"{field.attname}__isnull": False})
        examined += pointing.count()
        lost = pointing.exclude(Exists(target)).values_list("pk", flat=True)
        found += [f"{model._meta.db_table} {pk}: {field.column}" for pk in lost.iterator()]
    return checked("each row that belongs to another finds it", examined, found)


def _pointers() -> "Iterator[tuple[type[Model], ForeignKey[Any, Any]]]":
    for model in _stored_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                yield model, field


def _stored_models() -> Iterator[type[Model]]:
    """Every model with a table of its own, those of many-to-many relations included."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model
