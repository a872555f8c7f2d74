"""Who takes part in the tests: Alice owns, Bob is of the same house, Charlie must see nothing of it."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from documents.models import Collection
from qabot.api_keys import make_key
from qabot.models import Right


def person(name: str, **more: Any) -> User:
    return User.objects.create_user(name, password=None, **more)


def key_client(owner: User, *rights: str) -> Client:
    """A client that calls with a fresh key of this person; all rights where none are named."""
    text = make_key("test", owner, rights or Right.values).text
    return Client(headers={"Authorization": f"Bearer {text}"})


def collection(slug: str, readers: str = "members", adders: str = "members", *members: User) -> Collection:
    made = Collection.objects.create(name=slug.title(), slug=slug, readers=readers, adders=adders)
    made.members.set(members)
    return made
