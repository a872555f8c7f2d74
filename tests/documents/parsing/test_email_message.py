from email.message import EmailMessage

from documents.parsing.content import Heading
from documents.parsing.email_message import parse
from documents.parsing.limits import Limits


def read(content: bytes):
    [(_, page)] = parse(content, Limits())
    return page


def make_message(subject: str, text: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@example.com>", "bob@example.com", subject
    if text:
        message.set_content(text)
    return message


def test_headers_and_body_are_read():
    page = read(make_message("Grüße", "Hello Bob.\n\nSee you.").as_bytes())

    assert page.text == ("Subject: Grüße\nFrom: Ann <ann@example.com>\nTo: bob@example.com\n\nHello Bob.\n\nSee you.")
    assert page.headings == (Heading(0, 1, "Subject: Grüße"),)


def test_the_plain_text_stands_for_its_html_twin():
    message = make_message("Two", "Plain")
    message.add_alternative("<p>Rich</p>", subtype="html")

    assert read(message.as_bytes()).text.endswith("\n\nPlain")


def test_html_alone_is_read_as_html():
    message = make_message("Rich")
    message.set_content("<style>x</style><p>Rich <b>text</b></p>", subtype="html")

    assert read(message.as_bytes()).text.endswith("\n\nRich text")


def test_attachments_are_named_and_text_and_messages_in_them_read():
    message = make_message("Outer", "Body")
    message.add_attachment("Notes", filename="notes.txt")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="report.pdf")
    message.add_attachment(make_message("Inner", "Inside"))

    text = read(message.as_bytes()).text

    assert text.split("\n\n")[1:] == [
        "Body", "Attachment: notes.txt", "Notes", "Attachment: report.pdf",
        "Subject: Inner\nFrom: Ann <ann@example.com>\nTo: bob@example.com", "Inside",
    ]  # fmt: skip


def test_a_body_in_its_declared_encoding_is_decoded():
    head = b"Subject: x\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\n"

    assert read(head + "Свобода".encode("koi8-r")).text.endswith("Свобода")


def test_a_message_saved_as_utf_16_is_read():
    assert read("Subject: x\n\nHello".encode("utf-16")).text == "Subject: x\n\nHello"


def test_messages_nested_without_end_are_cut_off():
    nested = b"Content-Type: message/rfc822\n\n" * 500 + b"Subject: deep\n\nbody"

    assert read(b"Subject: top\n" + nested).text == "Subject: top"
