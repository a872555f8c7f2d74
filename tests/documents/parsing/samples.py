"""Small files of every format, made as code so that each test shows what it reads."""

import io
import zipfile
from collections.abc import Mapping, Sequence

ODT_TYPE = "application/vnd.oasis.opendocument.text"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def make_pdf(pages: Sequence[Sequence[str]], outline: Sequence[tuple[str, int]] = (), labels: str = "") -> bytes:
    """A PDF of one text line per string; `outline` holds (title, page index), `labels` a page label dictionary."""
    first_page, count = 3, len(pages)
    outline_at = first_page + 2 * count + 1
    kids = " ".join(f"{first_page + 2 * index} 0 R" for index in range(count))
    extra = f"/Outlines {outline_at} 0 R" if outline else ""
    objects = [
        f"1 0 obj <</Type/Catalog /Pages 2 0 R {extra} {labels}>> endobj",
        f"2 0 obj <</Type/Pages /Kids[{kids}] /Count {count}>> endobj",
    ]
    font = first_page + 2 * count
    for index, lines in enumerate(pages):
        number = first_page + 2 * index
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET"
        objects += [
            f"{number} 0 obj <</Type/Page /Parent 2 0 R /MediaBox[0 0 612 792] /Contents {number + 1} 0 R"
            f" /Resources<</Font<</F1 {font} 0 R>>>>>> endobj",
            f"{number + 1} 0 obj <</Length {len(stream)}>> stream\n{stream}\nendstream endobj",
        ]
    objects.append(f"{font} 0 obj <</Type/Font /Subtype/Type1 /BaseFont/Helvetica>> endobj")
    objects += _outline_objects(outline, outline_at, first_page)
    return ("%PDF-1.4\n" + "\n".join(objects) + "\ntrailer <</Root 1 0 R>>\n%%EOF").encode("latin-1")


def _outline_objects(outline: Sequence[tuple[str, int]], at: int, first_page: int) -> list[str]:
    if not outline:
        return []
    last = at + len(outline)
    objects = [f"{at} 0 obj <</Type/Outlines /First {at + 1} 0 R /Last {last} 0 R /Count {len(outline)}>> endobj"]
    for position, (title, page) in enumerate(outline, start=1):
        following = f"/Next {at + position + 1} 0 R" if at + position < last else ""
        destination = f"[{first_page + 2 * page} 0 R /XYZ 72 720 0]"
        objects.append(
            f"{at + position} 0 obj <</Title({title}) /Parent {at} 0 R /Dest {destination} {following}>> endobj"
        )
    return objects


def make_zip(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_odt(body: str, styles: str = "") -> bytes:
    namespaces = f'xmlns:office="{_ODF}:office:1.0" xmlns:text="{_ODF}:text:1.0" xmlns:table="{_ODF}:table:1.0"'
    parts = {
        "mimetype": ODT_TYPE,
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f"<office:document {namespaces}><office:body>{body}</office:body></office:document>",
    }
    if styles:
        parts["styles.xml"] = f"<office:styles {namespaces} xmlns:style='{_ODF}:style:1.0'>{styles}</office:styles>"
    return make_zip(parts)


def make_epub(chapters: Mapping[str, str]) -> bytes:
    """Chapters by their path below EPUB/, in reading order."""
    items = "".join(
        f'<item id="c{n}" href="{path}" media-type="application/xhtml+xml"/>' for n, path in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="EPUB/content.opf"/></rootfiles></container>'
    return make_zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "EPUB/content.opf": package,
            **{f"EPUB/{path}": f"<!DOCTYPE html><html><body>{body}</body></html>" for path, body in chapters.items()},
        }
    )


def make_xlsx(sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> bytes:
    workbook_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    override = f'<Override PartName="/xl/workbook.xml" ContentType="{workbook_type}"/>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered
    )
    return make_zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">{override}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
            **{
                f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{main}">{_rows(sheets[name])}</worksheet>'
                for n, name in numbered
            },
        }
    )


def _rows(rows: Sequence[Sequence[str | float]]) -> str:
    lines = (
        f'<row r="{number}">' + "".join(_cell(column, number, value) for column, value in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    return f"<sheetData>{''.join(lines)}</sheetData>"


def _cell(column: int, row: int, value: str | float) -> str:
    reference = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""
    return f'<c r="{reference}"><v>{value}</v></c>'
