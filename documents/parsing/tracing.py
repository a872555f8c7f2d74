"""Find where each character of a cleaned text came from. Pure: knows cleaning's rules, and nothing of PDF."""

_NEWLINES = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


def trace(raw: str, cleaned: str, joined: str = "") -> list[int] | None:
    """For each character of `cleaned`, its position in `raw`; None where the one was not made of the other.

    Cleaning leaves characters out, writes every line end as a newline, and `joined` as a hyphen and a newline.
    """
    positions: list[int] = []
    place = -1
    half = False  # the newline of a joined hyphen comes next
    for character in cleaned:
        if half:
            if character != "\n":
                return None
            positions.append(place)
            half = False
            continue
        place = _next(raw, place + 1, character, joined)
        if place == -1:
            return None
        positions.append(place)
        half = raw[place] == joined
    return positions


def _next(raw: str, start: int, character: str, joined: str) -> int:
    """The first position from `start` on that this character can have come from, -1 if there is none."""
    for place in range(start, len(raw)):
        found = raw[place]
        if found == character or (character == "\n" and found in _NEWLINES) or (character == "-" and found == joined):
            return place
    return -1
