"""Clients of another system are screened here, whatever was done there."""

import pytest

from nostro.compliance.models import Hit
from nostro.compliance.tests import make as papers
from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.people import operations as people
from nostro.people.models import Client
from tests import make

pytestmark = pytest.mark.django_db
FILE = b"""email,first_name,last_name,country,entity,birth_date,nationality,status
vargo@example.com,Vargo,Zelenkov,RS,CY,1968-03-14,RS,active
ada@example.com,Ada,Lovelace,GB,CY,1985-12-10,GB,active
"""


def test_whoever_is_brought_over_and_stands_on_a_list_is_found() -> None:
    papers.lists()
    make.brand("CY")
    found = people.read_import(Act.system(), file=Upload("clients.csv", FILE))
    drain()

    people.start_import(Act.system(), found)
    drain()

    assert Client.objects.count() == 2
    hits = Hit.objects.all()
    assert hits
    assert {one.client.email for one in hits} == {"vargo@example.com"}
