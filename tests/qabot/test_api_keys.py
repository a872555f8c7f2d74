"""API keys: made once, recognised in constant time, refused when revoked, expired or orphaned of an active owner."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from qabot.api_keys import InvalidKey, make_key, note_use, recognise, revoke
from qabot.models import ApiKey
from tests.callers import key_client
from tests.library import make_user

pytestmark = pytest.mark.django_db


def test_a_key_is_recognised_and_only_its_hash_is_kept():
    made = make_key("laptop", make_user("alice"))

    kept = ApiKey.objects.get()
    assert re.fullmatch(r"qab_[a-z0-9]{8}_[0-9a-f]{64}", made.text)
    assert recognise(made.text) == kept
    assert kept.digest == hashlib.sha256(made.text.encode()).hexdigest()
    assert made.text.split("_")[2] not in json.dumps(list(ApiKey.objects.values()), default=str)


@pytest.mark.parametrize("wrong", ["", "qab_", "qab__", "sk-123", "qab_abcdefgh_" + "0" * 64, "qab_a\0b_c", "qab_ä_b"])
def test_a_text_that_is_no_key_is_not_known(wrong: str):
    with pytest.raises(InvalidKey, match=r"^This API key is not known\.$"):
        recognise(wrong)


def test_the_right_prefix_with_another_secret_is_not_known():
    made = make_key("laptop", make_user("alice"))

    with pytest.raises(InvalidKey, match="not known"):
        recognise(made.text[:-1] + ("0" if made.text[-1] != "0" else "1"))


def test_revoked_expired_and_inactive_keys_are_refused():
    alice, bob = make_user("alice"), make_user("bob", is_active=False)
    revoked, expired, orphaned = (
        make_key("revoked", alice),
        make_key("expired", alice, expires_at=timezone.now() - timedelta(seconds=1)),
        make_key("orphaned", bob),
    )
    revoke(revoked.key)

    refusals = []
    for made in (revoked, expired, orphaned):
        with pytest.raises(InvalidKey) as refused:
            recognise(made.text)
        refusals.append(str(refused.value))
    assert refusals == [
        "This API key is revoked.",
        "This API key is expired.",
        "The account of this API key is not active.",
    ]


def test_revoking_twice_keeps_the_first_moment():
    made = make_key("laptop", make_user("alice"))
    first = datetime(2026, 1, 1, tzinfo=UTC)
    ApiKey.objects.update(revoked_at=first)

    revoke(made.key)

    assert ApiKey.objects.get().revoked_at == first


def test_use_is_noted_once_a_minute_at_most():
    made = make_key("laptop", make_user("alice"))
    recently, long_ago = timezone.now() - timedelta(seconds=30), timezone.now() - timedelta(seconds=90)
    noted = []

    for before in (None, recently, long_ago):
        ApiKey.objects.update(last_used_at=before)
        note_use(recognise(made.text))
        noted.append(ApiKey.objects.get().last_used_at != before)

    assert noted == [True, False, True]


@pytest.mark.parametrize("rights", [[], ["ask", "rule"]])
def test_the_database_refuses_unknown_rights_and_none(rights: list[str]):
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(name="x", owner=make_user("alice"), prefix="x", digest="x", rights=rights)


def test_a_request_with_a_wrong_key_is_refused_though_its_session_is_signed_in():
    client = Client(headers={"Authorization": "Bearer qab_abcdefgh_nonsense"})
    client.force_login(make_user("alice"))

    response = client.get("/api/documents")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="QABot"'
    assert response.json()["code"] == "authentication_failed"


@pytest.mark.parametrize(("rights", "status"), [(["read"], 200), (["ask", "write"], 403), (["ask", "read"], 200)])
def test_a_key_may_do_what_its_rights_say(rights: list[str], status: int):
    assert key_client(make_user("alice"), *rights).get("/api/documents").status_code == status


def test_the_command_prints_the_key_alone_on_its_line():
    make_user("root", is_superuser=True)
    out, err = StringIO(), StringIO()

    call_command("api_key", "create", "laptop", "--rights", "ask,read", stdout=out, stderr=err)

    assert recognise(out.getvalue().removesuffix("\n")).rights == ["ask", "read"]
    assert err.getvalue() == "A key for root. It is shown only this once:\n"


def test_the_command_lists_and_revokes_without_showing_the_key():
    alice = make_user("alice")
    text = make_key("laptop", alice).text
    listed, revoked = StringIO(), StringIO()

    call_command("api_key", "list", "--json", stdout=listed)
    call_command("api_key", "revoke", text.split("_")[1], "--json", stdout=revoked)

    [key] = json.loads(listed.getvalue())
    assert key | {"created_at": None} == {
        "prefix": text.split("_")[1],
        "name": "laptop",
        "user": "alice",
        "rights": ["ask", "read", "write"],
        "collections": None,
        "state": "valid",
        "created_at": None,
        "expires_at": None,
        "last_used_at": None,
    }
    assert json.loads(revoked.getvalue()) == key | {"state": "revoked"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "x"], "Name the key's owner with --user: there is not exactly one active superuser."),
        (["create", "x", "--user", "nobody"], "There is no active user named 'nobody'."),
        (
            ["create", "x", "--user", "alice", "--rights", "ask,rule"],
            "--rights takes some of ask,read,write, not 'ask,rule'.",
        ),
        (["revoke", "abcdefgh"], "There is no key with the prefix 'abcdefgh'."),
    ],
)
def test_the_command_says_what_it_cannot_do(arguments: list[str], message: str):
    make_user("alice")

    with pytest.raises(CommandError) as refused:
        call_command("api_key", *arguments)

    assert str(refused.value) == message


def test_the_admin_lists_and_revokes_keys_without_their_hash(client: Client):
    root = make_user("root", is_superuser=True, is_staff=True)
    key = make_key("laptop", root).key
    client.force_login(root)

    shown = client.get(f"/admin/qabot/apikey/{key.pk}/change/").content.decode()
    answered = client.post("/admin/qabot/apikey/", {"action": "revoke_selected", "_selected_action": [key.pk]})

    assert (key.prefix in shown, key.digest in shown) == (True, False)
    assert (answered.status_code, ApiKey.objects.get().state) == (302, "revoked")
