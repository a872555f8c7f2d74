"""The house rules, checked: which way imports go, what is pure, who may touch what, and how long things are.

`pytest -s tests/test_architecture.py` prints the figures.
"""

import ast
from pathlib import Path
from statistics import median

import pytest

from tests.source_code import ROOT, Module, cycles, modules, reachable

MODULES = modules()
GRAPH = {name: module.imports(MODULES) for name, module in MODULES.items()}

# Layers, from what everything rests on to what people and machines touch. A module imports its own layer and below.
MODELS, STAGES, DOORS, EDGES = range(4)
MODEL_NAMES = {"models", "querysets"}
DOOR_MODULES = {
    "documents.indexing",
    "documents.options",  # what settings mean for indexing
    "documents.transfer.importing",  # takes whole collections in, as the worker does documents
    "documents.worker",  # claims documents and has them indexed
    *(f"documents.embedding_indexes.{name}" for name in ("estimating", "filling", "status", "words")),
    "answers.answering",
    "answers.options",  # what settings mean for answering
}
EDGE_NAMES = {
    "admin",
    "admin_columns",
    "admin_dashboard",
    "admin_home",
    "admin_indexes",
    "admin_needs",
    "admin_people",
    "admin_plots",
    "admin_quarantine",
    "admin_site",
    "admin_spending",
    "admin_tiles",
    "admin_upload",
    "answer_pages",
    "api",
    "api_urls",
    "ask_page",
    "bulk_pages",
    "collection_pages",
    "conversation_pages",
    "forms",
    "page_urls",
    "pages",
    "sample_pages",
    "serializers",
    "serializing",
    "sharing_pages",
    "source_picture_pages",
    "streaming",
    "urls",
}
# An evaluation indexes and asks through the real doors, from outside; no stage or door may rest on it.
EDGE_PARTS = {"evaluation", "management", "templatetags"}
EDGE_MODULES = {
    "gunicorn.conf",
    "manage",
    "qabot.account_pages",
    "qabot.first_start",
    "qabot.health",
    "qabot.key_form",
    "qabot.key_pages",
    "qabot.openid_signin",
    "qabot.passwords",
    "qabot.settings",
    "qabot.signin",
    "qabot.wsgi",
}

PURE = {
    "documents": (
        "bm25 chunking scope stop_words token_estimates tokens "
        "transfer.archive transfer.fields transfer.layout transfer.reading"
    ),
    "answers": (
        "citations content_words extraction follow_ups fusion marks notices passages prompting refusal rendering "
        "sentences support evaluation.chart evaluation.comparing evaluation.golden "
        "evaluation.judging evaluation.legs evaluation.metrics evaluation.questions evaluation.report"
    ),
}
IMPURE = {
    "clock": {"time", "datetime"},
    "Django": {"django", "rest_framework", "drf_spectacular", "pgvector", "psycopg"},
    "network": {"http", "httpx", "httpx2", "openai", "requests", "socket", "ssl", "urllib.request"},
    "system": {"multiprocessing", "os", "resource", "signal", "subprocess", "tempfile"},
}
IMPURE_NAMES = set().union(*IMPURE.values())
# Where parsing needs more than its input: the guard and its child are processes, and cells of a sheet hold dates.
PARSING_NEEDS = {
    "documents.parsing.guard": {"os", "signal", "subprocess", "tempfile", "time"},
    "documents.parsing.child": {"os", "resource", "signal"},
    "documents.parsing.landlock": {"os"},
    "documents.parsing.seccomp": {"os"},
    "documents.parsing.sheets": {"datetime"},
}

READ_ENVIRONMENT = {
    "qabot.settings": "reads it once, typed, for everybody",
    "qabot": "keeps numpy to one thread, before numpy is loaded",
    "manage": "names the settings module",
    "qabot.management.commands.serve": "tells the C library of its children how many heaps to keep",
    "qabot.wsgi": "names the settings module",
    "gunicorn.conf": "names the settings module",
    "documents.parsing.guard": "hands a few harmless variables on to the parser's process, and no secret",
}
HOLD_SQL = {
    "documents.embedding_indexes.storing": "COPY of further embeddings",
    "answers.storing": "COPY of the passages that were considered",
    "answers.checking": "what must be true of stored answers",
    "documents.checking": "what must be true of stored documents",
    "documents.engine_copies.switching": "who writes embeddings",
    "documents.lexical_index": "BM25 by sparse vectors",
    "documents.moving": "a document's move to another collection",
    "documents.querysets": "queries",
    "documents.staging": "COPY, and the move into place",
    "documents.transfer.exporting": "one statement: an export is of one moment",
    "documents.vector_index.pgvector": "nearest neighbours",
    "documents.vector_index.extension": "its version",
    "documents.vital_signs": "one statement for whoever monitors",
    "qabot.doctor.database": "what PostgreSQL says of itself",
    "qabot.backup.scratch": "makes and drops databases",
    "qabot.backup.server": "databases as a whole",
    "qabot.rate_cache": "one upsert a count",
}
LONG_FUNCTIONS: dict[str, str] = {}  # over 50 lines, each with its reason
MAX_MODULE_LINES, LARGE_MODULE_LINES, LARGE_MODULES_SHARE = 400, 250, 0.03
MAX_FUNCTION_LINES, LONG_FUNCTIONS_SHARE = 50, 0.04


def layer(name: str) -> int:
    parts = name.split(".")
    if name in EDGE_MODULES or parts[-1] in EDGE_NAMES or EDGE_PARTS & set(parts):
        return EDGES
    if name in DOOR_MODULES:
        return DOORS
    return MODELS if parts[-1] in MODEL_NAMES else STAGES


def app(name: str) -> str:
    return name.split(".")[0]


def uses(module: Module, names: set[str]) -> set[str]:
    """Those of `names` that a module imports, itself or a part of it."""
    return {name for name in names if any(f"{used}.".startswith(f"{name}.") for used in module.imported_names)}


def pure_modules() -> list[str]:
    named = [f"{app_name}.{name}" for app_name, names in PURE.items() for name in names.split()]
    return named + [name for name in MODULES if name.startswith("documents.parsing.")]


def test_imports_go_from_edges_through_the_two_doors_and_stages_to_models():
    upward = [
        f"{name} imports {imported}"
        for name, imports in GRAPH.items()
        for imported in sorted(imports)
        if layer(imported) > layer(name)
    ]

    assert upward == []


def test_answers_know_documents_and_documents_do_not_know_answers():
    documents = [name for name in MODULES if app(name) == "documents"]

    assert [name for name in documents if any(app(other) == "answers" for other in GRAPH[name])] == []


def test_what_lies_below_both_apps_knows_neither():
    below = [name for name in MODULES if app(name) == "qabot" and layer(name) < EDGES]

    assert [name for name in below if any(app(other) in PURE for other in GRAPH[name])] == []


def test_no_modules_import_each_other_in_a_circle():
    assert cycles(GRAPH) == []


@pytest.mark.parametrize("name", pure_modules())
def test_a_pure_module_and_all_it_imports_know_no_django_clock_network_or_system(name: str):
    rests_on = sorted(reachable(name, GRAPH))
    found = {other: uses(MODULES[other], IMPURE_NAMES) - PARSING_NEEDS.get(other, set()) for other in rests_on}

    assert {other: names for other, names in found.items() if names} == {}


@pytest.mark.parametrize("name", pure_modules())
def test_a_pure_module_rests_on_pure_modules_alone(name: str):
    assert reachable(name, GRAPH) - set(pure_modules()) == frozenset()


def test_only_the_provider_module_imports_openai():
    assert [name for name, module in MODULES.items() if uses(module, {"openai"})] == ["qabot.provider"]


def test_only_the_settings_read_the_environment():
    readers = {name for name, module in MODULES.items() if any(map(_is_environment, module.nodes))}

    assert readers - READ_ENVIRONMENT.keys() == set()


def test_sql_stands_in_named_places_only():
    holders = {name for name, module in MODULES.items() if any(map(_is_sql, module.nodes))}

    assert holders - HOLD_SQL.keys() == set()


def test_a_module_opens_with_what_it_does():
    assert [name for name, module in MODULES.items() if not ast.get_docstring(module.tree)] == []


def test_modules_are_small():
    sizes = {name: module.lines for name, module in MODULES.items()}
    large = {name: lines for name, lines in sizes.items() if lines > LARGE_MODULE_LINES}
    print(f"\nmodules: {len(sizes)}, median {median(sizes.values()):.0f} lines, largest {_largest(sizes)}")
    print(f"modules over {LARGE_MODULE_LINES} lines: {len(large)} ({len(large) / len(sizes):.1%})")

    assert median(sizes.values()) <= 90
    assert len(large) <= LARGE_MODULES_SHARE * len(sizes)
    assert [name for name in sizes if sizes[name] > MAX_MODULE_LINES] == []


def test_functions_are_small():
    sizes = {function.name: function.lines for module in MODULES.values() for function in module.functions}
    long = {name: lines for name, lines in sizes.items() if lines > MAX_FUNCTION_LINES}
    print(f"\nfunctions: {len(sizes)}, median {median(sizes.values()):.0f} lines, longest {_largest(sizes)}")
    print(f"functions over {MAX_FUNCTION_LINES} lines: {len(long)} ({len(long) / len(sizes):.1%})")

    assert median(sizes.values()) <= 10
    assert long.keys() - LONG_FUNCTIONS.keys() == set()
    assert len(long) < LONG_FUNCTIONS_SHARE * len(sizes)


def test_tests_are_small_too():
    sizes = {str(path.relative_to(ROOT)): _lines(path) for path in (ROOT / "tests").rglob("*.py")}
    print(f"\ntest modules: {len(sizes)}, median {median(sizes.values()):.0f} lines, largest {_largest(sizes)}")

    assert [name for name in sizes if sizes[name] > MAX_MODULE_LINES] == []


def _is_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("environ", "environb", "getenv")
    return isinstance(node, ast.ImportFrom) and node.module == "os" and any("env" in name.name for name in node.names)


def _is_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("cursor", "raw", "extra")
    return isinstance(node, ast.alias) and node.name in ("RawSQL", "RunSQL")


def _largest(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {sizes[name]}" for name in sorted(sizes, key=lambda name: -sizes[name])[:5])


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
