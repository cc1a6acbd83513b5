"""Where a client may be paid: bank accounts in their own name, usable after a day."""

import hashlib
from datetime import timedelta

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.payments.events import DestinationAdded
from nostro.payments.models import Destination
from nostro.people.models import Client

COOL_DOWN = timedelta(hours=24)


class BadDestination(Problem):
    """A bank account that cannot be paid, or that is somebody else's."""


@operation(open_to=("client",), title="Add a bank account", icon="building-bank")
def add_destination(act: Act, client: Client, *, iban: str, holder: str) -> Destination:
    """Add a bank account in the client's own name. On its first day a person looks at it."""
    try:
        number = IBAN(iban)
    except SchwiftyException as error:
        raise BadDestination("That is not an IBAN.", field="iban") from error
    if _words(holder) != _words(client.name):
        raise BadDestination(
            "We pay to accounts in your own name only, as it stands in your documents.",
            field="holder",
        )
    compact = number.compact
    print_of = hashlib.sha256(f"{client.pk}/{compact}".encode()).hexdigest()
    if Destination.objects.filter(client=client, fingerprint=print_of).exists():
        raise BadDestination("You have added this account already.", field="iban")
    destination = Destination.objects.create(
        client=client, kind="bank", label=f"{compact[:4]} ·· {compact[-4:]}", holder=holder.strip(),
        sealed=secrets.sealed(compact), fingerprint=print_of, added_at=act.at,
        usable_from=act.at + COOL_DOWN,
    )  # fmt: skip
    act.record(DestinationAdded(destination.pk, destination.label), about=destination)
    return destination


def _words(name: str) -> list[str]:
    return sorted(name.casefold().replace("-", " ").split())
