"""cTrader IDs: the people that accounts are linked to, known by their e-mail address."""

import json
from collections.abc import Mapping
from typing import Any

from simulators.ctrader.refusals import Refusal, invalid
from simulators.ctrader.server import UPDATED, CTraderServer, more_of

_FACT = "cid/"
_LINK = "cid_link"


def create(server: CTraderServer, sent: Mapping[str, Any]) -> dict[str, Any]:
    """POST /cid/ctid/create; a known e-mail address answers with the number alone."""
    email = str(sent.get("email", "")).strip().lower()
    if "@" not in email:
        raise invalid("A cTrader ID needs an e-mail address.")
    _check_broker(server, sent)
    known = server.store.facts.get(_FACT + email)
    if known:
        return {"userId": json.loads(known)["userId"]}
    number = 1 + sum(name.startswith(_FACT) for name in server.store.facts)
    made = {
        "userId": number, "nickname": email.partition("@")[0], "email": email,
        "preferredLanguage": str(sent.get("preferredLanguage", "EN")),
        "utcCreateTimestamp": server.now(), "status": "CTID_NEW",
    }  # fmt: skip
    server.store.facts[_FACT + email] = json.dumps(made)
    return made


def link(server: CTraderServer, sent: Mapping[str, Any]) -> dict[str, Any]:
    """POST /cid/ctid/link: an account joins a cTrader ID, for whoever knows its password."""
    _check_broker(server, sent)
    if sent.get("environmentName") != server.settings.environment:
        raise invalid("There is no such environment.")
    account = server.trader(sent.get("traderLogin"))
    if account.main_digest != str(sent.get("traderPasswordHash", "")).lower():
        raise Refusal("WRONG_PASSWORD", "That is not the account's password.", 403)
    users = {json.loads(text)["userId"] for name, text in server.store.facts.items()
             if name.startswith(_FACT)}  # fmt: skip
    if sent.get("userId") not in users:
        raise Refusal("ENTITY_NOT_FOUND", "There is no such cTrader ID.", 404)
    more = more_of(account)
    if _LINK not in more:
        server.store.facts[_LINK] = str(int(server.store.facts.get(_LINK, "0")) + 1)
        more[_LINK] = int(server.store.facts[_LINK])
    more["userId"] = sent["userId"]
    server.keep_trader(account, more, UPDATED)
    answer: dict[str, Any] = {"ctidTraderAccountId": more[_LINK]}
    if sent.get("returnAccountDetails"):
        answer |= {"login": account.login, "userId": sent["userId"]}
    return answer


def _check_broker(server: CTraderServer, sent: Mapping[str, Any]) -> None:
    if sent.get("brokerName") != server.settings.broker:
        raise Refusal("NOT_ENOUGH_RIGHTS", "No access to that broker.", 403)
