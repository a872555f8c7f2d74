"""Who calls the REST door in tests."""

from typing import Any

from django.test import Client

from qabot.api_keys import make_key
from qabot.models import Right


def key_client(owner: Any, *rights: str) -> Client:
    """A client that calls with a fresh key of this person; all rights where none are named."""
    text = make_key("test", owner, rights or Right.values).text
    return Client(headers={"Authorization": f"Bearer {text}"})
