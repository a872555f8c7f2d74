"""Make the sample documents that are not plain text: `python -m bench.samples` writes into documents/samples/.

The others are written by hand where they lie. Needs Chromium, which prints the PDF with its headings as an outline.
"""

import sys

from docx import Document as WordDocument
from playwright.sync_api import sync_playwright

from bench.stack import ROOT
from tests.browser import program

FOLDER = ROOT / "documents" / "samples"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LOOK = """
@page { size: A4; margin: 24mm 22mm; }
body { font: 11.5pt/1.55 "Liberation Serif", serif; color: #1d2124; }
h1 { font-size: 24pt; margin: 0 0 4mm; } h2 { font-size: 15pt; margin: 9mm 0 2mm; break-after: avoid; }
section + section { break-before: page; } p { margin: 0 0 3mm; } .soft { color: #555; }
table { border-collapse: collapse; margin: 3mm 0; } td, th { padding: 1.5mm 5mm 1.5mm 0; text-align: left; }
tr { border-bottom: 0.3mm solid #ccc; }
"""
HANDBOOK = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Observatory handbook</title>
<style>{LOOK}</style>
<section><h1>Observatory handbook</h1>
<p class="soft">For everybody who works at the observatory. In force from 1 January 2026.</p>
<h2>Working hours</h2>
<p>A full working week has 37.5 hours. Whoever works at night begins at sunset and ends at sunrise at the latest.</p>
<p>After a night shift of more than six hours the next day is free.</p>
<h2>Annual leave</h2>
<p>Full-time employees have 28 days of annual leave. Five unused days may be carried over until the end of March.</p>
<p>Leave of more than three weeks has to be agreed with the head of department two months ahead.</p>
</section>
<section><h2>Working from abroad</h2>
<p>Working from abroad is possible for up to 20 working days per year, after approval by the head of department.</p>
<p>The service desk has to be told the country and the dates before the journey begins.</p>
<h2>Lost or stolen equipment</h2>
<p>A lost or stolen laptop must be reported to the service desk within 24 hours. The service desk then locks it from
afar. Nobody has to pay for a loss that was reported in time.</p>
<h2>Travel expenses</h2>
<table><tr><th>Journey<th>What is paid</tr><tr><td>By train<td>Second class, first class from four hours on</tr>
<tr><td>By car<td>30 cents a kilometre</tr><tr><td>Overnight stay<td>Up to 120 euros a night</tr></table>
<p>Receipts have to be handed in within three months. Taxis are paid for between 22:00 and 06:00 only.</p>
</section></html>"""
EVENINGS = [
    ("Title", "Visitor evenings"),
    ("", "On clear Friday evenings from October to March the observatory is open to visitors."),
    ("Heading 1", "Booking a visit"),
    ("", "A visit has to be booked at least two weeks ahead, by telephone or at the gate."),
    ("", "Groups may have up to 25 people. Schools are free of charge; everybody else pays 7 euros."),
    ("Heading 1", "What to bring"),
    ("", "The dome is not heated: visitors should bring a warm coat and gloves even in October."),
    ("", "Torches with a red filter are lent at the gate. White light is not allowed on the platform."),
    ("Heading 1", "When it is cloudy"),
    ("", "If the sky is overcast at 18:00, the evening is moved to the Friday after, and tickets stay valid."),
]


def main() -> None:
    executable = program.chromium()
    if executable is None:
        sys.exit(f"{program.MISSING}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page()
        page.set_content(HANDBOOK)
        page.pdf(path=FOLDER / "Observatory handbook.pdf", outline=True, tagged=True, prefer_css_page_size=True)
        browser.close()
    _write_evenings()


def _write_evenings() -> None:
    word = WordDocument()
    word.core_properties.title, word.core_properties.author = "Visitor evenings", "The observatory"
    for style, text in EVENINGS:
        word.add_paragraph(text, style=style or None)
    word.save(str(FOLDER / "Visitor evenings.docx"))


if __name__ == "__main__":
    main()
