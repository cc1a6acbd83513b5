"""What is not granted is denied; rows and fields that may not be seen never leave the query."""

import pytest

from nostro.core.access import SYSTEM, Actor, Grants, Rows, Scope, dots, masks_for
from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.core.tests.parcels import Parcel, client, parcels, send, staff
from nostro.kit.problems import Forbidden, NotFound


def test_a_role_allows_what_its_patterns_name_and_nothing_else() -> None:
    ada = staff(1, "payments.*", "people.clients")

    assert ada.may("payments.approve_withdrawal")
    assert ada.may("people.clients")
    assert not ada.may("people.set_level")
    assert not staff(1).may("payments.approve_withdrawal")
    assert SYSTEM.may("anything.at_all")


def test_an_api_key_narrows_what_its_owner_may() -> None:
    names, within = frozenset({"payments.*"}), frozenset({"payments.deposits"})
    speaking = Actor("staff", 1, "Ada", Grants(names, within=within), key=9)
    portal = Actor("client", 3, "Ben", Grants(within=frozenset({"tests.nothing"})), key=9)

    assert speaking.may("payments.deposits")
    assert not speaking.may("payments.approve_withdrawal")
    assert client(3).may("tests.send")
    assert not portal.may("tests.send")


@pytest.mark.usefixtures("parcel_table")
@pytest.mark.parametrize(
    ("scope", "count"),
    [
        (Scope(), 2),
        (Scope(entities=frozenset({1})), 2),
        (Scope(entities=frozenset({2})), 0),
        (Scope(entities=frozenset()), 0),
        (Scope(countries=frozenset({"CY"})), 2),
        (Scope(entities=frozenset({1}), countries=frozenset({"DE"})), 0),
    ],
)
def test_staff_see_the_rows_of_their_scope(scope: Scope, count: int) -> None:
    send(Act.system(), label="Book", client_id=3)
    send(Act.system(), label="Lamp", client_id=4)

    assert parcels(Act(staff(1, "tests.*", scope=scope))).count() == count


@pytest.mark.usefixtures("parcel_table")
def test_what_you_may_not_see_you_cannot_name() -> None:
    theirs = send(Act.system(), label="Book", client_id=3)
    elsewhere = staff(1, "tests.*", scope=Scope(entities=frozenset({2})))

    assert find(Act(client(3)), Parcel, theirs.pk) == theirs
    for actor in (client(4), elsewhere, staff(1)):
        with pytest.raises(NotFound):
            find(Act(actor), Parcel, theirs.pk)


@pytest.mark.usefixtures("parcel_table")
@pytest.mark.parametrize("name", ["", "x", None, "1; --", 10**30, -1])
def test_an_id_that_makes_no_sense_is_not_found(name: object) -> None:
    with pytest.raises(NotFound):
        find(Act.system(), Parcel, name)


@pytest.mark.usefixtures("parcel_table")
def test_a_query_that_was_not_granted_is_refused() -> None:
    with pytest.raises(Forbidden):
        parcels(Act(staff(1, "payments.*")))


@pytest.mark.usefixtures("parcel_table")
def test_a_masked_field_leaves_the_query_masked_however_the_rows_are_chosen() -> None:
    send(Act.system(), label="secret", client_id=3)
    rows: Rows[Parcel] = Rows(Parcel).masking(masks_for(staff(1), ["label"], prefix="tests.parcel"))

    assert [one.label for one in rows.filter(client_id=3).order_by("pk")] == ["s•••"]
    assert rows.get().label == "s•••"
    shown = staff(1, unmasked=("tests.parcel.*",))
    assert masks_for(shown, ["label"], prefix="tests.parcel") == {}


@pytest.mark.usefixtures("parcel_table")
def test_values_and_iterators_are_no_way_around_a_mask() -> None:
    send(Act.system(), label="secret", client_id=3)
    rows: Rows[Parcel] = Rows(Parcel).masking(masks_for(staff(1), ["label"], prefix="tests.parcel"))

    for asked in ({"label"}, set()):
        with pytest.raises(RuntimeError, match="masked fields"):
            list(rows.values(*asked))
        with pytest.raises(RuntimeError, match="masked fields"):
            list(rows.values_list(*asked))
    assert list(rows.values_list("client_id", flat=True)) == [3]
    assert [one.label for one in rows.iterator()] == ["s•••"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [("lukas@example.com", "l•••@•••.com"), ("Lukas", "L•••"), ("", ""), (None, "")],
)
def test_dots_keep_a_first_letter(text: str | None, masked: str) -> None:
    assert dots(text) == masked
