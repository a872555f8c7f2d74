"""Parse XML that may be hostile: no document type, no entities, no network. Knows no format."""

from typing import TypeAlias

from lxml import etree  # type: ignore[import-untyped]  # it has no types

from documents.parsing.content import CorruptFile

Element: TypeAlias = etree._Element
XMLSyntaxError = etree.XMLSyntaxError


def parse_xml(content: bytes) -> Element:
    """The root element. Raises CorruptFile for malformed XML and for XML with a document type."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except (XMLSyntaxError, ValueError) as error:
        raise CorruptFile("The file is damaged: it holds XML that cannot be read.") from error
    if root.getroottree().docinfo.doctype:
        raise CorruptFile("The file holds XML with a document type, which this format does not allow.")
    return root


def local_name(element: Element) -> str:
    """The element's name without its namespace; empty for a comment or a processing instruction."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
