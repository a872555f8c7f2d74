"""Which account somebody has who comes from an OpenID Connect provider. Knows nothing of the protocol.

An account is found by the provider's own name for a person (issuer and subject) and by nothing else: an e-mail address
can be claimed by anybody, and passes from one person to another.
"""

import re
import secrets

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from qabot.models import OpenIdIdentity

USERNAME_CHARACTERS = 100  # Django's are 150; a suffix may follow


class NotLetIn(Exception):
    """This person may not sign in here. The message is for them."""


def account_of(issuer: str, subject: str, email: str, username: str, email_domains: tuple[str, ...]) -> User:
    """The person's account, made at their first sign-in with no rights but those of everybody who is signed in.

    `email` is an address that the provider has verified, or empty. Raises NotLetIn.
    """
    if email_domains and email.lower().rpartition("@")[2] not in email_domains:
        raise NotLetIn(_("Only people with a confirmed e-mail address of this organisation may sign in here."))
    user = _known(issuer, subject) or _new(issuer, subject, email, username)
    if not user.is_active:
        raise NotLetIn(_("This account is not active. Ask whoever runs this site."))
    return user


def _known(issuer: str, subject: str) -> User | None:
    identity = OpenIdIdentity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    return identity.user if identity else None


def _new(issuer: str, subject: str, email: str, username: str) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create_user(_free_username(username), email)  # without a password that could be used
            OpenIdIdentity.objects.create(user=user, issuer=issuer, subject=subject)
            return user
    except IntegrityError:
        known = _known(issuer, subject)  # made by a sign-in of the same person at the same moment
        if known is None:
            raise
        return known


def _free_username(wanted: str) -> str:
    """A username like the one wanted, and nobody else's: it must never be taken for an account that exists."""
    name = re.sub(r"[^\w.+-]", "", wanted.partition("@")[0])[:USERNAME_CHARACTERS] or "person"
    taken = User.objects.filter(username__iexact=name).exists()
    return f"{name}-{secrets.token_hex(3)}" if taken else name
