from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.partners import operations
from nostro.partners.models import (
    Accrual,
    Assignment,
    ClientLink,
    Conflict,
    Edge,
    Link,
    Partner,
)
from nostro.partners.operations.attribution import BadLink, NotTheirs
from nostro.partners.operations.tree import BadAccount, BadCode, Cycle, LaterMove
from nostro.partners.queries.chains import below
from nostro.partners.tests import make as own
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.people.operations.firm import EmailInUse
from tests import make

pytestmark = pytest.mark.django_db


def registered(code: str, **more: object) -> Client:
    made = people.register_client(
        Act.system(), entity=make.entity("SC"), brand=make.brand("SC"), country="CY",
        email=str(more.get("email", "new@example.com")), password="correct horse battery",
        first_name="Ada", last_name="Lovelace", referral_code=code,
    )  # fmt: skip
    drain()
    return Client.objects.get(pk=made.pk)


def test_a_new_partner_has_a_link_and_the_plan_the_rules_name() -> None:
    partner = own.partner("NGATE")
    assert Link.objects.get().code == "NGATE"
    assert str(Assignment.objects.get().version) == "Standard IB, version 1"
    assert partner.user.kind == "partner" and partner.user.person_id == partner.pk


@pytest.mark.parametrize("code", ["", "A", "with space", "ünïcode", "NGATE"])
def test_a_code_that_is_bad_or_taken_adds_nobody(code: str) -> None:
    own.partner("NGATE")
    before = (Partner.objects.count(), Record.objects.count())
    with pytest.raises(BadCode):
        own.partner(code)
    assert (Partner.objects.count(), Record.objects.count()) == before


def test_a_taken_address_adds_nobody() -> None:
    ada = make.client()
    with pytest.raises(EmailInUse):
        operations.add_partner(
            Act.system(), name="Ada", code="ADA", email=ada.email, entity=make.entity("SC")
        )
    assert not Partner.objects.exists()


def test_a_move_from_a_day_keeps_what_was_before() -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    with clock_at(start):
        old, new = own.partner("OLD"), own.partner("NEW")
        partner = own.partner("NGATE", parent=old)
        client = own.brought(partner)
    with clock_at(start + timedelta(days=5)):
        own.traded(client, "1.00")
        drain(historic=True)
    with clock_at(start + timedelta(days=20)):
        operations.move_partner(
            Act.system(), partner, parent=new, from_date=(start + timedelta(days=10)).date()
        )
        own.traded(client, "1.00")
        drain(historic=True)

    above = Accrual.objects.filter(level=2).order_by("at").values_list("partner__code", flat=True)
    assert list(above) == ["OLD", "NEW"]
    assert Edge.objects.filter(child=partner).count() == 2
    assert below(old.pk, start + timedelta(days=5)) == {partner.pk: 1}
    assert below(old.pk, start + timedelta(days=15)) == {}


def test_nobody_stands_above_themselves() -> None:
    top = own.partner("TOP")
    middle = own.partner("MIDDLE", parent=top)
    leaf = own.partner("LEAF", parent=middle)
    before = (Edge.objects.count(), Record.objects.count())
    for partner, parent in ((top, leaf), (top, middle), (top, top)):
        with pytest.raises(Cycle):
            operations.move_partner(Act.system(), partner, parent=parent)
    assert (Edge.objects.count(), Record.objects.count()) == before


def test_a_move_planned_for_later_counts_for_cycles_now() -> None:
    one, two = own.partner("ONE"), own.partner("TWO")
    later = (now() + timedelta(days=5)).date()
    operations.move_partner(Act.system(), one, parent=two, from_date=later)
    with pytest.raises(Cycle):
        operations.move_partner(Act.system(), two, parent=one)


def test_the_tree_is_not_changed_behind_a_later_move() -> None:
    one, two, three = own.partner("ONE"), own.partner("TWO"), own.partner("THREE")
    operations.move_partner(Act.system(), one, parent=two)
    before = (Edge.objects.count(), Record.objects.count())
    with pytest.raises(LaterMove):
        operations.move_partner(
            Act.system(), one, parent=three, from_date=(now() - timedelta(days=3)).date()
        )
    assert (Edge.objects.count(), Record.objects.count()) == before


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moves=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 30)), max_size=10)
)
def test_no_order_of_moves_makes_a_circle_or_an_overlap(
    db: None, moves: list[tuple[int, int, int]]
) -> None:
    number = Partner.objects.count()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with clock_at(start):
        nodes = [own.partner(f"N{number}-{index}") for index in range(5)]
    for child, parent, day in moves:
        try:
            operations.move_partner(
                Act.system(), nodes[child], parent=nodes[parent],
                from_date=(start + timedelta(days=1 + day)).date(),
            )  # fmt: skip
        except (Cycle, LaterMove):
            continue
    for day in range(33):
        at = start + timedelta(days=day, hours=12)
        live = Edge.objects.filter(child__in=nodes, starts_at__lte=at)
        current = {
            edge.child_id: edge.parent_id
            for edge in live
            if edge.ends_at is None or at < edge.ends_at
        }
        assert len(current) == sum(edge.ends_at is None or at < edge.ends_at for edge in live)
        for node in nodes:
            seen, up = set(), node.pk
            while up in current:
                assert up not in seen
                seen.add(up)
                up = current[up]


def test_a_client_who_registers_with_a_code_is_the_partners() -> None:
    partner = own.partner("NGATE")
    client = registered("ngate")
    link = ClientLink.objects.get()
    assert (link.client, link.partner, link.how) == (client, partner, "code")
    assert client.partner_id == partner.pk


def test_a_code_nobody_has_links_nobody() -> None:
    own.partner("NGATE")
    assert registered("OTHER").partner_id is None
    assert not ClientLink.objects.exists()


def test_self_referral_is_refused_and_kept_as_a_conflict() -> None:
    client = make.client("SC")
    partner = own.partner("NGATE", own_client=client)
    before = Record.objects.count()
    with pytest.raises(NotTheirs, match="own account"):
        operations.give_client(Act.system(), client, partner=partner)
    assert Record.objects.count() == before

    operations.attribute_client(Act.system(), client, partner=partner, how="link")
    assert not ClientLink.objects.exists()
    conflict = Conflict.objects.get()
    assert conflict.reason == "A partner does not earn on their own account."


def test_the_first_partner_keeps_the_client_until_staff_say_otherwise() -> None:
    first, second = own.partner("FIRST"), own.partner("SECOND")
    client = own.brought(first)
    operations.attribute_client(Act.system(), client, partner=second, how="link")
    assert Conflict.objects.get().kept == first
    client.refresh_from_db()
    assert client.partner_id == first.pk

    operations.reassign_client(
        Act.system(), client, partner=second, reason="Both agreed in writing"
    )
    assert ClientLink.objects.filter(client=client, ends_at=None).get().partner == second
    with pytest.raises(NotTheirs):
        operations.reassign_client(Act.system(), client, partner=second, reason="Again")


def test_the_first_click_is_kept_and_the_second_one_says_so() -> None:
    first, second = own.partner("FIRST"), own.partner("SECOND")
    one, two = first.links.get(), second.links.get()
    assert operations.record_click(Act.system(), one).kept_for is None
    click = operations.record_click(Act.system(), two, earlier=one)
    assert click.kept_for == one
    assert (click.expires_at - click.at).days == 90


def test_links_are_made_by_their_partner_and_bad_ones_are_refused() -> None:
    partner = own.partner("NGATE")
    act = own.act_of(partner)
    link = operations.add_link(act, partner, campaign="Spring webinar")
    assert link.code == "NGATE-SPRING-WEBIN"
    before = (Link.objects.count(), Record.objects.count())
    for campaign in ("", "  ", "spring WEBINAR"):
        with pytest.raises(BadLink):
            operations.add_link(own.act_of(partner), partner, campaign=campaign)
    assert (Link.objects.count(), Record.objects.count()) == before


def test_a_number_that_is_no_iban_changes_nothing() -> None:
    partner = own.partner("NGATE")
    with pytest.raises(BadAccount):
        operations.set_payout_account(Act.system(), partner, iban="DE89370400440532013001")
    partner.refresh_from_db()
    assert partner.bank_label == ""
