"""Check that what is stored of answers keeps its promises. Reads only; holds the SQL of that, and no repairs."""

from django.db import connection

from answers.models import Citation
from qabot.checked import Checked, checked

# A document that was indexed again since may be read differently by now; the citation keeps what it quoted then.
QUOTES_OFF_THEIR_PAGES = """
SELECT format('answer %s, citation %s', citation.answer_id, citation.number)
FROM answers_citation AS citation
JOIN answers_answer AS answer ON answer.id = citation.answer_id
JOIN documents_document AS document ON document.id = citation.document_id
LEFT JOIN documents_page AS page ON page.document_id = document.id AND page.number = citation.page_number
WHERE document.ready_at <= answer.created_at
AND (page.id IS NULL OR substr(page.text, citation.start + 1, citation."end" - citation.start) <> citation.quote)
"""


def check_citations() -> Checked:
    """Each quote stands, word for word, at its place in its document as it was then."""
    with connection.cursor() as cursor:
        cursor.execute(QUOTES_OFF_THEIR_PAGES)
        wrong = [row[0] for row in cursor.fetchall()]
    examined = Citation.objects.filter(document__isnull=False).count()
    return checked("each quote stands at its place in its page", examined, wrong)
