import time
from pathlib import Path

import pytest

from simulators.psp.form import items, nested
from simulators.psp.tests.conftest import KEYS, Shop
from simulators.web.launch import Running


def test_nested_parameters_are_read_as_stripe_reads_them() -> None:
    pairs = [("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("d[]", "x"), ("d[]", "y"), ("e", "")]
    found = nested(pairs)
    assert found == {
        "a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}},
        "d": {"0": "x", "1": "y"},
        "e": "",
    }
    assert items(found["a"]["b"]) == [{"c": "1"}, {"c": "2"}]


def test_a_session_has_an_address_and_no_payment_before_the_payer_submits(shop: Shop) -> None:
    session = shop.session(1250, client_reference_id="7:1").json()
    assert session["url"] == f"{shop.psp.url}/c/pay/{session['id']}"
    assert (session["amount_total"], session["status"], session["payment_status"]) == (
        1250,
        "open",
        "unpaid",
    )
    assert session["payment_intent"] is None
    assert shop.get(f"/v1/checkout/sessions/{session['id']}") == session


def test_the_same_key_answers_the_same_and_other_parameters_are_an_error(shop: Shop) -> None:
    first = shop.session(1000, key="k")
    again = shop.session(1000, key="k")
    other = shop.session(1001, key="k")

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 400
    assert other.json()["error"]["type"] == "idempotency_error"
    assert shop.psp.state()["objects"]["checkout.session"] == 1


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    shop.psp.control("clock", at="2027-03-01T10:00:00+00:00")
    first = shop.session(1000, key="k").json()
    shop.psp.control("clock", at="2027-03-02T10:00:01+00:00")
    assert shop.session(1000, key="k").json()["id"] != first["id"]


def test_a_wrong_secret_key_gets_nothing(psp: Running) -> None:
    reply = Shop(psp, secret="sk_test_y").session()
    assert reply.status_code == 401
    assert "checkout.session" not in psp.state()["objects"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "subscription"},
        {"line_items[0][price_data][unit_amount]": "-5"},
        {"line_items[0][price_data][currency]": "euro"},
        {"success_url": ""},
        {"colour": "red"},
    ],
)
def test_wrong_parameters_are_refused_and_change_nothing(shop: Shop, wrong: dict[str, str]) -> None:
    reply = shop.session(1000, key="k", **wrong)
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert shop.psp.state()["objects"] == {}
    assert shop.session(1000, key="k").status_code == 200


def test_refunds_stop_at_what_was_paid_and_at_a_dispute(shop: Shop) -> None:
    paid, disputed = shop.sells(1000)["id"], shop.sells(1000)["id"]
    shop.psp.control("dispute", payment_intent=disputed)

    assert shop.post("/v1/refunds", payment_intent=paid, amount="600").status_code == 200
    assert shop.post("/v1/refunds", payment_intent=paid, amount="401").status_code == 400
    assert shop.post("/v1/refunds", payment_intent=paid).json()["amount"] == 400
    spent = shop.post("/v1/refunds", payment_intent=paid, amount="1").json()
    assert spent["error"]["code"] == "charge_already_refunded"
    refused = shop.post("/v1/refunds", payment_intent=disputed).json()
    assert refused["error"]["code"] == "charge_disputed"


def test_every_day_is_paid_out_and_a_day_in_debt_is_carried_on(shop: Shop) -> None:
    clock = shop.psp.control
    clock("clock", at="2027-03-01T10:00:00+00:00")
    first = shop.sells(10000)
    clock("clock", at="2027-03-02T10:00:00+00:00")
    shop.post("/v1/refunds", payment_intent=first["id"])
    clock("clock", at="2027-03-03T10:00:00+00:00")
    shop.sells(30000)
    clock("clock", at="2027-03-06T10:00:00+00:00")

    payouts = shop.get("/v1/payouts")["data"]
    assert [payout["amount"] for payout in payouts] == [29130 - 10000, 9710]
    lines = shop.get("/v1/balance_transactions", payout=payouts[0]["id"])["data"]
    assert sum(line["net"] for line in lines) == 0
    assert {line["type"] for line in lines} == {"payout", "refund", "charge"}
    assert shop.get("/v1/balance")["available"] == []


def test_lists_have_pages(shop: Shop) -> None:
    for _ in range(3):
        shop.sells()
    first = shop.get("/v1/events", limit=4)
    rest = shop.get("/v1/events", limit=4, starting_after=first["data"][-1]["id"])
    ids = [event["id"] for event in first["data"] + rest["data"]]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert len(ids) == len(set(ids)) == 6


def test_a_restart_forgets_nothing_and_repeats_no_identifier(tmp_path: Path) -> None:
    home = tmp_path / "psp"
    running = Running("psp", home, *KEYS)
    first = Shop(running).session(1000, key="k").json()
    assert running.stop() == 0

    running = Running("psp", home, *KEYS)
    shop = Shop(running)
    again, other = shop.session(1000, key="k").json(), shop.session(1000).json()
    assert running.stop() == 0
    assert again == first
    assert other["id"] != first["id"]


def test_a_payout_arrives_at_the_bank(tmp_path: Path) -> None:
    iban = "GB33BUKB20201555555555"
    config = tmp_path / "bank.json"
    config.write_text(f'{{"accounts": [{{"iban": "{iban}", "currency": "EUR", "owner": "Us"}}]}}')
    bank = Running("bank", tmp_path / "bank", "--secret-key", "s", "--config", str(config))
    url = f"{bank.control_url}/receive"
    psp = Running("psp", tmp_path / "psp", *KEYS, "--bank-url", url, "--bank-account", iban)
    try:
        Shop(psp).sells(10000)
        psp.control("payout")
        for _ in range(400):
            if psp.state()["deliveries"].get("delivered"):
                break
            time.sleep(0.05)
        assert bank.state()["accounts"][0]["balance"] == "97.10"
    finally:
        assert (psp.stop(), bank.stop()) == (0, 0)
