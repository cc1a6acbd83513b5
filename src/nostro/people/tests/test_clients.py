import pytest
from django.core.cache import cache, caches

from nostro.core.acts import Act
from nostro.core.models import ActRow, Record, User
from nostro.core.queries import find
from nostro.kit.problems import Forbidden, NotFound
from nostro.people import operations, queries
from nostro.people.models import Client
from nostro.people.operations.firm import EmailInUse
from nostro.people.operations.registration import UnknownCountry, WrongCode
from tests import make

pytestmark = pytest.mark.django_db


def test_a_registered_client_can_do_nothing_until_the_code_fits(act: Act) -> None:
    ada = make.client(active=False)
    code = operations.send_email_code(act, ada)
    wrong = "000000" if code != "000000" else "111111"

    with pytest.raises(WrongCode):
        operations.confirm_email(act, ada, code=wrong)
    operations.confirm_email(act, ada, code=code)

    assert User.objects.get(person_id=ada.pk, kind="client").email_verified_at == act.at
    with pytest.raises(WrongCode):
        operations.confirm_email(act, ada, code=code)


def test_a_code_is_not_found_out_by_trying(act: Act) -> None:
    ada = make.client(active=False)
    code = operations.send_email_code(act, ada)
    for number in range(5):
        with pytest.raises(WrongCode):
            operations.confirm_email(act, ada, code=f"wrong{number}")

    with pytest.raises(WrongCode):
        operations.confirm_email(act, ada, code=code)
    ada.refresh_from_db()
    assert ada.email_confirmed_at is None


def test_a_taken_address_registers_nobody_and_records_nothing(act: Act) -> None:
    make.client(email="ada@example.com")
    before = (Client.objects.count(), User.objects.count(), Record.objects.count())
    with pytest.raises(EmailInUse):
        make.client(email="ADA@example.com ")
    assert (Client.objects.count(), User.objects.count(), Record.objects.count()) == before


def test_a_country_that_is_none_is_refused(act: Act) -> None:
    with pytest.raises(UnknownCountry):
        make.client(country="ZZ")
    assert not Client.objects.exists()


def test_staff_of_one_entity_cannot_name_a_client_of_another() -> None:
    cypriot, british = make.client("CY"), make.client("UK")
    person = make.act_of(make.staff("people.*", entities=["CY"]))

    assert list(queries.clients(person)) == [cypriot]
    with pytest.raises(NotFound):
        find(person, Client, british.pk)


def test_what_a_role_may_not_see_never_leaves_the_query() -> None:
    ada = make.client(email="ada@example.com")
    masked = queries.clients(make.act_of(make.staff("people.*"))).get()
    seen = queries.clients(make.act_of(make.staff("people.*", unmasked=["people.client.*"]))).get()

    assert masked.email == "a•••@•••.com"
    assert seen.email == ada.email == "ada@example.com"


def test_a_role_without_the_name_is_refused_and_nothing_happens() -> None:
    ada = make.client()
    nobody = make.act_of(make.staff("people.clients"))
    acts = ActRow.objects.count()
    with pytest.raises(Forbidden):
        operations.restrict_client(nobody, ada, reason="because")
    ada.refresh_from_db()
    assert ada.status == Client.Status.ACTIVE
    assert ActRow.objects.count() == acts


def test_a_client_reaches_no_other_client() -> None:
    ada, eve = make.client(), make.client()
    act = make.act_of(eve)
    assert list(queries.clients(act)) == [eve]
    with pytest.raises(NotFound):
        operations.change_details(act, ada, phone="+357 1")
    with pytest.raises(Forbidden):
        operations.set_level(act, eve, level=2, reason="I would like to")


@pytest.mark.django_db(transaction=True)
def test_tries_of_a_code_are_counted_in_the_database_though_each_is_refused(act: Act) -> None:
    ada = make.client(active=False)
    code = operations.send_email_code(act, ada)
    for number in range(5):
        with pytest.raises(WrongCode):
            operations.confirm_email(act, ada, code=f"wrong{number}")
    cache.clear()  # What a server remembers by itself would be gone after a restart.
    caches["memory"].clear()
    with pytest.raises(WrongCode, match="Too many tries"):
        operations.confirm_email(act, ada, code=code)
    operations.confirm_email(act, ada, code=operations.send_email_code(act, ada))
