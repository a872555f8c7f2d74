import pytest

from documents.parsing.content import CorruptFile, Heading, ParsedPage, ParserFailed
from documents.parsing.wire import DoneRecord, ErrorRecord, PageRecord, pack, take

PAGE = PageRecord(3, ParsedPage(1, "label", "日本\n語", (Heading(0, 1, "日本"),), "著者 · Ann Aster"))


def test_records_survive_the_wire_in_any_pieces():
    sent = pack(PAGE) + pack(ErrorRecord("corrupt", "It is damaged.")) + pack(DoneRecord(1))
    buffer, received = bytearray(), []

    for byte in sent:
        buffer.append(byte)
        if record := take(buffer):
            received.append(record)

    assert received == [PAGE, ErrorRecord("corrupt", "It is damaged."), DoneRecord(1)]
    assert buffer == b""


def test_an_error_arrives_as_its_class():
    error = ErrorRecord("corrupt", "It is damaged.").error()

    assert (type(error), str(error)) == (CorruptFile, "It is damaged.")


def test_a_record_too_long_is_refused_before_it_is_read():
    with pytest.raises(ParserFailed):
        take(bytearray(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize("line", [b"x", b"[]", b'["page", {}]', b'["nothing", {}]', b'["done", {"a": 1}]'])
def test_what_is_not_a_record_is_refused(line):
    with pytest.raises(ParserFailed):
        take(bytearray(len(line).to_bytes(4, "big") + line))
