"""The Report Server's tables, as its database is laid out. Statements are MySQL's; run as a
program, it prints them, so that a real database can have the same.
"""

from dataclasses import dataclass

EPOCH = "1970-01-01 00:00:00"
_TIME = f"DATETIME NOT NULL DEFAULT '{EPOCH}'"
_NUMBER = "INT NOT NULL DEFAULT 0"
_AMOUNT = "DOUBLE NOT NULL DEFAULT 0"


def _text(length: int) -> str:
    return f"CHAR({length}) NOT NULL DEFAULT ''"


@dataclass(frozen=True)
class ReportTable:
    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    indexes: tuple[str, ...] = ()

    @property
    def statements(self) -> list[str]:
        listed = [f"`{name}` {kind}" for name, kind in self.columns.items()]
        listed.append(f"PRIMARY KEY ({', '.join(f'`{name}`' for name in self.key)})")
        create = f"CREATE TABLE `{self.name}` ({', '.join(listed)})"
        return [create] + [
            f"CREATE INDEX `{self.name}_{name.lower()}` ON `{self.name}` (`{name}`)"
            for name in self.indexes
        ]


TRADES = ReportTable("mt4_trades", ("TICKET",), {
    "TICKET": "INT NOT NULL", "LOGIN": "INT NOT NULL", "SYMBOL": _text(16), "DIGITS": _NUMBER,
    "CMD": "INT NOT NULL", "VOLUME": _NUMBER, "OPEN_TIME": "DATETIME NOT NULL",
    "OPEN_PRICE": _AMOUNT, "SL": _AMOUNT, "TP": _AMOUNT, "CLOSE_TIME": _TIME,
    "EXPIRATION": _TIME, "REASON": _NUMBER, "CONV_RATE1": _AMOUNT, "CONV_RATE2": _AMOUNT,
    "COMMISSION": _AMOUNT, "COMMISSION_AGENT": _AMOUNT, "SWAPS": _AMOUNT, "CLOSE_PRICE": _AMOUNT,
    "PROFIT": _AMOUNT, "TAXES": _AMOUNT, "COMMENT": _text(32), "INTERNAL_ID": _NUMBER,
    "MARGIN_RATE": _AMOUNT, "TIMESTAMP": _NUMBER, "MAGIC": _NUMBER, "GW_VOLUME": _NUMBER,
    "GW_OPEN_PRICE": _NUMBER, "GW_CLOSE_PRICE": _NUMBER, "MODIFY_TIME": _TIME,
}, ("LOGIN", "OPEN_TIME", "CLOSE_TIME", "MODIFY_TIME"))  # fmt: skip

USERS = ReportTable("mt4_users", ("LOGIN",), {
    "LOGIN": "INT NOT NULL", "GROUP": _text(16), "ENABLE": _NUMBER, "ENABLE_CHANGE_PASS": _NUMBER,
    "ENABLE_READONLY": _NUMBER, "ENABLE_OTP": _NUMBER, "PASSWORD_PHONE": _text(32),
    "NAME": _text(128), "COUNTRY": _text(32), "CITY": _text(32), "STATE": _text(32),
    "ZIPCODE": _text(16), "ADDRESS": _text(128), "LEAD_SOURCE": _text(32), "PHONE": _text(32),
    "EMAIL": _text(48), "COMMENT": _text(64), "ID": _text(32), "STATUS": _text(16),
    "REGDATE": _TIME, "LASTDATE": _TIME, "LEVERAGE": _NUMBER, "AGENT_ACCOUNT": _NUMBER,
    "TIMESTAMP": _NUMBER, "BALANCE": _AMOUNT, "PREVMONTHBALANCE": _AMOUNT, "PREVBALANCE": _AMOUNT,
    "CREDIT": _AMOUNT, "INTERESTRATE": _AMOUNT, "TAXES": _AMOUNT, "SEND_REPORTS": _NUMBER,
    "MQID": _NUMBER, "USER_COLOR": _NUMBER, "EQUITY": _AMOUNT, "MARGIN": _AMOUNT,
    "MARGIN_LEVEL": _AMOUNT, "MARGIN_FREE": _AMOUNT, "CURRENCY": _text(16),
    "API_DATA": "BLOB NULL", "MODIFY_TIME": _TIME,
}, ("MODIFY_TIME",))  # fmt: skip

PRICES = ReportTable("mt4_prices", ("SYMBOL",), {
    "SYMBOL": "CHAR(16) NOT NULL", "TIME": _TIME, "BID": _AMOUNT, "ASK": _AMOUNT, "LOW": _AMOUNT,
    "HIGH": _AMOUNT, "DIRECTION": _NUMBER, "DIGITS": _NUMBER, "SPREAD": _NUMBER,
    "MODIFY_TIME": _TIME,
})  # fmt: skip

DAILY = ReportTable("mt4_daily", ("LOGIN", "TIME"), {
    "LOGIN": "INT NOT NULL", "TIME": "DATETIME NOT NULL", "GROUP": _text(16), "BANK": _text(64),
    "BALANCE_PREV": _AMOUNT, "BALANCE": _AMOUNT, "DEPOSIT": _AMOUNT, "CREDIT": _AMOUNT,
    "PROFIT_CLOSED": _AMOUNT, "PROFIT": _AMOUNT, "EQUITY": _AMOUNT, "MARGIN": _AMOUNT,
    "MARGIN_FREE": _AMOUNT, "MODIFY_TIME": _TIME,
})  # fmt: skip

CONFIG = ReportTable("mt4_config", ("CONFIG",), {
    "CONFIG": "INT NOT NULL", "VALUE_INT": "INT NULL", "VALUE_STR": "CHAR(255) NULL",
})  # fmt: skip

TABLES = {table.name: table for table in (TRADES, USERS, PRICES, DAILY, CONFIG)}

if __name__ == "__main__":
    for table in TABLES.values():
        print(*(f"{statement};" for statement in table.statements), sep="\n")
