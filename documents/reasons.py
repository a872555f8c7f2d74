"""Why a file is refused or a document is not indexed, in the reader's language.

Parsing, uploading and the worker say it in English, and so it is stored: see `qabot.retelling`. A sentence that is new
there is new here too (`tests/documents/test_reasons.py`).
"""

from django.utils.translation import gettext_noop as _

from qabot.provider_sentences import PROVIDER_SENTENCES
from qabot.retelling import retold

OF_FILES = (
    _("The file is larger than %(megabytes)s MB, the most that can be uploaded."),
    _("The file is empty."),
    _("The file is an archive of more than %(parts)s parts."),
    _("The file is damaged: its zip container cannot be read."),
    _("The file is damaged: its part %(part)s is missing or cannot be read."),
    _("The file is damaged: its part %(part)s cannot be read."),
    _("The file is damaged: it holds XML that cannot be read."),
    _("The file is protected by a password. Remove the password and upload it again."),
    _("The file inflates to far more than its size: it looks like a zip bomb."),
    _("The file holds XML with a document type, which this format does not allow."),
    _("The file holds more text than can be read."),
    _("The file has more than %(pages)s pages."),
    _("The file has more than %(cells)s cells."),
    _("The file has %(slides)s slides; the most that is read is %(most)s."),
    _("The PDF has %(pages)s pages; the most that is read is %(most)s."),
    _("The PDF is damaged: it has no pages."),
    _("The page is damaged: it cannot be drawn."),
    _("The page is damaged: it has no size."),
    _("The PDF is damaged: it cannot be opened."),
    _("The PDF needs a password. Remove the password and upload it again."),
    _("The document needs a password. Remove the password and upload it again."),
    _("The workbook needs a password. Remove the password and upload it again."),
    _("The workbook is damaged: it cannot be read."),
    _("The CSV file is damaged: its rows cannot be told apart."),
    _("The PowerPoint file is damaged: it cannot be opened."),
    _("The Word file is damaged: it cannot be opened."),
    _("The message is damaged: its parts cannot be read."),
    _("The e-book is copy-protected and cannot be read."),
    _("The e-book is damaged: it does not say where its content is."),
    _("The HTML is nested more than %(depth)s elements deep."),
    _("The name says %(ending)s but the content is something else: the file is damaged or misnamed."),
    _("Files of the type %(type)s cannot be read."),
    _("This is an old Word file (.doc). Save it as .docx or PDF and upload that."),
    _("This is an old PowerPoint file (.ppt). Save it as .pptx or PDF and upload that."),
    _("This is an Outlook message (.msg). Save it as .eml or PDF and upload that."),
    _("This is a rich text file (.rtf). Save it as .docx or PDF and upload that."),
    _("This is a picture. Run OCR over it, save the result as PDF and upload that."),
    _("This is an archive. Unpack it and upload the documents in it."),
    _("This kind of document (%(type)s) cannot be read. Save it as PDF."),
    _("This kind of file cannot be read. QABot reads %(kinds)s and plain text."),
    _("This is an old Office format. QABot reads %(kinds)s and plain text."),
    _("No text was found: the PDF looks like a scan. Run OCR over it first, then upload it again."),
    _("No text was found in the file."),
    _("No text was found in this file. If it is a scan, run text recognition (OCR) on it first."),
)
OF_PARSERS = (
    _("Reading the file takes more memory than is allowed."),
    _("The file could not be read: its parser failed (%(error)s)."),
    _("The file could not be read: its parser did not start."),
    _("The file could not be read: its parser took more than %(seconds)s seconds."),
    _("The file could not be read: its parser stopped answering."),
    _("The file could not be read: its parser crashed."),
    _("The file could not be read: its parser ended too early."),
    _("The file could not be read: its parser was stopped."),
    _("The file could not be read: reading it takes too much time."),
    _("The file could not be read: one of its pages is too large."),
    _("The file could not be read: its parser sent something that is not a page."),
    _("The file could not be read: its parser sent something that is not a picture."),
)
OF_INDEXING = (
    _("Indexing this document brought the worker down twice. It was not tried a third time."),
    _("The database takes no more data. Indexing goes on when there is room."),
    _("The vector engine is not available. Indexing goes on when it is."),
    _("Today's budget for indexing is used up. This document goes on after 00:00 UTC."),
    _("The embedding model %(model)s needs a provider, and none is configured."),
    _("The embedding model %(model)s has %(dimensions)s."),  # "384 dimensions, not 512"
    _("The dimensions of the embedding model %(model)s are not known: say how many it has."),
    _("The local embedding model is not installed. Install it with %(command)s."),
    _("The local embedding model has no %(file)s. Install it with %(command)s."),
    _("The package tokenizers is not installed. Install it with %(command)s."),
    _("The search index could not be built (%(error)s)."),
)
# What `documents/vector_index` says of an engine, and a worker notes of its copies.
OF_ENGINES = (
    _("%(engine)s does not answer."),
    _("%(engine)s refuses the key."),
    _("%(engine)s does not hold these vectors."),
    _("%(engine)s takes too long."),
    _("%(engine)s refuses so many vectors at once."),
    _("%(engine)s allows no more for now."),
    _("%(engine)s is not ready."),
    _("%(engine)s answers with status %(status)s."),
    _("%(engine)s refuses some of the vectors."),
    _("%(engine)s keeps some of what was to be deleted."),
    _("%(engine)s needs a key, %(variable)s."),
    _("%(engine)s kept failing and is left alone for a moment."),
    _("%(engine)s needs a package that is missing here: %(file)s."),
    _(
        "Milvus Lite cannot open its file: another process has it open, or its folder or the package milvus-lite is "
        "missing."
    ),
)
REASONS = OF_FILES + OF_PARSERS + OF_INDEXING + PROVIDER_SENTENCES


def reason_in_language(reason: str) -> str:
    """What a refusal or a stored reason says, for whoever reads it now."""
    return retold(reason, REASONS)


def engine_reason_in_language(reason: str) -> str:
    """What a copy's stored reason says; apart from the others, as any sentence could begin with an engine's name."""
    return retold(reason, OF_ENGINES)
