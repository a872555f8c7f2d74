"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from qabot.secret_key import require_production_secrets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabot.settings")

application = get_wsgi_application()
require_production_secrets()
