"""What was drawn lately, on disk."""

import os
import threading
from pathlib import Path

from documents.picture_cache import DiskCache


def test_what_is_kept_comes_back_and_nothing_else(tmp_path: Path):
    cache = DiskCache(tmp_path / "new" / "folder", 1000)

    assert cache.get("a") is None and not cache.has("a")
    cache.put("a", b"picture")

    assert cache.get("a") == b"picture" and cache.has("a")
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o777 == 0o700


def test_what_was_used_longest_ago_goes_first(tmp_path: Path):
    cache = DiskCache(tmp_path, 30)
    for age, name in enumerate(("c", "b", "a")):
        cache.put(name, b"x" * 10)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    cache.get("a")

    cache.put("d", b"x" * 10)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_what_is_larger_than_all_there_is_room_for_is_not_kept(tmp_path: Path):
    cache = DiskCache(tmp_path, 30)
    cache.put("a", b"x" * 10)

    cache.put("large", b"x" * 31)

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_kept_for_a_time_is_gone_after_it(tmp_path: Path):
    cache = DiskCache(tmp_path, 30)
    cache.put("failure", b"-")
    assert cache.get("failure", within=60) == b"-"

    os.utime(tmp_path / "failure", (1000, 1000))

    assert cache.get("failure", within=60) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    cache = DiskCache(tmp_path / "file", 30)

    cache.put("a", b"x")

    assert cache.get("a") is None


def test_many_at_once_never_see_half_a_picture(tmp_path: Path):
    cache, wrong = DiskCache(tmp_path, 50_000), []

    def work(number: int) -> None:
        for round_ in range(40):
            name = str((number + round_) % 8)
            cache.put(name, name.encode() * 10_000)
            found = cache.get(name)
            if found not in (None, name.encode() * 10_000):
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 50_000
