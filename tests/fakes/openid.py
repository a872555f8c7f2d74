"""An OpenID Connect provider on this machine, with real signed tokens, that tells the truth or lies on demand.

    with FakeOpenId() as provider:
        code = provider.signed_in(address_the_browser_was_sent_to, sub="42", email="a@example.com")
        provider.lie = "expired"  # one of LIES: about the next token

It checks what a provider must: the client's secret, the code (once), the redirect address and PKCE's verifier.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "qabot-client", "a secret of both sides that is long enough"
LIES = (
    "another issuer",
    "another audience",
    "expired",
    "another nonce",
    "no nonce",
    "no subject",
    "unsigned",
    "signed with the shared secret",
    "signed with a stranger's key",
    "no token",
    "an error",
    "nonsense",
)


@dataclass
class FakeOpenId:
    """The server, from `with` to its end."""

    lie: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # what the browser's address said
    codes: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        self.key, self.stranger = (RSAKey.generate_key(2048, {"kid": "1"}, private=True) for _ in range(2))
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def signed_in(self, address: str, **claims: Any) -> dict[str, str]:
        """Somebody signs in at the address they were sent to: the parameters they come back with."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.claims, code = claims, secrets.token_urlsafe(8)
        self.codes.add(code)
        return {"code": code, "state": self.asked["state"]}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],  # as careless ones say
        }

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '%20')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        known = form.get("code", "") in self.codes
        self.codes.discard(form.get("code", ""))
        right = (
            known
            and authorization in (f"Basic {expected}", f"Basic {plain}")
            and form.get("redirect_uri") == self.asked["redirect_uri"]
            and (challenge, "S256") == (self.asked["code_challenge"], self.asked["code_challenge_method"])
        )
        if not right or self.lie == "an error":
            return 400, {"error": "invalid_grant"}
        token = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 60}
        return 200, token if self.lie == "no token" else {**token, "id_token": self._id_token()}

    def _id_token(self) -> str:
        now, lie = int(time.time()), self.lie
        claims: dict[str, Any] = {
            "iss": "https://other.example" if lie == "another issuer" else self.issuer,
            "aud": "another-client" if lie == "another audience" else CLIENT_ID,
            "iat": now - 7200 if lie == "expired" else now,
            "exp": now - 3600 if lie == "expired" else now + 300,
            "nonce": "another" if lie == "another nonce" else self.asked["nonce"],
            **self.claims,
        }
        for gone, name in {"no nonce": "nonce", "no subject": "sub"}.items():
            if lie == gone:
                del claims[name]
        if lie == "another audience":
            claims["azp"] = CLIENT_ID
        if lie == "nonsense":
            return "not.a.token"
        if lie == "unsigned":
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
                + "."
            )
        if lie == "signed with the shared secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET))
        key = self.stranger if lie == "signed with a stranger's key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)


class _Handler(BaseHTTPRequestHandler):
    provider: FakeOpenId

    def do_GET(self) -> None:
        if self.path == "/keys":
            self._answer(200, {"keys": [self.provider.key.as_dict(private=False)]})
        elif self.path == "/.well-known/openid-configuration":
            self._answer(200, self.provider.metadata())
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(*self.provider.redeem(form, self.headers.get("Authorization", "")))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Nothing on stderr."""
