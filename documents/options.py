"""What indexing needs to know of the settings. An edge: reads Django's settings, so that indexing does not."""

from django.conf import settings

from documents.indexing import IndexingOptions
from documents.parsing.limits import Limits
from documents.vector_index.choice import configured_place


def indexing_options() -> IndexingOptions:
    return IndexingOptions(
        limits=Limits(**settings.QABOT_PARSER_LIMITS),
        embedding_model=settings.QABOT_EMBEDDING_MODEL,
        embedding_dimensions=settings.QABOT_EMBEDDING_DIMENSIONS,
        token_signs=settings.QABOT_TOKEN_SIGNS,
        vector_place=configured_place(),
    )
