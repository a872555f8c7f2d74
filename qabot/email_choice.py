"""Choose from the environment how e-mail is sent: not at all, or through one SMTP server. Pure.

The variables are called as Django's settings are.
"""

from dataclasses import dataclass, field

from qabot.environment import Environment

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class EmailServer:
    """An SMTP server. `starttls` begins in the clear, as is usual on port 587; `tls` is encrypted from the start."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    starttls: bool
    tls: bool
    timeout_seconds: int = TIMEOUT_SECONDS


def choose_email(environment: Environment) -> EmailServer | None:
    """The server that EMAIL_* name; what is missing or cannot be used is noted in `environment`."""
    host, user = environment.text("EMAIL_HOST"), environment.text("EMAIL_HOST_USER")
    tls = environment.boolean("EMAIL_USE_SSL", False)
    starttls = environment.boolean("EMAIL_USE_TLS", not tls)
    server = EmailServer(
        host=host,
        port=environment.integer("EMAIL_PORT", 465 if tls else 587, minimum=1, maximum=65535),
        user=user,
        password=environment.text("EMAIL_HOST_PASSWORD"),
        sender=environment.text("DEFAULT_FROM_EMAIL", user),
        starttls=starttls,
        tls=tls,
    )
    if not host:
        return None
    if "@" not in server.sender:
        environment.reject("DEFAULT_FROM_EMAIL must be the address that e-mail is sent from, as name@example.com.")
    if tls and starttls:
        environment.reject("Set EMAIL_USE_SSL or EMAIL_USE_TLS, not both.")
    return server
