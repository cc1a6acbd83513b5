"""The Web Integration Kit as the adapter's writer: one line to the plugin, one question at a time.

What was not written cannot have happened, so a line that fails before is `Retry`; after that a
read is still `Retry`, but a write is `Unknown`. A line in doubt is thrown away.
"""

import socket
from collections.abc import Mapping
from decimal import Decimal
from threading import RLock
from time import monotonic

from nostro.kit import Refused, Retry, Unknown
from nostro.trading import ports
from nostro.trading.adapters.mt4 import wire
from nostro.trading.adapters.mt4.codes import trouble
from nostro.trading.adapters.mt4.settings import Mt4Settings
from nostro.trading.adapters.mt4.tables import number
from nostro.trading.adapters.mt4.writer import Live, LiveGroup

LARGEST_ANSWER = 64 * 1024 * 1024
TOO_LONG = "The answer is longer than 64 MB, and is not read."
INVALID_PASSWORD = frozenset({"65", "3"})
TICKET, COMMENT = 0, 3
"""Places in a row of `getbalancesoperations`: deal;profit;time;comment."""

type Parameters = Mapping[str, object]


class Line:
    """A connected socket, what has been read of it beyond the last answer, and when it was used."""

    def __init__(self, settings: Mt4Settings) -> None:
        self.socket = socket.create_connection(
            (settings.host, settings.port), settings.connect_timeout
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = settings.mask.get_secret_value().encode(settings.code_page)
        self.used_at = monotonic()
        self.number = 0
        self._read_ahead = b""

    def ask(self, request: bytes, code_page: str, within: float) -> wire.Answer:
        """The answer to the request that bears our number; late ones to others are left out."""
        deadline = monotonic() + within
        self.socket.settimeout(within)
        self.socket.sendall(wire.masked(request, self.key))
        while True:
            size = wire.size_of(self._line(deadline))
            if size > LARGEST_ANSWER:
                raise wire.BadPacket(TOO_LONG)
            body = wire.masked(self._take(size, deadline), self.key)
            answer = wire.parse_answer(body, code_page)
            if answer.request_id == self.number:
                self.used_at = monotonic()
                return answer

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._read_ahead:
            if len(self._read_ahead) > wire.LONGEST_SIZE_LINE:
                raise wire.BadPacket("The answer does not begin with its length.")
            self._more(deadline)
        line, _, self._read_ahead = self._read_ahead.partition(b"\n")
        return line

    def _take(self, size: int, deadline: float) -> bytes:
        while len(self._read_ahead) < size:
            self._more(deadline)
        body, self._read_ahead = self._read_ahead[:size], self._read_ahead[size:]
        return body

    def _more(self, deadline: float) -> None:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError("The plugin did not answer in time.")
        self.socket.settimeout(left)
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("The plugin closed the connection.")
        self._read_ahead += part


class Wik:
    """Safe to share between threads, which then wait for one another."""

    def __init__(self, settings: Mt4Settings) -> None:
        self.settings = settings
        self._line: Line | None = None
        self._lock = RLock()

    def open_account(self, request: ports.AccountRequest, *, key: str) -> int:
        for_people = {
            "name": request.name, "id": request.client_code, "country": request.country,
            "city": request.city, "phone": request.phone,
        }  # fmt: skip
        answer = self._write("createaccount", {
            "group": request.group, "agent": request.agent, "login": 0,
            **{name: self._readable(value) for name, value in for_people.items()},
            "email": request.email, "password": request.password,
            "password_investor": request.investor_password, "leverage": request.leverage,
            "comment": key,
        })  # fmt: skip
        return _done_with(answer, "login")

    def change_account(self, login: int, change: ports.AccountChange) -> None:
        read_only = None if change.trading is None else change.trading != ports.Right.FULL
        flags = {
            "enable": change.enabled, "enable_read_only": read_only,
            "enable_change_password": change.password_change,
        }  # fmt: skip
        changed: dict[str, object] = {
            name: int(flag) for name, flag in flags.items() if flag is not None
        }
        if change.group is not None:
            changed["group"] = change.group
        if change.leverage is not None:
            changed["leverage"] = change.leverage
        if change.name is not None:
            changed["name"] = self._readable(change.name)
        if changed:
            self._write("modifyaccount", {"login": login, **changed})

    def set_password(self, login: int, password: str, kind: ports.PasswordKind) -> None:
        investor = int(kind == ports.PasswordKind.INVESTOR)
        self._write("changepassword", {"login": login, "pass": password, "investor": investor})

    def check_password(self, login: int, password: str, kind: ports.PasswordKind) -> bool:
        """The plugin says of a wrong password what it says of a wrong account."""
        self.account(login)
        investor = int(kind == ports.PasswordKind.INVESTOR)
        try:
            self._read("checkpassword", {"login": login, "pass": password, "investor": investor})
        except Refused as refusal:
            if refusal.code in INVALID_PASSWORD:
                return False
            raise
        return True

    def change_money(self, login: int, amount: Decimal, *, credit: bool, comment: str) -> int:
        action = "changecredit" if credit else "changebalance"
        answer = self._write(action, {"login": login, "value": f"{amount:f}", "comment": comment})
        said = answer.values.get("deal", "")
        return int(said) if said.isdecimal() else 0

    def find_money(self, login: int, comment: str, since: int, until: int) -> int | None:
        found = self._read("getbalancesoperations", {"login": login, "from": since, "to": until})
        for row in found.rows:
            if len(row) > COMMENT and row[COMMENT] == comment and row[TICKET].isdecimal():
                return int(row[TICKET])
        return None

    def find_account(self, comment: str, group: str) -> int | None:
        """Newest first. Plugins differ in their columns after the login, so any of them counts."""
        rows = self._read("getaccounts", {"group": group}).rows
        owned = [int(row[0]) for row in rows if row[0].isdecimal() and comment in row[1:]]
        return max(owned, default=None)

    def account(self, login: int) -> Live:
        said = self._read("getaccountinfo", {"login": login}).values
        margin = self._read("getmargininfo", {"login": login}).values
        return Live(
            login=login, group=said.get("group", ""), name=said.get("name", ""),
            leverage=int(_decimal(said, "leverage")), enabled=said.get("enable", "1") != "0",
            trading=said.get("enable_read_only", "0") == "0", balance=_decimal(said, "balance"),
            credit=_decimal(said, "credit"), equity=_decimal(margin, "equity"),
            margin=_decimal(margin, "margin"), free_margin=_decimal(margin, "freemargin"),
            margin_level=_decimal(said, "margin_level"),
            registered=int(_decimal(said, "regdate")), values=said,
        )  # fmt: skip

    def groups(self) -> list[LiveGroup]:
        """Rows of name;currency;company;leverage;deposit;margin call;stop out."""
        found = []
        for row in self._read("getgroups", {}).rows:
            raw: dict[str, str] = dict(zip(_GROUP_COLUMNS, row, strict=False))
            levels = (_decimal(raw, "margin_call"), _decimal(raw, "stop_out_level"))
            found.append(LiveGroup(raw["name"], raw.get("currency", ""), *levels, raw))
        return found

    def server_seconds(self) -> int:
        return int(_decimal(self._read("servertime", {}).values, "time"))

    def close(self) -> None:
        with self._lock:
            if self._line:
                self._line.socket.close()
                self._line = None

    def _read(self, action: str, parameters: Parameters) -> wire.Answer:
        """Ask for something. Raises `Retry` or `Refused`."""
        return self._ask(action, parameters, writes=False)

    def _write(self, action: str, parameters: Parameters) -> wire.Answer:
        """Ask to change something. Raises `Retry`, `Refused` or `Unknown`."""
        return self._ask(action, parameters, writes=True)

    def _ask(self, action: str, parameters: Parameters, *, writes: bool) -> wire.Answer:
        with self._lock:
            line = self._connected()
            line.number += 1
            request = self._request(line.number, action, parameters)
            try:
                answer = line.ask(request, self.settings.code_page, self.settings.answer_timeout)
            except (OSError, wire.BadPacket) as error:
                self.close()
                if writes:
                    raise Unknown(f"{action} was sent, and no answer came: {error}") from error
                raise Retry(f"No answer to {action}: {error}") from error
            except BaseException:
                self.close()
                raise
        if answer.result != wire.SUCCESS:
            raise trouble(answer, writes=writes)
        return answer

    def _request(self, number: int, action: str, parameters: Parameters) -> bytes:
        try:
            return wire.request(
                action,
                number,
                {name: str(value) for name, value in parameters.items()},
                secret=self.settings.secret.get_secret_value(),
                code_page=self.settings.code_page,
            )
        except wire.BadValue as error:
            raise Refused(f"The platform cannot take one of the values. {error}") from error

    def _connected(self) -> Line:
        """A line. One that idled is replaced before anything is written to it."""
        if self._line and monotonic() - self._line.used_at > self.settings.idle_limit:
            self.close()
        if self._line is None:
            try:
                self._line = Line(self.settings)
            except OSError as error:
                raise Retry(f"The plugin cannot be reached: {error}") from error
        return self._line

    def _readable(self, value: str) -> str:
        return wire.readable(value, self.settings.code_page)


_GROUP_COLUMNS = (
    "name", "currency", "company", "leverage_by_default", "deposit_by_default", "margin_call",
    "stop_out_level",
)  # fmt: skip


def _done_with(answer: wire.Answer, name: str) -> int:
    """The number a write answers with. It has acted, so an unreadable answer is `Unknown`."""
    said = answer.values.get(name, "")
    if not said.isdecimal():
        raise Unknown(f"It was done, but the answer has no {name}.")
    return int(said)


def _decimal(values: Mapping[str, str], name: str) -> Decimal:
    return number(values.get(name, ""), name)
