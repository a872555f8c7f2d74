"""Read a set of questions with what should be found. Knows files and their formats, nothing of the database.

The format stands in the data's own README: corpus.jsonl, passages.jsonl, questions.jsonl, offtopic_questions.jsonl.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import Any

from answers.evaluation.questions import EvaluationSet, JudgedBy, Question, SetError, SetFile

# Sets that their README judges on the chunks a product cuts itself; others are judged on their passages, if any.
OWN_CHUNKS = {"squad_articles"}

METADATA = ("author", "publisher", "published_at")  # columns that say of a passage what is no part of its text

Row = dict[str, Any]


def load_sets(named: str, data: Path, whole_documents: bool = False) -> list[EvaluationSet]:
    """The sets that a name or a path stands for: one, or one for each language of a set with several.

    `whole_documents` asks a set with passages of its whole documents. Raises SetError.
    """
    folder, language = _find(named, data)
    rows = {name: read_rows(folder / f"{name}.jsonl") for name in ("corpus", "passages", "questions")}
    off_topic = read_rows(folder / "offtopic_questions.jsonl")
    rows["questions"] += [{**row, "answerable": False} for row in off_topic]
    languages = list(dict.fromkeys(row["lang"] for row in rows["questions"] if row.get("lang")))
    if language and language not in languages:
        known = f"It has: {', '.join(languages)}." if languages else "Its questions name none."
        raise SetError(f"The set {folder.name} has no language {language!r}. {known}")
    parts = {folder.name: rows}
    if language or len(languages) > 1:
        parts = {f"{folder.name}/{one}": _of_language(rows, one) for one in ([language] if language else languages)}
    whole = folder.name in OWN_CHUNKS
    # A set of its own: its figures are those of other units, and the reference of the passages is none for them.
    other = whole_documents and not whole and rows["passages"] and rows["corpus"] and "file" not in rows["corpus"][0]
    suffix = " (whole documents)" if other else ""
    try:
        return [_loaded(name + suffix, folder, part, whole or whole_documents) for name, part in parts.items()]
    except KeyError as error:
        raise SetError(f"A row of the set {folder.name} lacks {error}.") from None


def _find(named: str, data: Path) -> tuple[Path, str]:
    """The folder of a set, and a language if one is named: "xquad/de" is xquad in German."""
    for base in (data / named, Path(named)):
        if (base / "questions.jsonl").is_file():
            return base.resolve(), ""
        if (base.parent / "questions.jsonl").is_file() and not base.exists():
            return base.parent.resolve(), base.name
    if Path(named).is_dir():
        raise SetError(f"There is no questions.jsonl in {named}.")
    sets = sorted(path.parent.name for path in data.glob("*/questions.jsonl"))
    known = f"There are: {', '.join(sets)}." if sets else "There are none: name their folder with --data."
    raise SetError(f"There is no set {named!r} in {data}. {known}")


def _of_language(rows: Mapping[str, list[Row]], language: str) -> dict[str, list[Row]]:
    return {name: [row for row in part if row.get("lang") in (language, None)] for name, part in rows.items()}


def _loaded(name: str, folder: Path, rows: Mapping[str, list[Row]], whole_documents: bool) -> EvaluationSet:
    corpus, passages, questions = rows["corpus"], rows["passages"], rows["questions"]
    titles = {row["doc_id"]: row.get("title") or row["doc_id"] for row in corpus}
    if corpus and "file" in corpus[0]:
        judged_by = JudgedBy.PAGE if any(row.get("pages") for row in questions) else JudgedBy.CHUNK
        files = {row["doc_id"]: _original(folder / row["file"]) for row in corpus}
    elif passages and not (whole_documents and corpus):
        judged_by = JudgedBy.DOCUMENT
        files = {row["passage_id"]: _passage(row, titles) for row in passages}
    elif corpus:
        judged_by = JudgedBy.DOCUMENT if any(row.get("relevant") for row in questions) else JudgedBy.CHUNK
        files = {row["doc_id"]: _whole_document(row) for row in corpus}
    else:
        raise SetError(f"The set {name} has neither corpus.jsonl nor passages.jsonl.")
    hashes: dict[str, set[str]] = defaultdict(set)
    for identifier, file in files.items():
        hashes[identifier].add(file.sha256)
    for row in passages if judged_by is JudgedBy.DOCUMENT else []:
        hashes[row["doc_id"]] |= hashes.get(row["passage_id"], set())
    asked = tuple(_question(row, judged_by, hashes) for row in questions)
    return EvaluationSet(name, judged_by, asked, tuple(files.values()))


def _question(row: Row, judged_by: JudgedBy, hashes: Mapping[str, Collection[str]]) -> Question:
    answerable = bool(row.get("answerable", True))
    relevant: set[Hashable] = set()
    if judged_by is JudgedBy.PAGE:
        relevant = {(digest, page) for document, page in row.get("pages") or () for digest in hashes.get(document, ())}
    elif judged_by is JudgedBy.DOCUMENT:
        named = row.get("relevant") or [row.get("passage_id")]
        relevant = {digest for identifier in named if identifier for digest in hashes.get(identifier, ())}
    if answerable and judged_by is not JudgedBy.CHUNK and not relevant:
        raise SetError(f"Nothing that question {row['id']} should find is in the corpus.")
    return Question(
        id=str(row["id"]),
        text=row["question"],
        answerable=answerable,
        answers=tuple(row.get("answers") or ()),
        language=row.get("lang") or "en",
        relevant=frozenset(relevant if answerable else ()),
        documents=frozenset(hashes.get(row.get("doc_id") or "", ()) if answerable else ()),
    )


def _whole_document(row: Row) -> SetFile:
    title = row.get("title") or row["doc_id"]
    return SetFile(_file_name(title, ".md"), f"# {title}\n\n{row['text']}".encode())


def _front_matter(row: Row) -> str:
    """What a row says of its passage besides title and text, as Markdown files say it: "publisher: The Verge"."""
    known = [f"{name}: {row[name]}" for name in METADATA if row.get(name)]
    return "\n".join(["---", *known, "---", ""]) if known else ""


def _passage(row: Row, titles: Mapping[str, str]) -> SetFile:
    """A passage as it stands: plain text, so that nothing in it is read as markup, unless more is known of it."""
    title = row.get("title") or titles.get(row["doc_id"]) or row["doc_id"]
    about = _front_matter(row)
    return SetFile(_file_name(title, ".md" if about else ".txt"), f"{about}{row['text']}".encode())


def _file_name(title: str, ending: str) -> str:
    """A title as a file's name: slashes would be folders."""
    return " ".join(title.replace("/", " ").replace("\\", " ").split()) + ending


def _original(path: Path) -> SetFile:
    try:
        return SetFile(path.name, path.read_bytes())
    except OSError as error:
        raise SetError(f"The file {path.name} of the set cannot be read: {error.strerror}.") from None


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file, none if there is no such file."""
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = None
            if not isinstance(row, dict):
                raise SetError(f"Line {number} of {path.name} is not a JSON object.")
            rows.append(row)
    return rows


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SetError(f"{path.name} is not UTF-8: save it as UTF-8.") from None
