"""What a page weighs as a production server sends it, and that it comes in one round of requests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.visiting import Visit
from tests.browser.world import World
from tests.site import Site, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

MOST_BYTES = 150_000  # of a page before its images
PAGES = (
    ("", "/login"),
    ("alice", "/"),
    ("alice", "/conversations/{rich}"),
    ("alice", "/answers/{rich_answer}/found"),
    ("", "/shared/{token}"),
    ("alice", "/documents"),
    ("alice", "/documents/{pdf}/pages/2?start=7&end=56"),
    ("alice", "/documents/{text}/pages/1"),
    ("alice", "/account"),
    ("root", "/admin/"),
    ("root", "/admin/documents/document/"),
    ("root", "/admin/answers/answer/"),
)


@dataclass
class Request:
    """One that a page made: its bytes as they came over the wire, head and all."""

    address: str
    kind: str
    initiator: str
    size: int = 0


@dataclass
class Transfer:
    """All that a page asked for while it was followed."""

    requests: dict[str, Request] = field(default_factory=dict)

    def follow(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._came)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def bytes_of(self, *kinds: str) -> int:
        return sum(request.size for request in self.requests.values() if request.kind in kinds)

    def chained(self) -> list[str]:
        """Style sheets and scripts that the page's own HTML does not name: they are asked for a round later."""
        first = {request.address for request in self.requests.values() if request.initiator in ("parser", "other")}
        wanted = {request.address for request in self.requests.values() if request.kind in ("Stylesheet", "Script")}
        return sorted(wanted - first)

    def _sent(self, event: dict[str, Any]) -> None:
        request = Request(event["request"]["url"], event.get("type", "Other"), event["initiator"]["type"])
        self.requests[event["requestId"]] = request

    def _came(self, event: dict[str, Any]) -> None:
        self.requests[event["requestId"]].size = int(event["encodedDataLength"])


@pytest.fixture(scope="module")
def production(world: World, collected_static: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Gunicorn as it is deployed, on the world's database."""
    site = Site(tmp_path_factory.mktemp("production") / "log")
    with running(site.process):
        yield f"http://localhost:{site.port}"


@pytest.mark.parametrize(("person", "path"), PAGES, ids=[path for _, path in PAGES])
def test_a_page_is_light_and_comes_in_one_round(person: str, path: str, production: str, visit: Callable[..., Visit]):
    visitor = visit(person, base_url=production)
    transfer = Transfer()
    transfer.follow(visitor.page)

    visitor.page.goto(visitor.world.address(path), wait_until="networkidle")

    html, css = transfer.bytes_of("Document"), transfer.bytes_of("Stylesheet")
    scripts, images = transfer.bytes_of("Script", "Other"), transfer.bytes_of("Image")
    figures = f"HTML {html:7,} CSS {css:7,} JS {scripts:7,} images {images:7,} requests {len(transfer.requests):3}"
    print(f"\n{path:45} {figures}")
    for request in transfer.requests.values():
        print(
            f"    {request.size:7,} {request.kind:10} {request.initiator:8} {request.address.partition(production)[2]}"
        )
    assert html + css + scripts < MOST_BYTES
    assert transfer.chained() == []
