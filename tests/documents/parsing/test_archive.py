import pytest

from documents.parsing.archive import check_archive, open_archive, read_entry
from documents.parsing.content import CorruptFile, EncryptedFile, FileTooLarge
from documents.parsing.limits import Limits
from tests.documents.parsing.samples import make_zip


def test_a_sound_archive_passes():
    check_archive(make_zip({"a.xml": "<a/>" * 100_000}), Limits())


def test_the_entry_s_true_size_counts_whatever_the_directory_says():
    content = bytearray(make_zip({"a": b"0" * 50_000_000}))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")  # the size it claims to inflate to

    with pytest.raises((CorruptFile, FileTooLarge)):
        check_archive(bytes(content), Limits())


def test_an_encrypted_part_is_told():
    content = bytearray(make_zip({"a": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(EncryptedFile):
        check_archive(bytes(content), Limits())


def test_a_part_that_does_not_inflate_is_corrupt():
    content = bytearray(make_zip({"a": b"abc" * 1000}))
    content[40:44] = b"\xff\xff\xff\xff"

    with pytest.raises(CorruptFile):
        check_archive(bytes(content), Limits())


def test_a_missing_part_is_corrupt():
    with open_archive(make_zip({"a": b"x"}), 10) as archive, pytest.raises(CorruptFile, match="'b'"):
        read_entry(archive, "b")


# Archive bombs


def docx(parts: dict[str, str | bytes]) -> bytes:
    return make_zip({"[Content_Types].xml": "<Types/>", **parts})


def overlapping(entries: int) -> bytes:
    """Every entry of the directory points at the same compressed data: a few kilobytes that inflate entry by entry."""
    content = bytearray(make_zip({"0": b"0" * 1_000_000}))
    directory, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    listed, tail = bytes(content[directory:end]), bytearray(content[end:])
    tail[8:12] = entries.to_bytes(2, "little") * 2
    tail[12:16] = (len(listed) * entries).to_bytes(4, "little")
    return bytes(content[:directory]) + listed * entries + bytes(tail)


def test_a_bomb_inside_a_bomb_is_not_unpacked():
    bomb = make_zip({f"{n}.zip": make_zip({"0": b"0" * 900_000}) for n in range(10)})

    check_archive(docx({"word/document.xml": "<x/>", "word/embeddings/bomb.zip": bomb}), Limits(max_zip_ratio=2))


@pytest.mark.parametrize("size", [2_000_000, 50_000_000])
def test_a_ratio_that_no_text_has_is_a_bomb(size):
    with pytest.raises(FileTooLarge, match="zip bomb"):
        check_archive(docx({"word/document.xml": b" " * size}), Limits())


def test_entries_that_share_their_data_are_counted_each():
    with pytest.raises((CorruptFile, FileTooLarge)):  # newer Pythons refuse the overlap itself
        check_archive(overlapping(500), Limits(max_zip_ratio=2000))


def test_a_hundred_thousand_entries_are_counted_before_they_are_listed():
    content = overlapping(1)
    entry = content[content.index(b"PK\x01\x02") : content.index(b"PK\x05\x06")]

    with pytest.raises(FileTooLarge, match="more than 10,000 parts"):
        open_archive(content + entry * 100_000, Limits().max_zip_entries)


def test_a_directory_that_says_a_hundred_thousand_and_holds_one_is_read_as_one_or_damaged():
    content = bytearray(make_zip({"a": b"x"}))
    end = content.index(b"PK\x05\x06")
    content[end + 8 : end + 12] = (65535).to_bytes(2, "little") * 2

    try:
        with open_archive(bytes(content), 10) as archive:
            assert archive.namelist() == ["a"]
    except CorruptFile:
        pass
