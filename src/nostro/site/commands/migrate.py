"""`nostro migrate`: the database as this version needs it."""

import argparse
import os

import django

from nostro.site.database import AS_OWNER, to_this_version


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing")


def run(given: argparse.Namespace) -> int:
    os.environ[AS_OWNER] = "1"
    django.setup()
    to_this_version(verbosity=0 if given.quiet else 1)
    return 0
