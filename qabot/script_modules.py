"""Name the modules that a page's script imports, so that a browser asks for all of them at once instead of in rounds.

Reads the scripts as they stand in static/. Knows nothing of pages.
"""

import re
from functools import cache
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.staticfiles import finders

IMPORT = re.compile(r"""^\s*(?:import|\}|export)\b[^;"']*["'](\.{1,2}/[^"']+)["'];""", re.MULTILINE)


def imported_by(name: str) -> tuple[str, ...]:
    """The modules that this one imports, and those that they do, each once, such as `js/http.js`."""
    # While the scripts are being written, what they import changes under a running server.
    return _imported_by.__wrapped__(name) if settings.DEBUG else _imported_by(name)


@cache
def _imported_by(name: str) -> tuple[str, ...]:
    seen = {name: None}
    to_read = [name]
    while to_read:
        for imported in _imports(to_read.pop()):
            if imported not in seen:
                seen[imported] = None
                to_read.append(imported)
    return tuple(seen)[1:]


def _imports(name: str) -> list[str]:
    """Empty for a script that is not there: the page says so itself where it names the script's address."""
    path = finders.find(name)
    text = Path(path).read_text(encoding="utf-8") if path else ""
    return [_joined(PurePosixPath(name).parent, imported) for imported in IMPORT.findall(text)]


def _joined(folder: PurePosixPath, imported: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(imported).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
