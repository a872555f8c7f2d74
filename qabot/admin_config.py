"""Django's admin as an app of ours: the same, with our site in place of its own. Imported before any model is."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "qabot.admin_home.Site"
