"""The control door, plain HTTP with JSON: a test or a demonstration turns time, trades a known
deal and orders failures. No real server has it, and every simulated one has the same.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Protocol

from simulators.market import DAY, SECOND
from simulators.market.zone import iso, moment
from simulators.trading.denied import Denied
from simulators.trading.following import Kind, Share, Strategy
from simulators.trading.misbehaviour import ANY, Mischief, Misdeed, Plan
from simulators.trading.records import BUY, LOT, SELL, Deal
from simulators.trading.venue import Venue

log = logging.getLogger(__name__)

type Answer = Mapping[str, Any]

_SIDES = {"buy": BUY, "sell": SELL}
_LARGEST_BODY = 1_000_000


class Doors(Protocol):
    """A platform's own doors, as far as the control door has to do with them."""

    mischief: Mischief

    @property
    def venue(self) -> Venue: ...

    @property
    def sessions(self) -> Collection[object]: ...

    def forget_sessions(self) -> None: ...


class Control:
    """`details` shows a deal as the platform does, `refused` adds the platform's code to a no."""

    def __init__(
        self, api: Doors, *, details: Callable[[Deal], Any] = lambda deal: None,
        refused: Callable[[Denied], Answer] = lambda denied: {},
    ) -> None:  # fmt: skip
        self._api = api
        self._server = api.venue
        self._details = details
        self._refused = refused
        # One change of time after the other: an advance pauses between its days.
        self._turn = asyncio.Lock()
        self._paths: dict[tuple[str, str], Callable[[dict[str, Any]], Answer]] = {
            ("GET", "/state"): self._state,
            ("POST", "/clock"): self._clock,
            ("POST", "/shift"): self._shift,
            ("POST", "/live"): self._live,
            ("POST", "/misbehave"): self._misbehave,
            ("POST", "/sign-in"): self._sign_in,
            ("POST", "/trade"): self._trade,
            ("POST", "/trade-often"): self._trade_often,
            ("POST", "/close"): self._close,
            ("POST", "/follow"): self._follow,
            ("POST", "/allocate"): self._allocate,
            ("POST", "/place"): self._place,
            ("POST", "/cancel"): self._cancel,
            ("POST", "/delete-deal"): self._delete_deal,
            ("POST", "/change-deal"): self._change_deal,
            ("POST", "/insert-deal"): self._insert_deal,
            ("POST", "/mend-balance"): self._mend_balance,
        }

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            status, answer = await self._respond(reader)
            body = json.dumps(answer).encode()
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (ConnectionError, EOFError, ValueError) as reason:
            log.info("A control request came to nothing: %r", reason)
        finally:
            writer.close()

    async def _respond(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, Answer]:
        method, path, body = await _read_request(reader)
        try:
            asked = json.loads(body or b"{}")
            if not isinstance(asked, dict):
                raise ValueError("The body is a JSON object.")
            async with self._turn:
                if (method, path) == ("POST", "/advance"):
                    return HTTPStatus.OK, await self._advance(asked)
                if (method, path) not in self._paths:
                    return HTTPStatus.NOT_FOUND, {"error": f"There is no {method} {path}."}
                return HTTPStatus.OK, self._paths[method, path](asked)
        except Denied as denied:
            return HTTPStatus.CONFLICT, {"error": denied.why.value, **self._refused(denied)}
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            return HTTPStatus.BAD_REQUEST, {"error": f"{type(error).__name__}: {error}"}

    def _state(self, _: dict[str, Any]) -> Answer:
        planned = [{"what": row.what, "command": row.command, "times": row.times}
                   for row in self._api.mischief.plans]  # fmt: skip
        return {
            **self._server.summary(),
            "sessions": len(self._api.sessions),
            "misbehaviour": planned,
        }

    def _clock(self, asked: dict[str, Any]) -> Answer:
        self._server.freeze(moment(asked["at"]))
        return {"clock": iso(self._server.now())}

    def _shift(self, asked: dict[str, Any]) -> Answer:
        self._server.shift(int(asked["seconds"]) * SECOND)
        return {"clock": iso(self._server.now())}

    async def _advance(self, asked: dict[str, Any]) -> Answer:
        to = moment(asked["to"])
        step = int(asked.get("step_seconds", 900)) * SECOND
        begins = self._server.now()
        if to < begins or step <= 0:
            raise ValueError("Time only advances, by positive steps.")
        deals = self._server.store.deals.count()
        for day in range(begins + DAY, to, DAY):
            self._server.advance(day, step)
            await asyncio.sleep(0)
        self._server.advance(to, step)
        return {"clock": iso(to), "deals": self._server.store.deals.count() - deals}

    def _live(self, asked: dict[str, Any]) -> Answer:
        per_minute = float(asked.get("trades_per_minute", 0))
        if not 0 <= per_minute <= 6000:
            raise ValueError("Between 0 and 6000 trades a minute.")
        self._server.go_live(per_minute)
        return {"clock": iso(self._server.now()), "trades_per_minute": per_minute}

    def _misbehave(self, asked: dict[str, Any]) -> Answer:
        what = Misdeed(asked["what"])
        if what is Misdeed.FORGET_SESSIONS and "command" not in asked:
            self._api.forget_sessions()
            return {"planned": 0}
        plan = Plan(
            what,
            str(asked.get("command", ANY)).upper(),
            int(asked.get("times", 1)),
            float(asked.get("seconds", 2.0)),
        )
        self._api.mischief.plans.append(plan)
        return {"planned": len(self._api.mischief.plans)}

    def _sign_in(self, asked: dict[str, Any]) -> Answer:
        self._server.sign_in(int(asked["login"]))
        return {"clock": iso(self._server.now())}

    def _trade(self, asked: dict[str, Any]) -> Answer:
        deal = self._server.trade(
            int(asked["login"]),
            str(asked["symbol"]),
            _SIDES[str(asked["side"]).lower()],
            _volume(asked["lots"]),
        )
        return {
            "deal": deal.deal,
            "order": deal.order,
            "position": deal.position_id,
            "price": str(deal.price),
            "details": self._details(deal),
        }

    def _trade_often(self, asked: dict[str, Any]) -> Answer:
        login, symbol, volume = int(asked["login"]), str(asked["symbol"]), _volume(asked["lots"])
        return {"deals": self._server.trade_often(login, symbol, volume, int(asked["times"]))}

    def _close(self, asked: dict[str, Any]) -> Answer:
        volume = _volume(asked["lots"]) if "lots" in asked else 0
        price = Decimal(str(asked["price"])) if "price" in asked else None
        deal = self._server.close(int(asked["position"]), volume, price)
        return {
            "deal": deal.deal,
            "order": deal.order,
            "position": deal.position_id,
            "price": str(deal.price),
            "profit": str(deal.profit),
            "details": self._details(deal),
        }

    def _follow(self, asked: dict[str, Any]) -> Answer:
        return self._strategy(asked, Kind.COPY, "followers", "ratio", "1")

    def _allocate(self, asked: dict[str, Any]) -> Answer:
        return self._strategy(asked, Kind.ALLOCATION, "accounts", "share", "0")

    def _strategy(
        self, asked: dict[str, Any], kind: Kind, listed: str, name: str, usual: str
    ) -> Answer:
        shares = tuple(
            Share(int(one["login"]), str(Decimal(str(one.get(name, usual)))))
            for one in asked[listed]
        )
        self._server.follow(Strategy(int(asked["master"]), kind, shares))
        return {"master": int(asked["master"]), listed: [one.login for one in shares]}

    def _place(self, asked: dict[str, Any]) -> Answer:
        order = self._server.place(
            int(asked["login"]), str(asked["symbol"]), _SIDES[str(asked["side"]).lower()],
            _volume(asked["lots"]), Decimal(str(asked["price"])),
        )  # fmt: skip
        return {"order": order.order}

    def _cancel(self, asked: dict[str, Any]) -> Answer:
        return {"order": self._server.cancel(int(asked["order"])).order}

    def _delete_deal(self, asked: dict[str, Any]) -> Answer:
        return {
            "deleted": self._server.delete_deal(
                int(asked["ticket"]), balance=bool(asked.get("balance"))
            ).deal
        }

    def _change_deal(self, asked: dict[str, Any]) -> Answer:
        read: dict[str, Callable[[Any], object]] = {
            "lots": _volume,
            "price": _figure,
            "profit": _figure,
            "symbol": str,
        }
        names = {"lots": "volume"}
        told = {names.get(one, one): read[one](asked[one]) for one in read if one in asked}
        ticket, balance = int(asked["ticket"]), bool(asked.get("balance"))
        return {"changed": self._server.change_deal(ticket, balance=balance, **told).deal}

    def _insert_deal(self, asked: dict[str, Any]) -> Answer:
        deal = self._server.insert_deal(
            int(asked["login"]), moment(asked["at"]), _figure(asked["amount"]),
            balance=bool(asked.get("balance")), comment=str(asked.get("comment", "")),
        )  # fmt: skip
        return {"deal": deal.deal}

    def _mend_balance(self, asked: dict[str, Any]) -> Answer:
        balance = self._server.mend_balance(int(asked["login"]), _figure(asked["by"]))
        return {"balance": str(balance)}


def _figure(said: object) -> Decimal:
    return Decimal(str(said))


def _volume(lots: object) -> int:
    """Ten-thousandths of a lot; finer is an error."""
    volume = Decimal(str(lots)) * LOT
    if volume != int(volume) or volume <= 0:
        raise ValueError("Lots are positive and have four decimal places at most.")
    return int(volume)


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """Method, path without query, body. One request per connection is all this door needs."""
    first = (await reader.readline()).decode("latin-1").split()
    if len(first) != 3:
        raise ValueError("Not an HTTP request.")
    length = 0
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    if not 0 <= length <= _LARGEST_BODY:
        raise ValueError("Too long a body.")
    return first[0].upper(), first[1].partition("?")[0], await reader.readexactly(length)
