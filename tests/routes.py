"""Every address the URL resolver knows, with something in place of its arguments."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
GROUP = re.compile(r"\(\?P<(?P<name>\w+)>(?:[^()]|\([^()]*\))*\)")
CATCH_ALL = {"api/", "admin/(?P<url>.*)$"}  # answer what no other route does


def addresses() -> list[str]:
    """One path for each route, such as `/documents/1/pages/1`; the same path is named once."""
    return sorted({"/" + _filled(route) for route in _routes(get_resolver(), "") if route not in CATCH_ALL})


def _routes(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes(pattern, route)


def _filled(route: str) -> str:
    route = GROUP.sub(lambda found: "documents" if found["name"] == "app_label" else "1", route)
    route = ARGUMENT.sub(lambda found: "x" if found["kind"] == "str" else "1", route)
    return re.sub(r"\\Z|[$^?\\]", "", route)
