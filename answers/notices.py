"""What a reader is told of an answer that is not what it might have been. Pure: does nothing about it."""

CUT_AT_LIMIT = "This answer reached the longest length and ends here. Ask for the rest."
QUOTED = "these are the sentences of your documents that answer best."
NOTHING_TO_QUOTE = "no sentence of your documents answers by itself."


def broken_off(reason: str) -> str:
    """Of a model that failed after its first word."""
    return f"{reason} This answer is incomplete."


def not_written(reason: str, *, available: bool, quoted: bool) -> str:
    """Of a model that failed before it: whether it would answer something else, and what could be quoted instead."""
    so = "So nothing was written:" if available else "The model is not available:"
    return f"{reason} {so} {QUOTED if quoted else NOTHING_TO_QUOTE}"


def budget_spent(*, quoted: bool) -> str:
    instead = QUOTED if quoted else NOTHING_TO_QUOTE
    return f"Today's budget for written answers is used up: {instead} It starts again at 00:00 UTC."
