"""Builders: applicants with drawn papers, ready to be sent in; and the demo's sanctions list."""

from datetime import date

from nostro.compliance import operations
from nostro.compliance.models import Application, ListVersion
from nostro.compliance.queries import texts_left
from nostro.compliance.tests.shared import DEMO_LIST
from nostro.core.acts import Act
from nostro.core.files import Upload
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.site.demo import specimens
from tests import make

ANNA = specimens.Holder(
    "ERIKSSON", "ANNA MARIA", date(1990, 8, 12), "F", "SWE", "X12345678", date(2022, 4, 16),
    date(2032, 4, 15),
)  # fmt: skip
STREET, CITY = "12 Harbour Street", "Nicosia"
EXPERIENCE = {
    "employment": "employed", "employer": "Harbour Works", "income": "under_100",
    "source_of_funds": "salary", "pep": "no", "trades": "often", "learned": "work",
    "leverage": "600", "margin": "closed", "loss": "part",
}  # fmt: skip


def lists() -> ListVersion:
    """The demo's list, loaded."""
    found = ListVersion.objects.first()
    return found or operations.load_list(Act.system(), path=DEMO_LIST)


def newcomer(first_name: str = "Anna Maria", last_name: str = "Eriksson") -> Client:
    """Registered, with a confirmed address and nothing else."""
    client = make.client(active=False, first_name=first_name, last_name=last_name)
    code = people.send_email_code(Act.system(), client)
    return people.confirm_email(Act.system(), client, code=code)


def identity(holder: specimens.Holder = ANNA, **other: str) -> dict[str, str]:
    """The first step, as the holder of a passport would answer it."""
    two = {"SWE": "SE", "SRB": "RS", "CYP": "CY"}
    return {
        "first_name": holder.given_names.title(), "last_name": holder.surname.title(),
        "birth_date": holder.birth_date.isoformat(), "nationality": two[holder.nationality],
        "document_number": holder.document_number, "phone": "+357 99 123456", **other,
    }  # fmt: skip


def bill(holder: specimens.Holder = ANNA, issued: date | None = None) -> Upload:
    name = f"{holder.given_names} {holder.surname}".title()
    on = issued or Act.system().at.date()
    content = specimens.utility_bill(name, [STREET, f"1010 {CITY}"], issued_date=on)
    return Upload("bill.png", content)


def application(
    holder: specimens.Holder = ANNA, *, papers: bool = True, **answers: str
) -> Application:
    """Filled in by the client themselves, up to the last step."""
    client = newcomer(holder.given_names.title(), holder.surname.title())
    made = operations.start_application(Act.system(), client)
    act = make.act_of(client)
    operations.save_answers(act, made, step="identity", answers=identity(holder, **answers))
    operations.save_answers(
        act, made, step="address",
        answers={"street": STREET, "city": CITY, "postcode": "1010", "tax_country": "CY"},
    )  # fmt: skip
    operations.save_answers(act, made, step="experience", answers=EXPERIENCE)
    for text in texts_left(made):
        operations.accept_agreement(act, made, text=text, sha256=text.sha256)
    if papers:
        passport = Upload("passport.png", specimens.passport(holder))
        operations.upload_document(act, made, kind="passport", upload=passport)
        operations.upload_document(act, made, kind="proof_of_address", upload=bill(holder))
    return made
