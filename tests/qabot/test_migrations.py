"""A release's migrations only add, so that the release before, or after a rollback, runs on the tables they leave.

Read from the SQL that migrations are, from the tables, and by doing it: old models write, and today's code runs on
tables of a release to come.
"""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test import Client

from answers.answering import AnsweringOptions, ask
from answers.models import AnswerStatus, Conversation
from documents.scoping import scope_for
from tests.library import index_text, make_collection, make_user

OURS = ("qabot", "documents", "answers", "evaluation")
# Written together with the tables they are about, before anything ran.
RULES_OF_NEW_TABLES = {(app, "0002_database_rules") for app in ("documents", "answers", "evaluation")}
# Rules for tables that a release before writes to, each with the reason why that goes on.
KEPT_BY_EARLIER_CODE = {
    "document_quarantined_with_reason": "the columns' defaults satisfy it",
    "one_building_index": "no index was ever building",
    "index_state_known": "it knows no other state",
}
LARGE_TABLES = ("documents_chunk", "documents_embedding", "documents_page", "answers_retrievedpassage")

NAME = r'"?(?P<table>\w+)"?'
HARMLESS = [
    r"CREATE (EXTENSION|FUNCTION|TRIGGER) .*",
    r"(UPDATE|INSERT INTO) .*",  # of rows; what they may hold the tables' rules say
    r"SET CONSTRAINTS .* IMMEDIATE",
    rf"ALTER TABLE {NAME} ALTER COLUMN \w+ SET STORAGE \w+",
    rf"ALTER TABLE {NAME} SET UNLOGGED",
    rf"ALTER TABLE {NAME} SET \(toast_tuple_target = \d+\)",  # of rows that are written from now on
]
CREATE_TABLE = rf"CREATE TABLE {NAME} .*"
CREATE_INDEX = rf"CREATE (UNIQUE )?INDEX (?P<concurrently>CONCURRENTLY )?.*? ON {NAME} .*"
CREATE_UNIQUE = rf'CREATE UNIQUE INDEX "(?P<name>\w+)" ON {NAME} .*'
ADD_COLUMN = rf"ALTER TABLE {NAME} ADD COLUMN (?P<column>.*)"
ADD_CONSTRAINT = rf'ALTER TABLE {NAME} ADD CONSTRAINT "?(?P<name>\w+)"? .*'
DROP_A_DEFAULT = rf"ALTER TABLE {NAME} ALTER COLUMN .* DROP DEFAULT"


@cache
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def our_migrations() -> list[tuple[str, str]]:
    return sorted(key for key in loader().disk_migrations if key[0] in OURS)


def statements(key: tuple[str, str]) -> Iterator[str]:
    """A migration's SQL, one statement at a time and on one line, without comments."""
    node = loader().graph.nodes[key]
    with connection.schema_editor(collect_sql=True, atomic=node.atomic) as editor:
        node.apply(loader().project_state(key, at_end=False), editor, collect_sql=True)
    for collected in editor.collected_sql:
        without_bodies = re.sub(r"\$\$.*?\$\$", "$$", collected, flags=re.DOTALL)
        for statement in without_bodies.split(";"):
            lines = (line for line in statement.splitlines() if not line.lstrip().startswith("--"))
            if text := " ".join(" ".join(lines).split()):
                yield text


def what_breaks(key: tuple[str, str], sql: list[str]) -> list[str]:
    """The statements of a migration after which code that does not know it would fail."""
    new = {found["table"] for statement in sql if (found := re.fullmatch(CREATE_TABLE, statement))}
    return [statement for statement in sql if not is_harmless(statement, new, key in RULES_OF_NEW_TABLES)]


def is_harmless(statement: str, new: set[str], rules_of_new_tables: bool) -> bool:
    """Whether code that knows nothing of it goes on working; `new` are the tables that the same migration makes."""
    if any(re.fullmatch(pattern, statement) for pattern in (*HARMLESS, CREATE_TABLE)):
        return True
    if found := re.fullmatch(ADD_CONSTRAINT, statement) or re.fullmatch(CREATE_UNIQUE, statement):
        return found["table"] in new or rules_of_new_tables or found["name"] in KEPT_BY_EARLIER_CODE
    if found := re.fullmatch(CREATE_INDEX, statement):
        return found["table"] in new or found["table"] not in LARGE_TABLES or bool(found["concurrently"])
    if found := re.fullmatch(ADD_COLUMN, statement):
        return "NOT NULL" not in found["column"] or "DEFAULT" in found["column"]
    return False


@pytest.mark.django_db
@pytest.mark.parametrize("key", our_migrations(), ids=lambda key: ".".join(key))
def test_a_migration_only_adds(key: tuple[str, str]):
    assert what_breaks(key, list(statements(key))) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("document", "about"),
        migrations.RenameField("document", "about", "described"),
        migrations.AlterField("document", "name", models.CharField(max_length=20)),
        migrations.AlterField("document", "ready_at", models.DateTimeField()),
        migrations.DeleteModel("Worker"),
        migrations.AddField("document", "language", models.CharField(max_length=2, default="")),
        migrations.AddConstraint("document", models.CheckConstraint(condition=models.Q(size_bytes__gt=9), name="big")),
        migrations.AddConstraint("document", models.UniqueConstraint(fields=["name"], name="name_once")),
        migrations.AddIndex("chunk", models.Index(fields=["page_number"], name="by_page")),
        migrations.RunSQL("DROP TRIGGER count_tokens ON documents_chunk"),
    ],
    ids=lambda operation: operation.describe()[:60],
)
def test_what_would_break_the_release_before_is_found(operation: migrations.operations.base.Operation):
    state = loader().project_state(loader().graph.leaf_nodes("documents"))
    after = state.clone()
    operation.state_forwards("documents", after)
    with connection.schema_editor(collect_sql=True) as editor:
        operation.database_forwards("documents", editor, state, after)
    sql = [" ".join(statement.rstrip(";").split()) for statement in editor.collected_sql]

    assert what_breaks(("documents", "9999_next"), [line for line in sql if not line.startswith("--")]) != []


def test_every_exception_is_still_needed():
    sources = " ".join(str(vars(node)) for key, node in loader().disk_migrations.items() if key[0] in OURS)

    assert [name for name in KEPT_BY_EARLIER_CODE if name not in sources] == []


@pytest.mark.django_db
def test_models_of_every_earlier_migration_find_their_columns_and_can_leave_out_the_others():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' "
            "FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        rows = cursor.fetchall()
    optional = {(table, column): free for table, column, free in rows}

    unusable = []
    for key in our_migrations():
        for model in earlier_models(key):
            table, known = model._meta.db_table, {field.column for field in model._meta.local_concrete_fields}
            known.discard(None)  # a composite key has no column of its own
            unusable += [f"{key}: {table}.{column} is gone" for column in known if (table, column) not in optional]
            unusable += [
                f"{key}: {table}.{column} must be given"
                for (other, column), free in optional.items()
                if other == table and column not in known and not free
            ]
    assert unusable == []


@pytest.mark.django_db
def test_the_release_before_writes_to_the_tables_of_today():
    user = make_user()
    library = earlier_apps("documents", "0004_token_signs")
    shelf = library.get_model("documents", "Collection").objects.create(name="Old", slug="old")
    document = library.get_model("documents", "Document").objects.create(
        collection=shelf, name="a.txt", media_type="text/plain", size_bytes=1, sha256="0" * 64
    )
    keys = earlier_apps("qabot", "0001_api_key").get_model("qabot", "ApiKey")
    key = keys.objects.create(owner_id=user.pk, name="k", prefix="abcdefgh", digest="0" * 64, rights=["ask"])
    asked = earlier_apps("answers", "0003_reranked_passages")
    conversation = asked.get_model("answers", "Conversation").objects.create()
    answer = asked.get_model("answers", "Answer").objects.create(conversation=conversation, question="Why?")

    assert [row.pk > 0 for row in (shelf, document, key, conversation, answer)] == [True] * 5
    document.refresh_from_db()
    answer.refresh_from_db()


@pytest.mark.django_db
def test_this_release_runs_on_the_tables_of_the_next(client: Client):
    """After a rollback: code of today, tables of tomorrow, and migrations in the table that it does not know."""
    state = loader().project_state(loader().graph.leaf_nodes())
    for operation, app in next_release():
        after = state.clone()
        operation.state_forwards(app, after)
        with connection.schema_editor() as editor:
            operation.database_forwards(app, editor, state, after)
        state = after
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('documents', '9999_next', now())")

    call_command("migrate", verbosity=0, interactive=False)  # the release phase of the rollback
    shelf, alice = make_collection(), make_user()
    document = index_text(shelf, "bees.txt", "Bees make honey. A hive holds 40,000 bees in summer.", alice)
    scope = scope_for(alice, None, None)
    answer = ask("How many bees live in a hive?", Conversation.objects.create(), scope, AnsweringOptions(None, 6000))

    assert (document.status, answer.status, client.get("/readyz").status_code) == ("ready", AnswerStatus.DONE, 200)


def next_release() -> Iterator[tuple[migrations.operations.base.Operation, str]]:
    """What a next release may bring: columns that are optional or have a default in the database, and tables."""
    for model in ("document", "chunk", "embedding", "collection"):
        yield migrations.AddField(model, "next_null", models.TextField(null=True)), "documents"
        yield migrations.AddField(model, "next_default", models.IntegerField(default=0, db_default=0)), "documents"
    for model in ("answer", "conversation", "citation", "retrievedpassage"):
        yield migrations.AddField(model, "next_null", models.TextField(null=True)), "answers"
    yield migrations.CreateModel("Next", [("id", models.BigAutoField(primary_key=True))]), "documents"


def earlier_state(key: tuple[str, str]) -> ProjectState:
    return loader().project_state(key)


def earlier_apps(app: str, name: str):
    return earlier_state((app, name)).apps


def earlier_models(key: tuple[str, str]) -> list[type[models.Model]]:
    """This app's models as they were right after one of its migrations."""
    return list(earlier_state(key).apps.get_app_config(key[0]).get_models())
