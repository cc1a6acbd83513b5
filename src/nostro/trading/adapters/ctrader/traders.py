"""Accounts as WebServices have them: one, some, or all of a mask of groups."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from nostro.kit import Refused, Retry, Unread
from nostro.trading.adapters.ctrader import codes, records
from nostro.trading.adapters.ctrader.catalogue import matches
from nostro.trading.adapters.ctrader.history import understood
from nostro.trading.adapters.ctrader.records import Trader, query
from nostro.trading.adapters.ctrader.webservices import WebServices

TRADERS = "/v2/webserv/traders"
EARLIEST, LATEST = "2000-01-01T00:00:00.000", "2100-01-01T00:00:00.000"
EACH, AT_ONCE = 500, 8
"""Up to so many are asked for each by itself, so many at once: where an account's equity stands,
no question is for several. Above, one list of all of them is the shorter way.
"""


class Traders:
    """`unread` takes what cannot be read, of the whole connection."""

    def __init__(self, web: WebServices, unread: Unread) -> None:
        self._web = web
        self._unread = unread

    def one(self, login: int) -> Trader:
        document = self._web.read(f"{TRADERS}/{login}")
        return understood(Trader, document)

    def some(self, logins: Sequence[int]) -> list[Trader]:
        """Those of the logins that exist, in the order asked for."""
        if len(logins) > EACH:
            known = {row.login: row for row in self.listed("*")}
            return [known[login] for login in logins if login in known]
        if not logins:
            return []
        first = self._perhaps(logins[0])  # by itself: it signs in for all of them
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = [first, *threads.map(self._perhaps, logins[1:])]
        return [one for one in found if one is not None]

    def _perhaps(self, login: int) -> Trader | None:
        try:
            return self.one(login)
        except Refused as refusal:
            if refusal.code not in codes.NO_TRADER:
                raise
            return None

    def listed(self, group: str, *, whole: bool = False) -> list[Trader]:
        """Traders of the groups of a mask, all of them where the list has to be `whole`. A list
        that is cut goes on before its oldest one.
        """
        found: dict[int, Trader] = {}
        ends = LATEST
        while True:
            document = self._web.read(f"{TRADERS}/", **{"from": EARLIEST, "to": ends})
            rows = document.get("trader") if isinstance(document, dict) else None
            if not isinstance(rows, list):
                raise Retry("The platform did not list its traders.")
            if whole:
                read = [understood(Trader, raw) for raw in rows]
            else:
                read = self._unread.each(rows, Trader, lambda raw: f"account {raw}"[:60])
            traders = {row.login: row for row in read}
            fresh = traders.keys() - found.keys()
            found |= traders
            if not document.get("hasMore"):
                break
            born = [row.born for row in traders.values()]
            if not fresh or not min(born, default=0):
                raise Retry("The platform cuts its list of traders, and does not go on.")
            # The end is left out of a window, and several may have come in one moment.
            ends = query(records.utc(min(born) + 1))
        return [row for row in found.values() if matches(group, row.text("groupName"))]


def named(trader: Trader) -> str:
    return f"account {trader.login}"
