"""A provider's server cannot send us elsewhere: the key goes to the address of the environment alone."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from qabot.provider import Provider, ProviderError, ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.qabot.provider_calls import CANARY, ask, embed


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("call", [ask, embed])
def test_a_redirect_is_a_failure_and_not_followed(call, status: int):
    with FakeProvider() as elsewhere:

        class Redirect(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Location", elsewhere.base_url + self.path.removeprefix("/v1"))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_request(self, code: object = "-", size: object = "-") -> None:
                """Say nothing."""

        with HTTPServer(("127.0.0.1", 0), Redirect) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            provider = Provider(ProviderSettings(f"http://127.0.0.1:{server.server_port}/v1", CANARY, retries=0))
            with pytest.raises(ProviderError) as caught:
                call(provider)
            server.shutdown()

    assert elsewhere.requests == []
    assert CANARY not in repr(caught.value)
