"""Posting from Python beneath the operations: one entry a call, or many."""

from itertools import count
from random import Random

from django.db import connection

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.ledger import chart
from nostro.ledger.operations.posting import Move, Posting, call_of, lean_batch, single


class Poster:
    """Moves a cent from a hot account to wallets, any of all, on Django's connection."""

    def __init__(self, wallets: int, *, seed: int = 7, prefix: str = "p/") -> None:
        self.wallets, self.prefix = wallets, prefix
        self.act, self.cent, self.dice = Act.system(), Money.of("0.01 EUR"), Random(seed)
        self.provider, self.numbers = chart.provider_clearing("bench"), count(1)
        self.cursor = connection.cursor()
        self.cursor.execute("SELECT set_config('nostro.act', %s, false)", [str(self.act.id)])

    def post(self, at_once: int) -> int:
        """So many entries by one call, committed."""
        postings = [self._posting() for _ in range(at_once)]
        function, given = "ledger_post_many", [lean_batch(self.act, postings)]
        if at_once == 1:
            function, given = single(self.act, postings[0])
        self.cursor.execute(call_of(function, given), given)
        return at_once

    def end(self) -> None:
        self.cursor.execute("SELECT set_config('nostro.act', '', false)")
        self.cursor.close()

    def _posting(self) -> Posting:
        wallet = chart.client_wallet(self.dice.randint(1, self.wallets))
        key = f"{self.prefix}{next(self.numbers)}"
        return Posting("bench", [Move(self.cent, self.provider, wallet)], key, "bench")
