"""The ledger room."""

from nostro.core.apps import RoomConfig


class LedgerConfig(RoomConfig):
    name = "nostro.ledger"
    walls = dict.fromkeys(
        (
            f"ledger_{table}"
            for table in (
                "account", "balance", "tail", "day", "entry", "transfer", "hold", "period",
                "seal",
            )
        ),
        "ledger_wall",
    )  # fmt: skip
