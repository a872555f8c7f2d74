"""Gather the texts that are marked for translation, and bring the catalogues in `locale/` up to date with them.

Needs Babel alone (`requirements/test.in`), not the gettext programs. `bin/translate` runs it; `bin/translate fr` begins
a language. Knows no language: what is new stands in its .po without a translation, and the tests say so.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
# What Django looks a text up in: one catalogue for pages and Python, one for scripts.
SOURCES = {
    "django": ("qabot/**/*.py", "documents/**/*.py", "answers/**/*.py", "templates/**/*.html", "templates/**/*.txt"),
    "djangojs": ("static/js/**/*.js",),
}
PLURAL, IN_CONTEXT, PLURAL_IN_CONTEXT = (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), IN_CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), PLURAL_IN_CONTEXT),
}
NOTE = "Translators:"
# They would change with every run, and say nothing that the history does not.
CHANGING = b"POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid|Generated-By"
CHANGING_LINES = re.compile(rb'^"(?:%s)[^\n]*\n' % CHANGING, re.MULTILINE)
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def gather(domain: str) -> Catalog:
    """All texts of a domain that are marked now, each with the files it stands in."""
    catalog = Catalog(charset="utf-8")
    for pattern in SOURCES[domain]:
        for path in sorted(ROOT.glob(pattern)):
            where = str(path.relative_to(ROOT))
            for line, texts, notes, context in _marked(path):
                catalog.add(texts, locations=[(where, line)], auto_comments=notes, context=context)
    return catalog


def read(language: str, domain: str) -> Catalog:
    """A catalogue as it is kept; empty where there is none yet."""
    path = _path(language, domain)
    if not path.exists():
        return Catalog(language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def as_po(catalog: Catalog) -> bytes:
    """The file that is kept, the same for the same texts whenever it is written."""
    file = io.BytesIO()
    write_po(file, catalog, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
    return CHANGING_LINES.sub(b"", file.getvalue())


def as_mo(catalog: Catalog) -> bytes:
    """What Django reads, the same for the same texts."""
    catalog.creation_date = catalog.revision_date = NO_DATE
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def bring_up_to_date(language: str) -> dict[str, int]:
    """Write a language's catalogues; tells how many texts have no translation yet, by domain."""
    missing = {}
    for domain in SOURCES:
        catalog = read(language, domain)
        # A translation guessed from a similar text would be wrong where nobody looks.
        catalog.update(gather(domain), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.project, catalog.version, catalog.fuzzy = "QABot", "1", False
        catalog.header_comment = f"# QABot's texts in {catalog.locale.english_name if catalog.locale else language}."
        path = _path(language, domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalog))
        path.with_suffix(".mo").write_bytes(as_mo(read(language, domain)))
        missing[domain] = sum(1 for message in catalog if message.id and not _is_whole(message.string))
    return missing


def languages() -> list[str]:
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def _marked(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    source = path.read_text(encoding="utf-8")
    method = "javascript" if path.suffix == ".js" else "python"
    if path.suffix in (".html", ".txt"):
        # Django makes Python of a template, with all else as XXXX. An indented X would be a syntax error.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).split("\n"))
    yield from extract(
        method, io.BytesIO(source.encode()), KEYWORDS, [NOTE], {"encoding": "utf-8"}, strip_comment_tags=True
    )


def _path(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def _is_whole(translation: object) -> bool:
    return all(translation) if isinstance(translation, tuple | list) else bool(translation)


if __name__ == "__main__":
    for language in sys.argv[1:] or languages():
        for domain, count in bring_up_to_date(language).items():
            print(f"{language}/{domain}: {f'{count} texts without a translation' if count else 'complete'}")
