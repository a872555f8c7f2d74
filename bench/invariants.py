"""What must be true of the database when the work is done, whatever happened on the way. Holds the SQL of that.

Every query yields the rows that break its rule: none is as it should be.
"""

from collections.abc import Callable
from typing import Any

Query = Callable[..., list[tuple[Any, ...]]]

OWNED_TABLES = ("originalpart", "page", "chunk", "stagedpage", "stagedchunk")

RULES = {
    **{
        f"every {table} row has its document": (
            f"SELECT row.id FROM documents_{table} AS row LEFT JOIN documents_document AS document "
            "ON document.id = row.document_id WHERE document.id IS NULL"
        )
        for table in OWNED_TABLES
    },
    "every embedding has its chunk and its index": """
        SELECT row.id FROM documents_embedding AS row LEFT JOIN documents_chunk AS chunk ON chunk.id = row.chunk_id
        LEFT JOIN documents_embeddingindex AS index ON index.id = row.index_id
        WHERE chunk.id IS NULL OR index.id IS NULL OR chunk.collection_id <> row.collection_id
    """,
    "every chunk is embedded in every index once": """
        SELECT chunk.id FROM documents_chunk AS chunk CROSS JOIN documents_embeddingindex AS index
        LEFT JOIN documents_embedding AS row ON row.chunk_id = chunk.id AND row.index_id = index.id
        WHERE index.state = 'active' GROUP BY chunk.id, index.id HAVING count(row.id) <> 1
    """,
    "every chunk is its page's words": """
        SELECT chunk.id FROM documents_chunk AS chunk LEFT JOIN documents_page AS page
        ON page.document_id = chunk.document_id AND page.number = chunk.page_number
        WHERE page.id IS NULL OR substr(page.text, chunk.start + 1, chunk."end" - chunk.start) <> chunk.text
    """,
    "a document has chunks if, and only if, it is ready": """
        SELECT document.id FROM documents_document AS document
        LEFT JOIN documents_chunk AS chunk ON chunk.document_id = document.id
        GROUP BY document.id HAVING (document.status = 'ready') <> (count(chunk.id) > 0)
        OR document.status = 'ready' AND document.chunks_total <> count(chunk.id)
    """,
    "nothing is left in staging once all is done": """
        SELECT id FROM documents_stagedpage UNION ALL SELECT id FROM documents_stagedchunk
    """,
    "every original is whole": """
        SELECT document.id FROM documents_document AS document
        LEFT JOIN documents_originalpart AS part ON part.document_id = document.id GROUP BY document.id
        HAVING encode(sha256(string_agg(part.content, ''::bytea ORDER BY part.number)), 'hex')
        IS DISTINCT FROM document.sha256
    """,
    "a failed document says why": "SELECT id FROM documents_document WHERE status = 'failed' AND error = ''",
    "token frequencies are those of a recount": """
        SELECT collection_id, token FROM (
            SELECT collection_id, token, count(*)::int AS chunks
            FROM documents_chunk, unnest(tokens) AS token GROUP BY collection_id, token
        ) AS counted FULL JOIN documents_tokenfrequency AS kept USING (collection_id, token)
        WHERE counted.chunks IS DISTINCT FROM kept.chunks
    """,
    "every citation and passage names a document that was ready": """
        SELECT row.id FROM (
            SELECT id, answer_id, document_id FROM answers_citation
            UNION ALL SELECT id, answer_id, document_id FROM answers_retrievedpassage
        ) AS row JOIN documents_document AS document ON document.id = row.document_id WHERE document.ready_at IS NULL
    """,
}


def broken_rules(query: Query) -> dict[str, int]:
    """By rule, how many rows break it."""
    return {rule: len(query(sql)) for rule, sql in RULES.items()}


def table_sizes(query: Query) -> dict[str, int]:
    """The rows of every table of ours and of Django's, counted."""
    tables = query("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname")
    return {name: query(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in tables}
