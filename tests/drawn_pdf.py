"""Write PDFs whose pages look different: turned, cut, of any size, with text in columns. Knows Helvetica."""

from dataclasses import dataclass

from tests.small_pdf import escaped, pdf_file


@dataclass(frozen=True)
class Line:
    x: float
    y: float
    text: str
    size: int = 11
    upright: bool = False  # runs up the page


@dataclass(frozen=True)
class DrawnPage:
    lines: tuple[Line, ...]
    media_box: str = "0 0 595 842"
    more: str = ""  # further entries of the page: /Rotate, /CropBox


def draw_pdf(*pages: DrawnPage) -> bytes:
    first = 4
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, page in enumerate(pages):
        content = b"\n".join(map(_shown, page.lines))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{page.media_box}] {page.more} "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {first + 2 * index + 1} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return pdf_file(objects)


def _shown(line: Line) -> bytes:
    matrix = "0 1 -1 0" if line.upright else "1 0 0 1"
    place = f"BT /F1 {line.size} Tf {matrix} {line.x} {line.y} Tm ".encode()
    return place + b"(%s) Tj ET" % escaped(line.text)
