"""Bad input from the report database, and no input at all."""

import shutil
import socket
import subprocess
from datetime import timedelta
from decimal import Decimal

import pymysql
import pytest
from pydantic import SecretStr

from nostro.kit import Money, Refused, Retry
from nostro.trading.adapters.mt4 import Mt4
from nostro.trading.adapters.mt4.tests.conftest import Server, funded
from nostro.trading.ports import BalanceKind, Deal, DealKind

HOUR = timedelta(hours=1)


def deals_of(mt4: Mt4, login: int) -> list[Deal]:
    now = mt4.server_time()
    return [deal for page in mt4.deals(now - HOUR, now + HOUR, logins=[login]) for deal in page]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"database_password": SecretStr("wrong")}, "1045"),
        ({"database_user": "nobody"}, "1045"),
        ({"database_name": "other"}, "1049"),
        ({"table_prefix": "MT4X_"}, "1146"),
    ],
)
def test_what_the_database_does_not_let_us_read_is_refused(
    server: Server, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        server.adapter(**changed).logins()
    assert refusal.value.code == code
    assert "Report1!" not in refusal.value.reason


def test_tables_named_in_capitals_are_found(server: Server) -> None:
    assert server.adapter(table_prefix="MT4_").ticks(["EURUSD"])[0]


def test_a_database_that_is_gone_is_retry_and_found_again_when_it_is_back(alone: Server) -> None:
    mt4 = alone.adapter()
    login = funded(mt4, "gone")
    alone.order("database", up=False)
    for _ in range(2):
        with pytest.raises(Retry):
            mt4.logins()
    with pytest.raises(Retry):
        mt4.find_balance_operation(login, "never sent", mt4.server_time())
    alone.order("database", up=True)
    assert mt4.logins() == [login]
    mt4.close()


def test_no_database_at_all_is_retry(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Retry):
        server.adapter(database_port=port).logins()


def test_something_else_at_the_databases_port_is_retry(server: Server) -> None:
    port = server.settings.port
    with pytest.raises(Retry):
        server.adapter(database_port=port, answer_timeout=0.5, connect_timeout=1).logins()


@pytest.mark.parametrize("column", ["MODIFY_TIME", "PROFIT", "COMMISSION", "COMMENT"])
def test_a_table_without_a_column_that_matters_is_refused_by_its_name(
    alone: Server, column: str
) -> None:
    mt4 = alone.adapter()
    login = funded(mt4, "column")
    alone.order("drop-column", table="mt4_trades", column=column)
    with pytest.raises(Refused) as refusal:
        deals_of(mt4, login)
    assert column in refusal.value.reason
    mt4.close()


@pytest.mark.parametrize("column", ["TAXES", "GW_VOLUME", "CONV_RATE2", "MAGIC", "REASON"])
def test_a_table_without_a_column_that_does_not_matter_is_read(alone: Server, column: str) -> None:
    mt4 = alone.adapter()
    login = funded(mt4, "column")
    alone.order("drop-column", table="mt4_trades", column=column)
    assert [deal.profit for deal in deals_of(mt4, login)] == [Decimal("1000.00")]
    mt4.close()


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_there(alone: Server) -> None:
    mt4 = alone.adapter()
    login, other = funded(mt4, "bad"), funded(mt4, "good")
    bad = deals_of(mt4, login)[0].ticket
    alone.order("spoil", table="mt4_trades", key=bad, values={"PROFIT": 1e30})
    alone.order("spoil", table="mt4_users", key=login, values={"BALANCE": 1e30})

    assert deals_of(mt4, login) == []
    assert len(deals_of(mt4, other)) == 1
    assert [one.login for one in mt4.account_states([login, other])] == [other]

    told = mt4.unread()
    assert sorted(told) == [f"account {login}", f"deal {bad}"]
    assert "PROFIT in mt4_trades, which is no number" in told[f"deal {bad}"]
    mt4.close()


def test_unknown_kinds_nothings_and_broken_text_do_not_stop_the_reading(alone: Server) -> None:
    mt4 = alone.adapter()
    login = funded(mt4, "spoilt")
    first = deals_of(mt4, login)[0].ticket
    second = mt4.change_balance(
        login, Money.of("5.00 USD"), BalanceKind.BALANCE, reference="broken"
    )
    third = alone.trade(login, lots="0.1")
    spoilt: list[tuple[int, dict[str, object]]] = [
        (first, {"CMD": 42, "COMMENT": None, "SYMBOL": None}),
        (second, {"COMMENT": {"hex": "ff81fe00"}, "TAXES": None}),
        (third, {"SYMBOL": "NOBODYKNOWS", "SWAPS": None, "CONV_RATE2": None}),
    ]
    for ticket, values in spoilt:
        alone.order("spoil", table="mt4_trades", key=ticket, values=values)
    alone.order("spoil", table="mt4_users", key=login, values={"NAME": {"hex": "c328"}, "ID": None})

    moved, broken, opening = deals_of(mt4, login)

    assert (moved.kind, moved.profit, moved.comment) == (DealKind.OTHER, Decimal("1000.00"), "")
    assert (broken.profit, broken.comment) == (Decimal("5.00"), "ÿ\N{REPLACEMENT CHARACTER}þ")
    assert opening.symbol == "NOBODYKNOWS"
    assert opening.contract_size == 0
    ((position,),) = mt4.positions([login])
    assert position.swap == position.profit_rate == 0
    account = mt4.account(login)
    assert (account.name, account.client_code) == ("Ã(", "")
    mt4.close()


def test_a_ticket_that_a_dealer_deletes_is_gone_and_its_money_is_not(server: Server) -> None:
    mt4 = server.adapter()
    login = funded(mt4, "deleted")
    (deal,) = deals_of(mt4, login)
    server.order("delete-trade", ticket=deal.ticket)
    assert deals_of(mt4, login) == []
    assert mt4.account_state(login).balance == Decimal("1000.00")
    mt4.close()


QUESTION = "SELECT LOGIN, `GROUP`, BALANCE FROM mt4_users WHERE COMMENT = 'stock'"


def test_a_stock_client_reads_the_tables(server: Server) -> None:
    """Debian's client where it is, else a driver."""
    mt4 = server.adapter()
    login = funded(mt4, "stock")
    mt4.close()
    settings = server.settings
    expected = f"{login}\tCY-USD-Standard\t1000.0"
    program = shutil.which("mariadb") or shutil.which("mysql")
    if program is None:
        with pymysql.connect(
            host="127.0.0.1", port=settings.database_port, user=settings.database_user,
            password=settings.database_password.get_secret_value(), database="report",
        ) as connection, connection.cursor() as cursor:  # fmt: skip
            cursor.execute(QUESTION)
            assert "\t".join(map(str, cursor.fetchall()[0])) == expected
        pytest.skip("Neither mariadb nor mysql is here: a driver read the tables instead.")
    said = subprocess.run(
        [program, "--host=127.0.0.1", f"--port={settings.database_port}", "--user=nostro",
         "--password=Report1!", "--batch", "--skip-column-names", "report", "-e", QUESTION],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == expected
