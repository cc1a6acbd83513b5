"""`nostro work`: a worker. Start as many as the machine has room for."""

import argparse
import logging

import django


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="jobs at the same time (4)")
    parser.add_argument("--again", action="store_true", help="try first what was given up")


def run(given: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("procrastinate", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    django.setup()
    from nostro.core import jobs

    if given.again:
        print(f"nostro: {jobs.try_again()} jobs that were given up are tried again", flush=True)
    jobs.work(concurrency=given.concurrency)
    return 0
