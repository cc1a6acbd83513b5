"""cTrader IDs: nobody signs in to an account itself. A person has a cTrader ID, known by the e-mail
address, and signs in with it to all accounts that are linked to it.

An address that has an ID already answers with its number, and an account stays linked however often
that is asked for, so both can be repeated.
"""

from nostro.kit import Unknown
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.webservices import WebServices, md5_hex


def link(
    web: WebServices, settings: CTraderSettings, login: int, email: str, password: str
) -> None:
    """The ID of an address, made where it has none, and the account linked to it."""
    broker: dict[str, object] = {"brokerName": settings.broker}
    wanted = {**broker, "email": email, "preferredLanguage": "EN"}
    answer = web.write("POST", "/cid/ctid/create", wanted)
    number = str(answer.get("userId", "")) if isinstance(answer, dict) else ""
    if not number.isdecimal():
        raise Unknown("The cTrader ID was made, but the answer has no userId.")
    account = {
        **broker, "traderLogin": login, "traderPasswordHash": md5_hex(password),
        "userId": int(number), "environmentName": settings.environment,
        "returnAccountDetails": False,
    }  # fmt: skip
    web.write("POST", "/cid/ctid/link", account)
