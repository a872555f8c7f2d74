"""How much one file may cost. Pure numbers: knows neither settings nor how a limit is enforced."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a file may grow to, and what parsing it may use. The defaults fit a 512 MB dyno."""

    max_pages: int = 5_000
    max_characters: int = 20_000_000  # of text in the whole document
    max_cells: int = 2_000_000  # of a workbook or a CSV file, empty ones counted
    max_inflated_bytes: int = 200 * MEBIBYTE  # of everything in a zip-based format
    max_zip_entries: int = 10_000
    max_zip_ratio: int = 200  # inflated to compressed, of one entry; real office files stay under 100
    memory_bytes: int = 256 * MEBIBYTE  # of the child's private data
    cpu_seconds: int = 120
    wall_seconds: float = 300.0  # that the parent waits for the child; its own work between pages is not counted
