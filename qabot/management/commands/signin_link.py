"""Print a link that signs somebody in once."""

from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from qabot.signin import signin_link


class Command(BaseCommand):
    help = "Print a link that signs USER in once, within an hour."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name of an active user")

    def handle(self, *args: object, **options: str) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named {options['user']!r}.")
        self.stdout.write(signin_link(user))
