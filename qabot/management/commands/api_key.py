"""Make, list and revoke API keys."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from documents.models import Collection
from qabot.api_keys import make_key, revoke
from qabot.models import ApiKey, Right


class Command(BaseCommand):
    help = "Make, list and revoke API keys. A new key is printed once, alone on its line; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", metavar="create | list | revoke", required=True)
        create = commands.add_parser("create", help="make a key")
        create.add_argument("name", metavar="NAME", help="what it is for")
        create.add_argument("--user", metavar="USER", help="whom it acts for (default: the only superuser)")
        create.add_argument("--rights", default="ask,read,write", help="some of ask,read,write (default: all)")
        create.add_argument("--collections", metavar="SLUGS", help="limit it to these (default: all its owner's)")
        create.add_argument("--days", type=int, help="let it expire after so many days")
        revoking = commands.add_parser("revoke", help="refuse a key from now on")
        revoking.add_argument("prefix", metavar="PREFIX", help="the eight characters after qab_; or the whole key")
        for command in (create, revoking, commands.add_parser("list", help="list all keys")):
            command.add_argument("--json", action="store_true", dest="as_json", help="write JSON")

    def handle(self, *args: object, **options: Any) -> None:
        {"create": self.create, "list": self.list, "revoke": self.revoke}[options["command"]](options)

    def create(self, options: dict[str, Any]) -> None:
        expires_at = None
        if options["days"] is not None:
            if not 0 < options["days"] <= 36_500:
                raise CommandError("--days must be between 1 and 36,500.")
            expires_at = timezone.now() + timedelta(days=options["days"])
        owner = _owner(options["user"])
        limits = _rights(options["rights"]), expires_at, _collections(options["collections"], owner)
        made = make_key(options["name"][:120], owner, *limits)
        if options["as_json"]:
            self._write_json({"key": made.text, **_shown(made.key)})
            return
        self.stderr.write(f"A key for {made.key.owner}. It is shown only this once:")
        self.stdout.write(made.text)

    def list(self, options: dict[str, Any]) -> None:
        keys = [_shown(key) for key in ApiKey.objects.select_related("owner").prefetch_related("collections")]
        if options["as_json"]:
            self._write_json(keys)
            return
        for key in keys:
            rights = ",".join(key["rights"])
            reach = "" if key["collections"] is None else f"  only {','.join(key['collections']) or 'nothing'}"
            used = f"used {key['last_used_at']}" if key["last_used_at"] else "never used"
            self.stdout.write(
                f"qab_{key['prefix']}_…  {key['state']:8} {rights:15} {key['user']}  {key['name']}{reach}  {used}"
            )

    def revoke(self, options: dict[str, Any]) -> None:
        prefix = options["prefix"].removeprefix("qab_").split("_")[0]
        key = ApiKey.objects.filter(prefix=prefix).first()
        if key is None:
            raise CommandError(f"There is no key with the prefix {prefix!r}.")
        revoke(key)
        key.refresh_from_db()
        if options["as_json"]:
            self._write_json(_shown(key))
            return
        self.stdout.write(f"{key} is refused from now on.")

    def _write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, default=str, ensure_ascii=False))


def _owner(username: str | None) -> User:
    if username is not None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named {username!r}.")
        return user
    superusers = list(User.objects.filter(is_superuser=True, is_active=True)[:2])
    if len(superusers) != 1:
        raise CommandError("Name the key's owner with --user: there is not exactly one active superuser.")
    return superusers[0]


def _rights(text: str) -> list[str]:
    rights = [right.strip() for right in text.split(",") if right.strip()]
    unknown = sorted(set(rights) - set(Right.values))
    if unknown or not rights:
        raise CommandError(f"--rights takes some of {','.join(Right.values)}, not {text!r}.")
    return rights


def _collections(text: str | None, owner: User) -> list[Collection] | None:
    if text is None:
        return None
    slugs = {slug.strip() for slug in text.split(",") if slug.strip()}
    found = list(Collection.objects.visible_to(owner).filter(slug__in=slugs))
    missing = sorted(slugs - {collection.slug for collection in found})
    if missing or not found:
        raise CommandError(f"{owner} reads no collection named {', '.join(missing) or repr(text)}.")
    return found


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "user": key.owner.get_username(),
        "rights": key.rights,
        "collections": [collection.slug for collection in key.collections.all()] if key.limited else None,
        "state": key.state,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }
