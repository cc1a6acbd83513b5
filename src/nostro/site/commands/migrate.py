"""`nostro migrate`: the database as this version needs it."""

import argparse
import os

import django
from django.core.management import call_command

from nostro.site.database import AS_OWNER


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing")


def run(given: argparse.Namespace) -> int:
    os.environ[AS_OWNER] = "1"
    django.setup()
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0 if given.quiet else 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nostro_let_application_in()")
    return 0
