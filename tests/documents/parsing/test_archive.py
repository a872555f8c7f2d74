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
