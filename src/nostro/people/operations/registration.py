"""How a stranger becomes a client: registration and the code that proves an e-mail address."""

import hashlib
import hmac
import secrets as random_words
from datetime import timedelta

from nostro.core import limits, secrets
from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.people.countries import COUNTRIES
from nostro.people.events import ClientRegistered, EmailCodeMade, EmailConfirmed
from nostro.people.models import Brand, Client, EmailCode, LegalEntity
from nostro.people.operations.firm import EmailInUse

CODE_LIVES = timedelta(minutes=20)
TRIES = 5


class UnknownCountry(Problem):
    """Not a country we know."""


class NotThisEntity(Problem):
    """The brand does not offer its services through this legal entity."""


class WrongCode(Problem):
    """The code does not fit, is used up or has expired."""


@operation(internal=True)
def register_client(
    act: Act,
    *,
    entity: LegalEntity,
    brand: Brand,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    country: str,
    language: str = "en",
    referral_code: str = "",
    account_type: str = "standard",
    base_currency: str = "",
) -> Client:
    """Open a client's file. Nothing may be done with it until the e-mail is confirmed.

    The page answers a taken address exactly as a new one (no account enumeration): it catches
    `EmailInUse` and writes to the address instead.
    """
    if country not in COUNTRIES:
        raise UnknownCountry("Choose your country of residence.", field="country")
    if not brand.entities.filter(pk=entity.pk).exists():
        raise NotThisEntity(f"{brand} does not offer accounts with {entity}.")
    address = email.strip().lower()
    if User.objects.filter(email=address).exists():
        raise EmailInUse("Somebody signs in with this address already.", field="email")
    user = User.objects.create_user(address, password, kind=User.Kind.CLIENT)
    client = Client.objects.create(
        entity=entity, brand=brand, email=address, first_name=first_name.strip(),
        last_name=last_name.strip(), country=country, language=language,
        referral_code=referral_code[:40], account_type=account_type,
        base_currency=Currency(base_currency or entity.base_currency),
        registered_at=act.at, status=Client.Status.REGISTERED,
    )  # fmt: skip
    user.person_id = client.pk
    user.save(update_fields=["person_id"])
    act.record(
        ClientRegistered(entity.code, brand.slug, country, client.referral_code), about=client
    )
    return client


def _hashed(client: Client, code: str) -> str:
    key = secrets.derived("e-mail codes")
    return hmac.new(key, f"{client.pk}/{code}".encode(), hashlib.sha256).hexdigest()


@operation(open_to=("client",), internal=True)
def send_email_code(act: Act, client: Client) -> str:
    """Make a new code. The answer is the code itself: for the e-mail and nobody else."""
    code = f"{random_words.randbelow(10**6):06d}"
    EmailCode.objects.filter(client=client, used_at=None).update(expires_at=act.at)
    made = EmailCode.objects.create(
        client=client, code_hash=_hashed(client, code), made_at=act.at,
        expires_at=act.at + CODE_LIVES,
    )  # fmt: skip
    act.record(EmailCodeMade(made.pk), about=client)
    return code


@operation(open_to=("client",), title="Confirm e-mail")
def confirm_email(act: Act, client: Client, *, code: str) -> Client:
    """Prove the e-mail address with the six digits we sent."""
    live = EmailCode.objects.filter(client=client, used_at=None, expires_at__gt=act.at).first()
    if live is None:
        raise WrongCode("This code has expired. Ask for a new one.", field="code")
    guess = f"email-code/{live.code_hash}"
    if limits.tried(guess) >= TRIES:
        raise WrongCode("Too many tries. Ask for a new code.", field="code")
    if not hmac.compare_digest(live.code_hash, _hashed(client, code.strip())):
        limits.tries(guess, seconds=int(CODE_LIVES.total_seconds()), refused=True)
        raise WrongCode("That is not the code we sent.", field="code")
    live.used_at = act.at
    live.save(update_fields=["used_at"])
    client.email_confirmed_at = act.at
    client.save(update_fields=["email_confirmed_at"])
    User.objects.filter(kind=User.Kind.CLIENT, person_id=client.pk).update(email_verified_at=act.at)
    act.record(EmailConfirmed(), about=client)
    return client
