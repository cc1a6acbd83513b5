"""The control port: make fills, correct and cancel them, and lose track of numbers."""

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.lp.book import Execution
from simulators.lp.flow import MOST_A_MINUTE
from simulators.lp.provider import Provider
from simulators.web.http import Answer, BadRequest, Reply, Request, Router, json_reply
from simulators.web.running import control_routes


def routes(provider: Provider) -> Router:
    """Fills, what becomes of them, and a provider that errs, beside what every simulator has."""
    book = provider.book

    def fill(request: Request) -> Reply:
        body = request.json()
        quantity, price = _needed(body, "quantity"), _amount(body, "price")
        if "order" in body:
            return _told(provider.report(
                lambda: book.fill_more(str(body["order"]), quantity, price=price)
            ))  # fmt: skip
        return _told(provider.report(
            lambda: book.fill(
                str(body.get("symbol", "")), str(body.get("side", "")), quantity,
                price=price, ordered=_amount(body, "ordered"),
            )
        ))  # fmt: skip

    router = control_routes(
        provider.faults, book.clock, lambda: _state(provider), moved=lambda: None
    )
    router.add("POST", "/fill", fill)
    for path, answer in (_later(provider) | _astray(provider)).items():
        router.add("POST", path, answer)
    return router


def _later(provider: Provider) -> dict[str, Answer]:
    """What becomes of trades, and trades that come by themselves."""
    book = provider.book

    def correct(request: Request) -> Reply:
        body = request.json()
        quantity, price = _amount(body, "quantity"), _amount(body, "price")
        name = str(body.get("exec_id", ""))
        return _told(provider.report(lambda: book.correct(name, quantity=quantity, price=price)))

    def cancel(request: Request) -> Reply:
        name = str(request.json().get("exec_id", ""))
        return _told(provider.report(lambda: book.cancel(name)))

    def live(request: Request) -> Reply:
        per_minute = request.json().get("fills_per_minute", 0)
        if type(per_minute) not in (int, float) or not 0 <= per_minute <= MOST_A_MINUTE:
            raise BadRequest(f"fills_per_minute is between 0 and {MOST_A_MINUTE}.")
        provider.flow.per_minute = float(per_minute)
        return json_reply(_state(provider))

    return {"/correct": correct, "/cancel": cancel, "/live": live}


def _astray(provider: Provider) -> dict[str, Answer]:
    """A provider that errs, and a line that ends."""
    book = provider.book

    def forget(request: Request) -> Reply:
        book.forget(str(request.json().get("exec_id", "")))
        return json_reply(_state(provider))

    def move(request: Request) -> Reply:
        body = request.json()
        units = _needed(body, "units")
        book.move(str(body.get("symbol", "")), -units if body.get("side") == "sell" else units)
        return json_reply(_state(provider))

    def reset(_request: Request) -> Reply:
        provider.reset()
        return json_reply(_state(provider))

    def drop(_request: Request) -> Reply:
        with provider.lock:
            provider.hang_up()
        return json_reply({})

    return {"/forget": forget, "/move": move, "/reset": reset, "/drop": drop}


def _state(provider: Provider) -> dict[str, Any]:
    return {
        "logged_on": provider.connected is not None,
        "next_out": provider.outbox.next_out,
        "next_in": provider.outbox.next_in,
        "fills_per_minute": provider.flow.per_minute,
        "holdings": [
            {name: str(value) for name, value in asdict(one).items()}
            for one in provider.book.holdings()
        ],
    }


def _told(one: Execution) -> Reply:
    return json_reply({
        "exec_id": one.id, "order": one.order.id, "kind": one.kind, "refers": one.refers,
        "symbol": one.order.symbol, "side": one.order.side, "quantity": str(one.quantity),
        "price": str(one.price), "cumulative": str(one.cumulative), "at": one.at.isoformat(),
    })  # fmt: skip


def _amount(body: dict[str, Any], name: str) -> Decimal | None:
    """Decimal text above zero; None where it is left out."""
    if name not in body:
        return None
    try:
        found = Decimal(body[name] if isinstance(body[name], str) else "NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0:
        raise BadRequest(f"{name} is decimal text above zero, like '100000'.")
    return found


def _needed(body: dict[str, Any], name: str) -> Decimal:
    found = _amount(body, name)
    if found is None:
        raise BadRequest(f"{name} is missing.")
    return found
