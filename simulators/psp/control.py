"""The control port: what tests and demonstrations do behind the payer's and the PSP's back."""

from collections.abc import Callable
from typing import Any

from simulators.psp.account import Account, ApiError, public
from simulators.psp.cards import digits
from simulators.psp.checkout import Checkout
from simulators.psp.settlement import Settlement
from simulators.psp.wallet import Typed
from simulators.web.http import Answer, Reply, Request, json_reply
from simulators.web.running import control_routes


class Agenda:
    """What is due by the simulator's clock: late answers, expiries, the daily payout."""

    def __init__(self, account: Account, checkout: Checkout, settlement: Settlement) -> None:
        self._account = account
        self._settlement = settlement
        self._checkout = checkout
        self._acts: dict[str, Callable[[str], object]] = {
            "settle": lambda target: checkout.settle_late(target, paid=True),
            "decline": lambda target: checkout.settle_late(target, paid=False),
            "dispute": settlement.dispute,
            "refund_pending": lambda target: settlement.finish_refund(target, paid=True),
            "refund_failing": lambda target: settlement.finish_refund(target, paid=False),
        }

    def work(self) -> None:
        """Do everything that has come due."""
        store = self._account.store
        sql = "SELECT * FROM agenda WHERE due <= ? ORDER BY due, seq"
        for row in store.rows(sql, self._account.clock.seconds()):
            with self._account.act():
                # Taken off first: two threads may look at the same list.
                if store.row("SELECT 1 FROM agenda WHERE seq = ?", row["seq"]) is None:
                    continue
                store.write("DELETE FROM agenda WHERE seq = ?", row["seq"])
                self._acts[row["act"]](row["target"])
        self._checkout.expire_old()
        self._settlement.pay_out()


def routes(account: Account, checkout: Checkout, settlement: Settlement, agenda: Agenda) -> Answer:
    """`/pay`, `/dispute`, `/payout` and `/redeliver`, beside what every simulator has."""

    def pay(request: Request) -> Reply:
        asked = request.json()
        session_id, number = str(asked.get("session", "")), digits(str(asked.get("card", "")))
        session = checkout.pay(session_id, Typed(number), save=bool(asked.get("save")))
        intent_id = session["payment_intent"]
        intent = account.get(intent_id, "payment_intent") if intent_id else None
        if intent is not None and intent["status"] == "requires_action":
            session = checkout.authenticate(session_id, passed=bool(asked.get("confirm", True)))
            intent = account.get(intent_id, "payment_intent")
        return json_reply({"session": public(session), "payment_intent": public(intent)})

    def dispute(request: Request) -> Reply:
        asked = request.json()
        intent = account.get(str(asked.get("payment_intent", "")), "payment_intent")
        reason = str(asked.get("reason", "fraudulent"))
        return json_reply(public(settlement.dispute(intent["latest_charge"] or "", reason)))

    def payout(_: Request) -> Reply:
        return json_reply({"payouts": public(settlement.pay_out_now())})

    def redeliver(request: Request) -> Reply:
        event = account.get(str(request.json().get("event", "")), "event")
        account.resend(event)
        return json_reply({"queued": event["id"]})

    router = control_routes(
        account.faults, account.clock, lambda: _state(account), moved=agenda.work
    )
    router.add("POST", "/pay", pay)
    router.add("POST", "/dispute", dispute)
    router.add("POST", "/payout", payout)
    router.add("POST", "/redeliver", redeliver)

    def answer(request: Request) -> Reply:
        try:
            return router(request)
        except ApiError as error:
            return json_reply(error.body, error.status)

    return answer


def _state(account: Account) -> dict[str, Any]:
    counts = account.store.rows("SELECT kind, count(*) AS n FROM objects GROUP BY kind")
    queue = account.store.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    return {
        "objects": {row["kind"]: row["n"] for row in counts},
        "deliveries": {row["state"]: row["n"] for row in queue},
        "sessions": public(account.all("checkout.session")),
    }
