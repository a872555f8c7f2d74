"""Write a small PDF with real text, so that no test needs a sample of somebody else's. Knows Helvetica and Latin-1."""

from collections.abc import Sequence

LINE_POINTS = 16
TOP_POINTS, LEFT_POINTS = 780, 60  # on A4


def make_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF of these pages, each given as its lines."""
    first = 4  # after the catalog, the list of pages and the font
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, lines in enumerate(pages):
        objects += [_page(first + 2 * index + 1), _content(lines)]
    return pdf_file(objects)


def _page(content: int) -> bytes:
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
        b" /Contents %d 0 R >>" % content
    )


def _content(lines: Sequence[str]) -> bytes:
    shown = b" T*\n".join(b"(%s) Tj" % escaped(line) for line in lines)
    stream = b"BT /F1 11 Tf %d TL %d %d Td\n%s\nET" % (LINE_POINTS, LEFT_POINTS, TOP_POINTS, shown)
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)


def escaped(line: str) -> bytes:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def pdf_file(objects: Sequence[bytes]) -> bytes:
    written, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(written))
    )
