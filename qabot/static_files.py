"""How static files are named and compressed. Knows nothing of what is in them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files, whose ES modules import each other by their hashed names."""

    support_js_module_import_aggregation = True
