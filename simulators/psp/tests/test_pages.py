from typing import Any

import httpx
import pytest
from lxml import html

from simulators.psp.tests.conftest import Shop

GOOD = {"expiry": "12 / 40", "code": "123", "name": "Ada Lovelace"}


def submit(shop: Shop, session: str, number: str, **typed: str) -> httpx.Response:
    url = f"{shop.psp.url}/c/pay/{session}"
    return httpx.post(url, data={"number": number, **GOOD, **typed}, trust_env=False)


def opened(shop: Shop) -> str:
    return str(shop.session().json()["id"])


def events(shop: Shop) -> list[str]:
    return [event["type"] for event in shop.get("/v1/events")["data"]][::-1]


def test_the_page_is_plain_and_names_every_field(shop: Shop) -> None:
    reply = httpx.get(f"{shop.psp.url}/c/pay/{opened(shop)}", trust_env=False)
    page = html.fromstring(reply.text)
    fields = page.findall(".//input")
    labels = {label.get("for") for label in page.iter("label")}

    assert page.xpath("string(//h1)") == "10.00 EUR"
    assert page.xpath("string(//p[@class='title'])") == "Deposit <1>"
    assert page.get("lang") == "en"
    assert not page.xpath("//script | //style | //@onclick | //@style")
    assert labels == {field.get("id") for field in fields}
    assert [field.get("autocomplete") for field in fields] == [
        "cc-number",
        "cc-exp",
        "cc-csc",
        "cc-name",
    ]
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://shop.example" in policy
    style = httpx.get(f"{shop.psp.url}/assets/pay.css", trust_env=False)
    assert style.headers["Content-Type"].startswith("text/css")


def test_a_good_card_leads_back_to_the_shop(shop: Shop) -> None:
    session = opened(shop)
    reply = submit(shop, session, "4242 4242 4242 4242")
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"https://shop.example/done?id={session}"
    assert submit(shop, session, "4242 4242 4242 4242").status_code == 303
    assert events(shop) == ["payment_intent.succeeded", "checkout.session.completed"]


def test_a_declined_card_says_so_and_another_may_be_tried(shop: Shop) -> None:
    session = opened(shop)
    reply = submit(shop, session, "4000000000009995")
    page = html.fromstring(reply.text)

    assert reply.status_code == 402
    assert page.xpath("string(//*[@role='alert'])") == "Your card has insufficient funds."
    assert page.xpath("string(//input[@id='name']/@value)") == "Ada Lovelace"
    assert page.xpath("//input[@autocomplete='cc-number']/@value") == [""]
    assert submit(shop, session, "4242424242424242").status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "4242 4242 4242 4241"),
        ("number", ""),
        ("expiry", "13/40"),
        ("expiry", "01/20"),
        ("code", "12"),
        ("name", " "),
    ],
)
def test_what_is_mistyped_is_pointed_out_and_nothing_is_charged(
    shop: Shop, field: str, value: str
) -> None:
    typed = {"number": "4242424242424242", **GOOD, field: value}
    session = opened(shop)
    reply = httpx.post(f"{shop.psp.url}/c/pay/{session}", data=typed, trust_env=False)
    page = html.fromstring(reply.text)

    assert reply.status_code == 422
    assert page.xpath("//input[@aria-invalid='true']/@id") == [field]
    assert page.xpath("//input[@autofocus]/@id") == [field]
    assert page.xpath("string(//p[@id=$id])", id=f"{field}-problem")
    assert events(shop) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("confirm", ["payment_intent.succeeded", "checkout.session.completed"]),
        ("refuse", ["payment_intent.payment_failed"]),
    ],
)
def test_three_d_secure_asks_first(shop: Shop, answer: str, told: list[str]) -> None:
    session = opened(shop)
    asked = submit(shop, session, "4000002760003184")
    confirm = asked.headers["Location"]
    page = html.fromstring(httpx.get(confirm, trust_env=False).text)
    before = events(shop)
    reply = httpx.post(confirm, data={"answer": answer}, trust_env=False)

    assert page.xpath("//button/@value") == ["confirm", "refuse"]
    assert before == ["payment_intent.requires_action"]
    assert events(shop)[1:] == told
    assert reply.status_code == (303 if answer == "confirm" else 402)


def test_a_real_card_is_never_taken(shop: Shop) -> None:
    reply = submit(shop, opened(shop), "4111111111111111")
    assert reply.status_code == 402
    assert "only test card numbers" in reply.text


def test_an_unknown_page_is_not_found(shop: Shop) -> None:
    assert httpx.get(f"{shop.psp.url}/c/pay/cs_test_x", trust_env=False).status_code == 404


SAVING: dict[str, Any] = {
    "customer_creation": "always",
    "saved_payment_method_options[payment_method_save]": "enabled",
}


def saved(shop: Shop, number: str = "4242 4242 4242 4242") -> tuple[str, str]:
    """A card that was saved as it paid: its customer and itself."""
    session = str(shop.session(**SAVING).json()["id"])
    assert submit(shop, session, number, save="yes").status_code == 303
    found = shop.get(f"/v1/checkout/sessions/{session}", **{"expand[]": "payment_intent"})
    return str(found["customer"]), str(found["payment_intent"]["payment_method"])


def page_of(shop: Shop, session: str, query: str = "") -> html.HtmlElement:
    url = f"{shop.psp.url}/c/pay/{session}{query}"
    return html.fromstring(httpx.get(url, trust_env=False).text)


def test_a_card_is_saved_only_where_the_payer_says_so(shop: Shop) -> None:
    plain, asking = opened(shop), str(shop.session(**SAVING).json()["id"])
    assert not page_of(shop, plain).xpath("//input[@name='save']")
    assert page_of(shop, asking).xpath("//label/input[@name='save'][not(@checked)]")

    submit(shop, plain, "4242424242424242", save="yes")
    submit(shop, asking, "4242424242424242")
    assert "payment_method.attached" not in events(shop)
    _, method = saved(shop)
    assert "payment_method.attached" in events(shop)
    assert shop.get(f"/v1/payment_methods/{method}")["card"]["last4"] == "4242"


def test_a_saved_card_asks_for_its_code_alone(shop: Shop) -> None:
    customer, method = saved(shop)
    session = str(shop.session(customer=customer).json()["id"])
    page = page_of(shop, session)
    assert [one.get("name") for one in page.iter("input")] == ["saved", "code"]
    assert page.xpath("string(//p[@class='known']/strong)") == "Visa •••• 4242"

    url = f"{shop.psp.url}/c/pay/{session}"
    wrong = httpx.post(url, data={"saved": "yes", "code": "1"}, trust_env=False)
    assert wrong.status_code == 422
    paid = httpx.post(url, data={"saved": "yes", "code": "123"}, trust_env=False)
    assert paid.status_code == 303
    found = shop.get(f"/v1/checkout/sessions/{session}", **{"expand[]": "payment_intent"})
    assert found["payment_intent"]["payment_method"] == method


def test_another_card_may_be_taken_in_its_place(shop: Shop) -> None:
    customer, method = saved(shop)
    session = str(shop.session(customer=customer).json()["id"])
    assert page_of(shop, session, "?card=another").xpath("//input[@name='number']")
    assert submit(shop, session, "5555555555554444").status_code == 303
    found = shop.get(f"/v1/checkout/sessions/{session}", **{"expand[]": "payment_intent"})
    assert found["payment_intent"]["payment_method"] != method


def test_a_card_that_is_forgotten_or_declined_is_said_to_be(shop: Shop) -> None:
    customer, method = saved(shop)
    session = str(shop.session(customer=customer).json()["id"])
    assert shop.post(f"/v1/payment_methods/{method}/detach").json()["customer"] is None
    again = shop.post(f"/v1/payment_methods/{method}/detach")
    assert "not attached" in again.json()["error"]["message"]
    url = f"{shop.psp.url}/c/pay/{session}"
    gone = httpx.post(url, data={"saved": "yes", "code": "123"}, trust_env=False)
    assert "saved no more" in gone.text
    assert page_of(shop, session).xpath("//input[@name='number']")


def test_a_customer_that_nobody_knows_is_refused(shop: Shop) -> None:
    reply = shop.session(customer="cus_nobody")
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "customer")
    both = shop.session(customer="cus_x", customer_creation="always")
    assert both.status_code == 400
