"""Numbers as the reader's language writes them. For what is read alone: ids and addresses stay as they are."""

from django.utils.formats import number_format


def grouped(number: float) -> str:
    """12,345 in English and 12.345 in German."""
    return number_format(number, use_l10n=True, force_grouping=True)
