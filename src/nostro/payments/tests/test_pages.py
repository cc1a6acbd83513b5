"""Pages of staff and of the trader room: what is shown, what is refused, whose things are seen."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client as Browser

from nostro.compliance.operations import publish_agreement
from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record, User
from nostro.kit import Money
from nostro.kit.problems import NotFound, Problem
from nostro.payments.models import Deposit, Withdrawal
from nostro.payments.operations import (
    answer_question,
    approve_withdrawal,
    assign_withdrawal,
    request_withdrawal,
    send_back,
    settle_deposit,
    withdraw_for_client,
)
from nostro.payments.operations.approvals import NeedsCompliance
from nostro.payments.queries.standing import withdrawal_standing
from nostro.payments.queries.wallets import wallets_of, whole_of
from nostro.payments.tests import make
from nostro.people.models import Client, Staff
from nostro.ui import words
from tests import make as house

pytestmark = pytest.mark.django_db
SignIn = Callable[[Staff | Client], Browser]


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


@pytest.fixture
def sign_in(settings: pytest.FixtureRequest) -> SignIn:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]
    return signed_in


def signed_in(person: Staff | Client) -> Browser:
    browser = Browser()
    kind = "staff" if isinstance(person, Staff) else "client"
    user = User.objects.get(kind=kind, person_id=person.pk)
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return browser


@pytest.fixture
def ada(act: Act) -> Client:
    """Paid in 8,200.00 by card and 6,000.00 by wire."""
    who = make.client()
    house.funded(who, "8200.00 USD")
    wire = make.started(who, "6000.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("6000.00"))
    return who


@pytest.fixture
def large(ada: Client) -> Withdrawal:
    bank = make.bank_account(ada)
    return request_withdrawal(house.act_of(ada), ada, money=usd("12400.00"), destination=bank)


STAFF_PAGES = [
    "/staff/payments/withdrawals/", "/staff/payments/deposits/", "/staff/payments/transfers/",
    "/staff/payments/providers/", "/staff/payments/methods/",
    "/staff/payments/deposits/?view=need-a-look", "/staff/payments/withdrawals/?view=over-10000",
]  # fmt: skip
ROOM = [
    "", "money/", "activity/", "deposit/", "deposit/?amount=500&currency=USD", "withdraw/",
    "withdraw/?amount=300&currency=USD", "transfer/", "bank-accounts/add/",
]  # fmt: skip


@pytest.mark.parametrize("few", [words.FEW, 0])
def test_a_deposit_is_found_by_its_client_its_number_and_its_reference(
    ada: Client, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(words, "FEW", few)
    card = Deposit.objects.filter(client=ada).earliest("pk")
    other = make.started(make.client(first_name="Tom", last_name="Price"), "100.00 USD")
    browser = sign_in(house.staff("payments.*", "people.*"))
    for asked in (ada.last_name[:4], f"{ada.name}", str(card), card.payment_reference[:6]):
        shown = browser.get("/staff/payments/deposits/", {"q": asked}).text
        assert f">{card}<" in shown
        assert f">{other}<" not in shown


@pytest.mark.parametrize("asked", ["lovel 12400", "12,400.00 ada", "ADA 12400"])
def test_a_name_and_an_amount_find_the_payment_and_what_can_be_done(
    large: Withdrawal, sign_in: SignIn, asked: str
) -> None:
    other = house.client(first_name="Tom", last_name="Price")
    house.funded(other, "12400.00 USD")
    lead = house.staff("payments.*", "people.clients", unmasked=["people.client.*"])
    shown = sign_in(lead).get("/palette", {"q": asked}).text

    best = shown[: shown.index("You can do now")]
    assert "Best match" in best
    assert f'data-url="/staff/payments/withdrawals/{large.pk}/"' in best
    assert "<mark>12,400" in best
    assert f'data-url="/staff/people/clients/{large.client_id}/"' in shown
    assert "Price" not in shown
    assert "/staff/do/payments.approve_withdrawal/" in shown


@pytest.mark.parametrize("url", STAFF_PAGES)
def test_every_staff_page_opens_for_payments_and_for_nobody_else(
    sign_in: SignIn, large: Withdrawal, url: str
) -> None:
    assert sign_in(house.staff("payments.*")).get(url).status_code == 200
    assert sign_in(house.staff("trading.*")).get(url).status_code == 403
    assert sign_in(large.client).get(url).status_code == 403


def test_a_clients_page_says_what_came_in_for_good(ada: Client, sign_in: SignIn) -> None:
    url = f"/staff/people/clients/{ada.pk}/"
    shown = sign_in(house.staff("people.*", "payments.*")).get(url).text

    assert "Net deposits" in shown
    assert "14,200.00" in shown
    assert "2 in, 0 out" in shown
    assert "Net deposits" not in sign_in(house.staff("people.*", "payments.deposits")).get(url).text


@pytest.mark.parametrize("url", ROOM)
def test_every_page_of_the_room_opens_and_carries_the_firms_own_warning(
    sign_in: SignIn, large: Withdrawal, url: str
) -> None:
    answer = sign_in(large.client).get(f"/room/{url}")
    assert answer.status_code == 200
    assert "74% of retail investor accounts" in answer.content.decode()
    assert "style=" not in answer.content.decode()


def test_a_withdrawal_says_why_it_is_here_where_it_goes_and_who_may_give_it(
    sign_in: SignIn, large: Withdrawal
) -> None:
    first, second = house.staff("payments.*"), house.staff("payments.*", "people.clients")
    approve_withdrawal(house.act_of(first), large)
    page = sign_in(second).get(f"/staff/payments/withdrawals/{large.pk}/").content.decode()
    for said in ("payments.approval v1, row 5", "8,200.00", "4,200.00", "1 of 2",
                 "Payments: you can give it", "Approve and pay", "Second approval"):  # fmt: skip
        assert said in page, said
    again = sign_in(first).get(f"/staff/payments/withdrawals/{large.pk}/").content.decode()
    assert "somebody else has to give it" in again
    assert "The second person is somebody else." in again


def test_another_entitys_staff_finds_nothing(sign_in: SignIn, large: Withdrawal) -> None:
    stranger = sign_in(house.staff("*", entities=["CY"]))
    assert stranger.get(f"/staff/payments/withdrawals/{large.pk}/").status_code == 404
    assert large.client.name not in stranger.get(STAFF_PAGES[0]).content.decode()


def test_another_client_finds_neither_deposit_nor_withdrawal(
    sign_in: SignIn, large: Withdrawal
) -> None:
    other = sign_in(make.client(first_name="Eve", last_name="Adams"))
    deposit = Deposit.objects.filter(client=large.client).first()
    assert deposit is not None
    for url in (f"/room/withdrawals/{large.pk}/", f"/room/deposits/{deposit.pk}/"):
        assert other.get(url).status_code == 404
    answer = other.post(f"/room/withdrawals/{large.pk}/", {"do": "cancel"})
    assert answer.status_code == 404
    large.refresh_from_db()
    assert large.status == Withdrawal.Status.APPROVAL


def test_the_split_is_shown_before_it_is_confirmed_and_kept_as_shown(
    sign_in: SignIn, ada: Client
) -> None:
    bank, browser = make.bank_account(ada), sign_in(ada)
    shown = browser.get("/room/withdraw/?amount=9,000.00&currency=USD").content.decode()
    assert "8,200.00" in shown
    assert "800.00" in shown
    given = {"amount": "9,000.00", "currency": "USD", "destination": bank.pk, "key": "once"}
    answers = [browser.post("/room/withdraw/", given) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    made = Withdrawal.objects.get()
    assert [leg.money for leg in made.legs.order_by("number")] == [usd("8200.00"), usd("800.00")]
    assert make.wallet(ada) == usd("5200.00")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("20000", "You can withdraw 14,200.00 USD now"),
        ("0", "above zero"),
        ("-5", "above zero"),
        ("1.005", "finer than USD"),
        ("lots", "is not an amount"),
        ("12,5", "is not an amount"),
        ("9000", "Add a bank account"),
    ],
)
def test_what_cannot_be_withdrawn_says_why_and_changes_nothing(
    sign_in: SignIn, ada: Client, amount: str, said: str
) -> None:
    browser = sign_in(ada)
    before = Record.objects.count()
    answer = browser.post("/room/withdraw/", {"amount": amount, "currency": "USD"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Record.objects.count() == before
    assert not Withdrawal.objects.exists()


def test_a_limit_has_a_reason_and_a_way_on(sign_in: SignIn, ada: Client) -> None:
    page = sign_in(ada).get("/room/deposit/?amount=60000&currency=USD").content.decode()
    assert "takes up to 50,000.00" in page
    assert "Pay in 50,000.00 instead" in page


def test_a_wire_shows_where_to_and_the_reference(sign_in: SignIn, ada: Client) -> None:
    deposit = make.started(ada, "900.00 EUR", method="bank")
    page = sign_in(ada).get(f"/room/deposits/{deposit.pk}/").content.decode()
    assert deposit.reference in page
    assert "CY17 0020 0128 0000 0012 0052 7600" in page


def test_the_page_of_a_deposit_goes_to_the_provider_when_its_page_is_ready(
    sign_in: SignIn, ada: Client
) -> None:
    from nostro.payments.operations import deposit_opened

    deposit, browser = make.started(ada), sign_in(ada)
    url, asking = f"/room/deposits/{deposit.pk}/?go=1", {"HX-Request": "true"}
    waiting = browser.get(url, headers=asking)
    assert "HX-Redirect" not in waiting
    deposit_opened(Act.system(), deposit, reference="cs_1", url="https://pay.example/cs_1")
    assert browser.get(url, headers=asking)["HX-Redirect"] == "https://pay.example/cs_1"
    back = browser.get(f"/room/deposits/{deposit.pk}/?left=1", headers=asking)
    assert "HX-Redirect" not in back
    assert "Nothing was taken" in back.content.decode()


def test_the_parts_on_the_home_page_add_up_to_the_figure(act: Act, large: Withdrawal) -> None:
    who = large.client
    whole = whole_of(act, who, wallets_of(who))
    assert (whole.free, whole.moving) == (usd("1800.00"), usd("12400.00"))
    assert whole.total == whole.free + whole.trading + whole.moving
    (wallet,) = wallets_of(who)
    assert wallet.reasons == [(f"Asked back, {large}", usd("12400.00"))]


# ── Deciding ──


def test_a_question_goes_to_the_client_and_the_answer_brings_it_back(large: Withdrawal) -> None:
    send_back(make.clerk(), large, question="Where did the wire come from?")
    large.refresh_from_db()
    assert large.status == Withdrawal.Status.ASKED
    with pytest.raises(NotFound):
        answer_question(house.act_of(make.client()), large, answer="Mine")
    answer_question(house.act_of(large.client), large, answer="From my salary account")
    large.refresh_from_db()
    assert (large.status, large.answer) == (Withdrawal.Status.APPROVAL, "From my salary account")
    told = Record.objects.filter(name__startswith="payments.Withdrawal")
    assert not [one for one in told if "salary" in str(one.data) or "wire" in str(one.data)]
    with pytest.raises(Problem):
        answer_question(house.act_of(large.client), large, answer="Again")


def test_what_compliance_must_see_is_approved_by_compliance_alone(act: Act) -> None:
    risky = make.client(risk="high")
    house.funded(risky, "900.00 USD")
    made = request_withdrawal(house.act_of(risky), risky, money=usd("300.00"))
    assert made.queue == "compliance"
    clerk, before = make.clerk(), Record.objects.count()
    with pytest.raises(NeedsCompliance):
        approve_withdrawal(clerk, made)
    assert Record.objects.count() == before
    approve_withdrawal(make.clerk("payments.*", "compliance.approve_application"), made)
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.SECOND


def test_the_rules_own_hours_set_the_clock(large: Withdrawal) -> None:
    assert large.due_at == large.status_at + timedelta(hours=4)


def test_a_withdrawal_is_given_to_a_colleague_and_stands_under_mine(
    sign_in: SignIn, large: Withdrawal
) -> None:
    me = house.staff("payments.*")
    assign_withdrawal(house.act_of(me), large)
    large.refresh_from_db()
    assert large.owner == me
    mine = sign_in(me).get("/staff/payments/withdrawals/?view=mine").content.decode()
    assert str(large) in mine


def test_staff_asks_for_a_client_only_with_a_note(ada: Client) -> None:
    act, before = make.clerk(), Record.objects.count()
    with pytest.raises(Problem):
        withdraw_for_client(act, client=ada, money=usd("300.00"), note=" ")
    assert Record.objects.count() == before
    made = withdraw_for_client(act, client=ada, money=usd("300.00"), note="By telephone")
    assert make.held(ada) == usd("300.00") or made.status == Withdrawal.Status.APPROVED


def test_the_strip_counts_what_waits_and_what_is_late(act: Act, large: Withdrawal) -> None:
    now_ = withdrawal_standing(act)
    assert (now_.waiting, now_.late, now_.decided) == (1, 0, 1)
    assert now_.waiting_usd == 12400
    with clock_at(now() + timedelta(hours=5)):
        assert withdrawal_standing(Act.system()).late == 1


def test_many_are_approved_at_once_each_with_its_own_verdict(
    sign_in: SignIn, large: Withdrawal
) -> None:
    other = make.client(first_name="Eve", last_name="Adams", risk="high")
    house.funded(other, "900.00 USD")
    risky = request_withdrawal(house.act_of(other), other, money=usd("300.00"))
    browser = sign_in(house.staff("payments.*"))
    url = "/staff/payments/withdrawals/bulk/payments.approve_withdrawal"
    preview = browser.get(url, {"row": [large.pk, risky.pk]}).content.decode()
    assert "Somebody of theirs approves it." in preview
    browser.post(url, {"row": [large.pk, risky.pk], "key": "k1"})
    large.refresh_from_db()
    risky.refresh_from_db()
    assert (large.status, risky.status) == ("second", "approval")


def test_a_form_offers_the_things_of_its_client_alone_and_the_currencies_of_the_house(
    ada: Client, sign_in: SignIn
) -> None:
    own = make.bank_account(ada)
    tom = house.client(first_name="Tom", last_name="Price")
    other = make.bank_account(tom)
    lead = sign_in(house.staff("payments.*", "people.*"))
    url = f"/staff/do/payments.request_withdrawal/{ada.pk}"
    form = lead.get(url).text

    assert f'<option value="{own.pk}">' in form
    assert f'<option value="{other.pk}">' not in form
    assert re.search(r'<select name="money_1"[^>]*>\s*<option value="USD"', form)
    added = lead.get(f"/staff/do/payments.add_destination/{ada.pk}").text
    assert '<label for="id_iban">IBAN</label>' in added
    typed = {"money_0": "10", "money_1": "USD", "destination": str(other.pk)}
    refused = lead.post(url, typed)
    assert refused.status_code == 422
    assert "Choose one from the list." in refused.text
    assert not Withdrawal.objects.exists()


def test_more_than_there_is_offers_what_there_is_and_money_is_the_tab(
    sign_in: SignIn, ada: Client
) -> None:
    page = sign_in(ada).get("/room/withdraw/?amount=99999&currency=USD").text

    assert "Withdraw 14,200.00 instead" in page
    assert re.search(r'href="/room/money/"[^>]*aria-current="page"', page)
    for at in ("complaints/", "", "privacy/"):
        assert f'href="/room/legal/{at}"' in page


def test_what_the_firm_published_is_read_at_the_foot_of_a_page(
    act: Act, sign_in: SignIn, ada: Client
) -> None:
    publish_agreement(act, entity=ada.entity, kind="privacy", title="Privacy notice", body="Kept.")
    publish_agreement(act, entity=ada.entity, kind="partner", title="Partners", body="No client's.")
    browser = sign_in(ada)

    assert "Kept." in browser.get("/room/legal/privacy/").text
    assert "Privacy notice" in browser.get("/room/legal/").text
    assert browser.get("/room/legal/partner/").status_code == 404


def test_whoever_decides_reads_the_amount_and_the_payee_once_more(
    sign_in: SignIn, large: Withdrawal
) -> None:
    browser = sign_in(house.staff("payments.*"))
    htmx = {"HX-Request": "true"}
    approve = browser.get(f"/staff/do/payments.approve_withdrawal/{large.pk}", headers=htmx).text
    refuse = browser.get(f"/staff/do/payments.refuse_withdrawal/{large.pk}", headers=htmx).text
    rows = browser.get("/staff/payments/withdrawals/").text

    for dialog in (approve, refuse):
        assert re.search(r"n-summary.*12,400\.00.*to Ada Lovelace, ", dialog)
    assert "btn-primary" in approve and "btn-bad" not in approve
    assert "btn-bad" in refuse
    assert 'data-sum="12,400.00 USD"' in rows
