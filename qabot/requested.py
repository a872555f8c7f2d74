"""What a request asks for beside its path: numbers, which may be anything, and whether a piece of a page is enough."""

from django.http import HttpRequest

MAX_ID = 2**63 - 1  # of a row
DIGITS = len(str(MAX_ID))


def number_in(value: str | None, most: int = MAX_ID) -> int | None:
    """A whole number as an address or a form has it, `most` at the most; None for what is none."""
    if not value or not value.isascii() or not value.isdigit() or len(value) > DIGITS:
        return None
    return min(int(value), most)


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a script asks for a piece of a page, which it puts into the one that is shown."""
    return request.headers.get("X-Requested-With") == "fragment"
