"""A client of another system who came through a partner stays the partner's."""

import pytest

from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.partners.models import ClientLink, Link
from nostro.partners.tests import make as partners_make
from nostro.people import operations as people
from nostro.people.models import Client
from tests import make

pytestmark = pytest.mark.django_db


def test_a_partners_code_in_the_file_makes_the_client_theirs() -> None:
    north = partners_make.partner("north")
    code = Link.objects.get(partner=north).code
    make.brand("SC")
    lines = (
        "email,first_name,last_name,country,entity,partner",
        f"ada@example.com,Ada,Lovelace,CY,SC,{code.upper()}",
        "bob@example.com,Bob,Byron,CY,SC,",
        "eve@example.com,Eve,Byron,CY,SC,south",
    )
    file = Upload("clients.csv", "\n".join(lines).encode())
    found = people.read_import(Act.system(), file=file)
    drain()
    assert [one.said for one in found.rows.order_by("number")] == [
        "", "", "No partner has the code “south”.",
    ]  # fmt: skip

    people.start_import(Act.system(), found)
    drain()

    link = ClientLink.objects.get()
    assert (link.partner, link.client.email) == (north, "ada@example.com")
    assert Client.objects.get(email="ada@example.com").partner_id == north.pk
    assert Client.objects.get(email="bob@example.com").partner_id is None
