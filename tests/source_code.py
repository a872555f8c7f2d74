"""Read our own source as syntax trees: its modules, what each imports, and how long things are. Runs none of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("qabot", "documents", "answers")
SCRIPTS = ("manage.py", "gunicorn.conf.py")


@dataclass(frozen=True)
class Function:
    """A function and how many lines it takes, from `def` to its last line."""

    name: str  # documents.indexing.index_document, documents.models.Document.progress
    lines: int


@dataclass(frozen=True)
class Module:
    name: str
    path: Path

    @cached_property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def lines(self) -> int:
        return len(self.source.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything that can run: what stands under `if TYPE_CHECKING` never does."""
        return list(_running(self.tree))

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """Dotted names as imported, inside functions too: `from a.b import c` is both a.b and a.b.c."""
        names: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(names)

    @cached_property
    def strings(self) -> frozenset[str]:
        return frozenset(
            node.value for node in self.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    def imports(self, known: dict[str, "Module"]) -> frozenset[str]:
        """Modules of ours that this one imports; one named by a string counts, since that is how imports hide."""
        named = {string for string in self.strings if "." in string}
        return frozenset((self.imported_names | named) & known.keys() - {self.name})

    @cached_property
    def functions(self) -> list[Function]:
        return list(_functions(self.tree, self.name))


def modules() -> dict[str, Module]:
    """Our modules by name, without migrations, packages that hold nothing, and tests."""
    found = {}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" not in parts and (parts[-1] != "__init__" or path.read_text(encoding="utf-8").strip()):
            name = ".".join(parts).removesuffix(".__init__")
            found[name] = Module(name, path)
    for script in SCRIPTS:
        found[script.removesuffix(".py")] = Module(script.removesuffix(".py"), ROOT / script)
    return found


def cycles(graph: dict[str, frozenset[str]]) -> list[list[str]]:
    """Groups of modules that import each other in a circle (strongly connected components of two and more)."""
    reached = {name: _reachable(name, graph) for name in graph}
    groups = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in graph if name in reached[name]
    }
    return sorted(sorted(group) for group in groups)


def reachable(start: str, graph: dict[str, frozenset[str]]) -> frozenset[str]:
    return _reachable(start, graph) | {start}


def _reachable(start: str, graph: dict[str, frozenset[str]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return frozenset(seen)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _running(child)


def _functions(node: ast.AST, prefix: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(f"{prefix}.{child.name}", (child.end_lineno or child.lineno) - child.lineno + 1)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _functions(child, f"{prefix}.{child.name}")
        else:
            yield from _functions(child, prefix)
