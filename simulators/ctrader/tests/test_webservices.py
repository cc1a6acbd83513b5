"""What WebServices answer, asked by plain HTTPS."""

import csv
import io
from hashlib import md5

import pytest

from simulators.ctrader.tests.running import Answered, Simulator

TRADERS = "/v2/webserv/traders"
GROUP = "real\\CY-EUR-Raw"
EVER = {"from": "2000-01-01T00:00:00.000", "to": "2040-01-01T00:00:00.000"}


def refused(simulator: Simulator, method: str, path: str, body: object = None) -> tuple[int, str]:
    with pytest.raises(Answered) as answer:
        simulator.web(method, path, body)
    return answer.value.status, answer.value.code


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_trader_is_created_read_changed_and_deleted(simulator: Simulator) -> None:
    contact = {"email": "ada@example.com", "countryId": 196}
    login = simulator.add_trader(GROUP, description="key 1", contactDetails=contact)
    trader = simulator.web("GET", f"{TRADERS}/{login}")
    assert (trader["groupName"], trader["depositCurrency"]) == (GROUP, "EUR")
    assert (trader["leverageInCents"], trader["moneyDigits"]) == (10_000, 2)
    assert trader["description"] == "key 1"
    assert "hashedPassword" not in trader
    changed = {"leverageInCents": 5_000, "accessRights": "CLOSE_ONLY"}
    assert simulator.web("PATCH", f"{TRADERS}/{login}", changed) == ""
    trader = simulator.web("GET", f"{TRADERS}/{login}")
    assert (trader["leverageInCents"], trader["accessRights"]) == (5_000, "CLOSE_ONLY")
    assert trader["contactDetails"] == contact
    simulator.web("PATCH", f"{TRADERS}/{login}", {"accessRights": "NO_TRADING"})
    assert simulator.web("GET", f"{TRADERS}/{login}")["accessRights"] == "NO_TRADING"
    simulator.web("PUT", f"{TRADERS}/{login}", {"accessRights": "FULL_ACCESS", "name": "Ada"})
    assert simulator.web("GET", f"{TRADERS}/{login}")["contactDetails"] == {}
    simulator.web("DELETE", f"{TRADERS}/{login}")
    assert refused(simulator, "GET", f"{TRADERS}/{login}") == (404, "TRADER_NOT_FOUND")


def test_traders_are_listed_newest_first_by_window_group_and_field(simulator: Simulator) -> None:
    login = simulator.add_trader("real\\UK-GBP-Raw")
    groups = simulator.web("GET", "/v2/webserv/tradergroups")["traderGroup"]
    number = next(row["id"] for row in groups if row["name"] == "real\\UK-GBP-Raw")
    found = simulator.web("GET", f"{TRADERS}/", **EVER, groupId=number, fields="login,groupName")
    assert found == {"trader": [{"login": login, "groupName": "real\\UK-GBP-Raw"}],
                     "hasMore": False}  # fmt: skip
    earlier = {"from": EVER["from"], "to": "2001-01-01T00:00:00.000"}
    assert simulator.web("GET", TRADERS, **earlier)["trader"] == []


def test_a_chunk_that_is_cut_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / "config.json").write_text('{"list_limit": 2}')
    with Simulator(folder / "home", "--config", str(folder / "config.json")) as running:
        logins = []
        for day in (5, 6, 7):
            running.control("/clock", {"at": f"2026-01-0{day}T08:00:00"})
            logins.append(running.add_trader())
        first = running.web("GET", TRADERS, **EVER)
        assert [row["login"] for row in first["trader"]] == [logins[2], logins[1]]
        assert first["hasMore"]
        rest = {"from": EVER["from"], "to": "2026-01-06T08:00:00.000"}
        assert [row["login"] for row in running.web("GET", TRADERS, **rest)["trader"]] == logins[:1]


def test_money_moves_by_precise_amounts_and_shows_in_scaled_ones(simulator: Simulator) -> None:
    login = simulator.add_trader()
    first = simulator.pay_in(login, "1000.25", externalId="N-1")
    second = simulator.pay_in(login, "0.25", "WITHDRAW")
    simulator.pay_in(login, "50", "DEPOSIT_NONWITHDRAWABLE_BONUS")
    bonus = {"login": login, "preciseAmount": "20.00", "type": "DEPOSIT"}
    assert "bonusHistoryId" in simulator.web("POST", f"{TRADERS}/{login}/changebonus", bonus)
    trader = simulator.web("GET", f"{TRADERS}/{login}")
    assert second == first + 1
    assert (trader["balance"], trader["nonWithdrawableBonus"], trader["bonus"]) == (
        100_000, 5_000, 2_000,
    )  # fmt: skip
    assert trader["equity"] == 107_000


def test_what_makes_no_sense_is_refused_and_moves_nothing(simulator: Simulator) -> None:
    login = simulator.add_trader()
    path = f"{TRADERS}/{login}/changebalance"
    usual = {"login": login, "preciseAmount": 1, "type": "DEPOSIT"}
    assert refused(simulator, "POST", path, {**usual, "type": "GIFT"})[1] == "INVALID_REQUEST"
    for amount in (-1, 0, "NaN", "one"):
        status, code = refused(simulator, "POST", path, {**usual, "preciseAmount": amount})
        assert (status, code.split("_")[0]) in [(400, "CHANGE"), (400, "INVALID")]
    assert refused(simulator, "POST", path, {**usual, "type": "WITHDRAW"}) == (
        400, "NOT_ENOUGH_MONEY",
    )  # fmt: skip
    assert refused(simulator, "POST", path, {**usual, "login": login + 1})[0] == 400
    assert refused(simulator, "POST", path, ["no object"])[1] == "INVALID_REQUEST"
    bad = {"leverageInCents": 1_050}
    assert refused(simulator, "PATCH", f"{TRADERS}/{login}", bad)[1] == "WRONG_LEVERAGE"
    lost = {"groupName": "real\\Nowhere"}
    assert refused(simulator, "PATCH", f"{TRADERS}/{login}", lost)[1] == "TRADER_GROUP_NOT_FOUND"
    assert simulator.web("GET", f"{TRADERS}/{login}")["balance"] == 0
    assert simulator.pay_in(login, "1") > 0


def test_a_password_is_changed_and_checked_by_its_hash(simulator: Simulator) -> None:
    login = simulator.add_trader()
    new = {"login": login, "hashedPassword": md5(b"New-pass1").hexdigest()}
    assert not simulator.web("POST", f"{TRADERS}/{login}/checkpassword", new)["passwordCorrect"]
    assert simulator.web("POST", f"{TRADERS}/{login}/changepassword", new) == ""
    assert simulator.web("POST", f"{TRADERS}/{login}/checkpassword", new)["passwordCorrect"]
    plain = {"login": login, "hashedPassword": "New-pass1"}
    path = f"{TRADERS}/{login}/changepassword"
    assert refused(simulator, "POST", path, plain) == (400, "INVALID_REQUEST")


def test_a_wrong_password_or_token_is_refused(simulator: Simulator) -> None:
    wrong = {"login": 30001, "hashedPassword": md5(b"Manager2!").hexdigest()}
    path = "/v2/webserv/managers/token"
    assert refused(simulator, "POST", path, wrong) == (401, "AUTHENTICATION_FAILED")
    simulator.web("GET", "/v2/webserv/symbols")
    token, simulator.token = simulator.token, "0-0"
    assert refused(simulator, "GET", "/v2/webserv/symbols") == (401, "AUTHENTICATION_FAILED")
    simulator.token = token
    assert refused(simulator, "GET", "/v2/webserv/nonsense")[0] == 404


def test_reports_are_csv_with_units_and_prices(simulator: Simulator) -> None:
    login = simulator.add_trader("real\\SC-USD-Raw")
    simulator.pay_in(login, "10000")
    trade = {"login": login, "symbol": "EURUSD", "side": "sell", "lots": "0.1"}
    opened = simulator.control("/trade", trade)
    (row,) = rows(simulator.web("GET", "/v2/webserv/openPositions", login=login))
    assert (row["direction"], row["volume"], row["symbol"]) == ("SELL", "10000", "EURUSD")
    assert (row["positionId"], row["commission"]) == (str(opened["position"]), "-0.35")
    closed = simulator.control("/close", {"position": opened["position"]})
    window = {"from": "2026-01-05T00:00:00.000", "to": "2026-01-06T00:00:00.000"}
    (row,) = rows(simulator.web("GET", "/v2/webserv/closedPositions", login=login, **window))
    assert (row["dealId"], row["closePrice"]) == (str(closed["deal"]), closed["price"])
    assert (row["commission"], row["volume"]) == ("-0.7", "10000")
    balance = simulator.web("GET", f"{TRADERS}/{login}")["balance"]
    assert balance == round(1_000_000 + 100 * float(closed["profit"]) - 70)
    long = {**window, "to": "2026-01-08T00:00:00.000"}
    with pytest.raises(Answered, match="INVALID_REQUEST"):
        simulator.web("GET", "/v2/webserv/closedPositions", **long)


def test_a_person_has_one_ctrader_id_that_accounts_are_linked_to(simulator: Simulator) -> None:
    sent = {"email": "Ada@example.com", "brokerName": "meridian", "preferredLanguage": "EN"}
    made = simulator.web("POST", "/cid/ctid/create", sent)
    assert (made["email"], made["status"]) == ("ada@example.com", "CTID_NEW")
    assert simulator.web("POST", "/cid/ctid/create", sent) == {"userId": made["userId"]}
    login = simulator.add_trader()
    link = {
        "traderLogin": login, "traderPasswordHash": md5(b"Main-pass1").hexdigest(),
        "userId": made["userId"], "brokerName": "meridian", "environmentName": "live",
    }  # fmt: skip
    number = simulator.web("POST", "/cid/ctid/link", link)["ctidTraderAccountId"]
    assert simulator.web("POST", "/cid/ctid/link", link)["ctidTraderAccountId"] == number
    wrong = {**link, "traderPasswordHash": "0" * 32}
    assert refused(simulator, "POST", "/cid/ctid/link", wrong) == (403, "WRONG_PASSWORD")
