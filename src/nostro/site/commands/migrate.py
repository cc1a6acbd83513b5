"""`nostro migrate`: the database as this version needs it."""

import argparse

import django
from django.core.management import call_command


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing")


def run(given: argparse.Namespace) -> int:
    django.setup()
    call_command("migrate", interactive=False, verbosity=0 if given.quiet else 1)
    return 0
