"""The server's lists, read in batches of accounts or page by page, whichever a server can."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import batched, chain
from operator import itemgetter

from nostro.kit import Refused, Retry, Unread
from nostro.trading.adapters.mt5 import records
from nostro.trading.adapters.mt5.client import Client
from nostro.trading.adapters.mt5.codes import NOT_FOUND, NOT_SUPPORTED
from nostro.trading.adapters.mt5.records import Record
from nostro.trading.adapters.mt5.wire import BadPacket, Reply

PAGE = 100
BATCH = 100
SINGLY = {str(code) for code in NOT_SUPPORTED}

type Parameters = Mapping[str, object]


class Lists:
    """Remembers what a server cannot do, so that it is asked only once, and what was unreadable."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.unread = Unread(BadPacket)
        self._without: set[str] = set()

    def records(self, command: str, parameters: Parameters) -> list[Record]:
        return understood_records(self.client.read(command, parameters))

    def logins(self, group: str) -> list[int]:
        document = self.client.read("USER_LOGINS", {"GROUP": group}).document
        return understood(lambda: records.integers(document))

    def _batch(self, command: str, parameters: Parameters, by: str) -> list[Record] | None:
        """The answer for many accounts, or nothing where the server can only be asked singly."""
        if f"{command} {by}" in self._without:
            return None
        try:
            return self.records(command, parameters)
        except Refused as refusal:
            if refusal.code in SINGLY:
                self._without.add(f"{command} {by}")
            elif refusal.code != str(NOT_FOUND):
                raise
            elif by == "GROUP":
                return []  # of no account: nothing that could be asked for singly
        return None

    def many(self, command: str, logins: Sequence[int]) -> Iterator[Record]:
        found = self._batch(f"{command}_BATCH", {"LOGIN": listed(logins)}, "LOGIN")
        if found is not None:
            yield from found
            return
        for login in logins:
            try:
                yield from self.records(command, {"LOGIN": login})
            except Refused as refusal:
                if refusal.code != str(NOT_FOUND):
                    raise

    def rows(
        self, sort: str, ticket: str, logins: Sequence[int] | None, span: Parameters, offset: int
    ) -> Iterator[list[Record]]:
        """Pages of many accounts' rows, by login and then ticket, without the first `offset`."""
        if logins is None:
            found = self._batch(f"{sort}_GET_BATCH", {**span, "GROUP": "*"}, "GROUP")
            if found is not None:
                rows = self._in_order(found, ticket)
                yield from (list(page) for page in batched(rows[offset:], PAGE))
                return
        every = sorted(self.logins("*") if logins is None else logins)
        for some in batched(every, BATCH):
            wanted_all = {**span, "LOGIN": listed(some)}
            found = None
            if len(every) > 1:
                found = self._batch(f"{sort}_GET_BATCH", wanted_all, "LOGIN")
            if found is None:
                for login in some:
                    wanted = {**span, "LOGIN": login}
                    total = self._total(f"{sort}_GET_TOTAL", wanted)
                    yield from self._pages(f"{sort}_GET_PAGE", wanted, total, offset)
                    offset = max(0, offset - total)
                continue
            rows = self._in_order(found, ticket)
            yield from (list(page) for page in batched(rows[offset:], PAGE))
            offset = max(0, offset - len(rows))

    def stream(self, sort: str, span: Parameters) -> Iterator[list[Record]] | None:
        """Rows of all accounts as they come, or nothing where the server can only be asked for
        some.
        """
        command = f"{sort}_GET_BATCH"
        if f"{command} GROUP" in self._without:
            return None
        pieces = self.client.listen(command, {**span, "GROUP": "*"})
        try:
            first = next(pieces)
        except Refused as refusal:
            if refusal.code in SINGLY:
                self._without.add(f"{command} GROUP")
            elif refusal.code == str(NOT_FOUND):
                return iter(())
            else:
                raise
            return None
        return filter(None, map(understood_records, chain((first,), pieces)))

    def dailies(self, logins: Sequence[int] | None, span: Parameters) -> Iterator[list[Record]]:
        """Reports of many accounts, by login and then time. A server without the light ones, which
        leave out what is open, is asked for the whole ones.
        """
        whose: list[Parameters] = [{"GROUP": "*"}]
        if logins is not None:
            whose = [{"LOGIN": listed(some)} for some in batched(sorted(logins), BATCH)]
        for some in whose:
            found = None
            if "DAILY_GET_LIGHT" not in self._without:
                try:
                    found = self.records("DAILY_GET_LIGHT", {**span, **some})
                except Refused as refusal:
                    if refusal.code not in SINGLY:
                        raise
                    self._without.add("DAILY_GET_LIGHT")
            if found is None:
                found = self.records("DAILY_GET", {**span, **some})
            yield from (list(page) for page in batched(self._in_order(found, "Datetime"), PAGE))

    def _total(self, command: str, parameters: Parameters) -> int:
        try:
            reply = self.client.read(command, parameters)
        except Refused as refusal:
            if refusal.code == str(NOT_FOUND):
                return 0
            raise
        total = reply.parameters.get("TOTAL", "")
        if not total.isdecimal():
            raise Retry(f"The platform did not answer {command} with a total.")
        return int(total)

    def _pages(
        self, command: str, parameters: Parameters, total: int, offset: int
    ) -> Iterator[list[Record]]:
        """Ends early where rows vanished meanwhile."""
        while offset < total:
            page = self.records(command, {**parameters, "OFFSET": offset, "TOTAL": PAGE})
            if not page:
                return
            yield page
            offset += len(page)

    def each(self, sort: str) -> Iterator[Record]:
        """One after the other. One that the server will not show or prints unreadably is set
        aside: as long as it answers other questions, the rest of the list is there.
        """
        total = self._total(f"{sort}_TOTAL", {})
        for index in range(total):
            try:
                yield from self._at(sort, index)
            except (Refused, Retry) as trouble:
                self.client.read("TEST_ACCESS")
                self.unread.note(f"{sort.lower()} {index + 1} of {total}", trouble.reason)

    def _at(self, sort: str, index: int) -> list[Record]:
        """Once more where a line broke; nothing where the list has become shorter."""
        for last in (False, True):
            try:
                return self.records(f"{sort}_NEXT", {"INDEX": index})
            except Refused as refusal:
                if refusal.code != str(NOT_FOUND):
                    raise
                break
            except Retry:
                if last:
                    raise
        return []

    def each_read[T](
        self, found: Iterable[Record], reading: Callable[[Record], T], name: str, *fields: str
    ) -> list[T]:
        """What was read of the records; unreadable ones are named `name` and their field's text."""
        rows = understood(lambda: list(found))
        known = fields or (name.capitalize(),)
        return self.unread.each(rows, reading, lambda record: f"{name} {record.text(*known)}")

    def _in_order(self, found: list[Record], ticket: str) -> list[Record]:
        keyed = self.each_read(
            found, lambda row: ((row.integer("Login"), row.integer(ticket)), row), ticket.lower(),
            ticket,
        )  # fmt: skip
        return [row for _, row in sorted(keyed, key=itemgetter(0))]


def understood[T](reading: Callable[[], T]) -> T:
    """What was read, or `Retry`: an unreadable answer to a question changes nothing."""
    try:
        return reading()
    except BadPacket as error:
        raise Retry(str(error)) from error


def listed(logins: Sequence[int]) -> str:
    return ",".join(str(login) for login in logins)


def understood_records(reply: Reply) -> list[Record]:
    return understood(lambda: records.records(reply.document))
