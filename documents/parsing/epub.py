"""Read EPUB with the standard library: the spine's parts in order, each called by its path in the file."""

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from documents.parsing.archive import open_archive, read_entry
from documents.parsing.content import CorruptFile, EncryptedFile, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.markup import decode_html, html_blocks
from documents.parsing.paging import lay_out
from documents.parsing.safe_xml import Element, local_name, parse_xml

_CONTAINER = "META-INF/container.xml"
_RIGHTS = "META-INF/rights.xml"  # where Adobe's and Apple's copy protection keep their key
_MARKUP_TYPES = frozenset({"application/xhtml+xml", "text/html"})


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    """The total grows where a long part takes several pages."""
    with open_archive(content, limits.max_zip_entries) as archive:
        if _RIGHTS in archive.namelist():
            raise EncryptedFile("The e-book is copy-protected and cannot be read.")
        paths = _spine(archive)
        number = 0
        for position, path in enumerate(paths, start=1):
            blocks = html_blocks(decode_html(read_entry(archive, path)))
            for page in lay_out(blocks, label=path, first_number=number + 1):
                number = page.number
                yield number + len(paths) - position, page


def _spine(archive: zipfile.ZipFile) -> list[str]:
    """Paths in the zip of the parts to read, in reading order."""
    package_path = _package_path(archive)
    package = parse_xml(read_entry(archive, package_path))
    folder = posixpath.dirname(package_path)
    names = set(archive.namelist())
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(urlsplit(item.get("href", "")).path)))
        for item in _named(package, "item")
        if item.get("media-type") in _MARKUP_TYPES
    }
    paths = [items[reference] for part in _named(package, "itemref") if (reference := part.get("idref")) in items]
    return [path for path in dict.fromkeys(paths) if path in names]


def _package_path(archive: zipfile.ZipFile) -> str:
    for root_file in _named(parse_xml(read_entry(archive, _CONTAINER)), "rootfile"):
        return root_file.get("full-path", "")
    raise CorruptFile("The e-book is damaged: it does not say where its content is.")


def _named(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if local_name(element) == name]
