"""After the payment: refunds, disputes, the balance and the daily payout to the bank."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.psp.account import Account, ApiError, Object
from simulators.psp.checkout import DAY
from simulators.psp.currencies import major


class Settlement:
    """Money back, and money on to the merchant's bank."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def refund(self, asked: dict[str, Any]) -> Object:
        """Give money back to the card, up to what was paid and not yet given back."""
        account = self._account
        with account.act():
            charge = self._refundable(asked)
            left = charge["amount"] - charge["amount_refunded"]
            text = asked.get("amount", str(left))
            if not text.isdecimal() or int(text) <= 0:
                raise ApiError(f"Invalid positive integer: {text}", param="amount")
            amount = int(text)
            if amount > left:
                raise ApiError(
                    f"Refund amount ({amount}) is greater than unrefunded amount on charge"
                    f" ({left}).",
                    code="" if left else "charge_already_refunded",
                    param="amount",
                )
            pending = charge["_refund"] == "pending"
            refund = account.new(
                "re_",
                "refund",
                amount=amount,
                charge=charge["id"],
                currency=charge["currency"],
                metadata=asked.get("metadata", {}),
                payment_intent=charge["payment_intent"],
                reason=asked.get("reason"),
                status="pending" if pending else "succeeded",
            )
            refund["balance_transaction"] = account.book("refund", refund, -amount)["id"]
            account.save(refund)
            self._refunded(charge, amount)
            account.emit("charge.refunded", charge)
            if charge["_refund"] != "succeeded":
                account.plan(f"refund_{charge['_refund']}", refund["id"], 1)
            account.emit("refund.created" if pending else "refund.updated", refund)
            return refund

    def finish_refund(self, refund_id: str, *, paid: bool) -> None:
        """The card's bank answered late: the money arrived, or it comes back to us."""
        account = self._account
        with account.act():
            refund = account.get(refund_id, "refund")
            if refund["status"] not in ("pending", "succeeded"):
                return
            if paid:
                refund["status"] = "succeeded"
                account.save(refund)
                account.emit("refund.updated", refund)
                return
            refund.update(status="failed", failure_reason="expired_or_canceled_card")
            back = account.book("refund_failure", refund, refund["amount"])
            refund["failure_balance_transaction"] = back["id"]
            account.save(refund)
            self._refunded(account.get(refund["charge"], "charge"), -refund["amount"])
            account.emit("refund.failed", refund)

    def dispute(self, charge_id: str, reason: str = "fraudulent") -> Object:
        """The cardholder's bank takes the money back."""
        account = self._account
        with account.act():
            charge = account.get(charge_id, "charge")
            if charge["disputed"] or not charge["paid"]:
                raise ApiError("This charge cannot be disputed.", code="charge_disputed")
            amount = charge["amount"] - charge["amount_refunded"]
            dispute = account.new(
                "dp_",
                "dispute",
                amount=amount,
                charge=charge["id"],
                currency=charge["currency"],
                evidence_details={"due_by": account.clock.seconds() + 7 * DAY},
                is_charge_refundable=False,
                metadata={},
                payment_intent=charge["payment_intent"],
                reason=reason,
                status="needs_response",
            )
            fee = account.terms.dispute_fee
            booked = account.book("adjustment", dispute, -amount, fee=fee)
            dispute["balance_transactions"] = [booked]
            account.save(dispute)
            charge.update(disputed=True, dispute=dispute["id"])
            account.save(charge)
            account.emit("charge.dispute.created", dispute)
            return dispute

    def balance(self) -> Object:
        """What is ours there: available from the day before, pending from today."""
        today = self._midnight()
        sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
        for line in self._unpaid(before=2**62):
            part = sums["available" if line["created"] < today else "pending"]
            part[line["currency"]] = part.get(line["currency"], 0) + line["net"]
        currencies = sorted(set().union(*sums.values()))
        listed = {
            name: [{"amount": part.get(code, 0), "currency": code} for code in currencies]
            for name, part in sums.items()
        }
        return {"object": "balance", "livemode": False, **listed}

    def pay_out(self) -> list[Object]:
        """One payout for each finished day and currency that left something to pay."""
        lines = self._unpaid(before=self._midnight())
        if not lines:
            return []
        account, made = self._account, []
        with account.act():
            ends = sorted({_next_midnight(line["created"]) for line in lines})
            for end in ends:
                day = [line for line in self._unpaid(before=end) if line["created"] < end]
                for currency in sorted({line["currency"] for line in day}):
                    batch = [line for line in day if line["currency"] == currency]
                    if sum(line["net"] for line in batch) > 0:
                        made.append(self._payout(batch, currency, created=end))
        return made

    def pay_out_now(self) -> list[Object]:
        """Today's money too, without waiting for midnight."""
        account, made = self._account, []
        with account.act():
            made = self.pay_out()
            lines = self._unpaid(before=2**62)
            for currency in sorted({line["currency"] for line in lines}):
                batch = [line for line in lines if line["currency"] == currency]
                if sum(line["net"] for line in batch) > 0:
                    made.append(self._payout(batch, currency, created=account.clock.seconds()))
        return made

    def _payout(self, batch: Iterable[Object], currency: str, *, created: int) -> Object:
        account = self._account
        batch = list(batch)
        amount = sum(line["net"] for line in batch)
        payout = account.new(
            "po_",
            "payout",
            created=created,
            amount=amount,
            arrival_date=created,
            automatic=True,
            currency=currency,
            description="STRIPE PAYOUT",
            destination="ba_merchant",
            metadata={},
            method="standard",
            reconciliation_status="completed",
            statement_descriptor=None,
            status="paid",
            type="bank_account",
        )
        out = account.book("payout", payout, -amount, created=created)
        payout["balance_transaction"] = out["id"]
        account.save(payout)
        for line in (*batch, out):
            line.update(_payout=payout["id"], status="available")
            account.save(line)
        account.emit("payout.paid", payout)
        self._tell_bank(payout)
        return payout

    def _tell_bank(self, payout: Object) -> None:
        terms = self._account.terms
        if terms.bank_url:
            credit = {
                "account": terms.bank_account,
                "amount": str(major(payout["amount"], payout["currency"])),
                "currency": payout["currency"].upper(),
                "debtor_name": "Card PSP",
                "iban": "",
                "remittance": f"PAYOUT {payout['id']}",
            }
            self._account.send(payout["id"], terms.bank_url, json.dumps(credit))

    def _refundable(self, asked: dict[str, Any]) -> Object:
        account = self._account
        if identifier := asked.get("charge"):
            charge = account.get(identifier, "charge")
        else:
            intent = account.get(asked.get("payment_intent", ""), "payment_intent")
            if intent["status"] != "succeeded":
                raise ApiError(
                    f"This PaymentIntent ({intent['id']}) does not have a successful charge to"
                    " refund.",
                    param="payment_intent",
                )
            charge = account.get(intent["latest_charge"], "charge")
        if charge["disputed"]:
            raise ApiError(
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )
        return charge

    def _refunded(self, charge: Object, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self._account.save(charge)

    def _unpaid(self, *, before: int) -> list[Object]:
        rows = self._account.store.rows(
            # Named, since SQLite without statistics prefers the index of everything of the kind.
            "SELECT body FROM objects INDEXED BY objects_unpaid"
            " WHERE kind = 'balance_transaction' AND created < ?"
            " AND json_extract(body, '$._payout') IS NULL ORDER BY created, seq",
            before,
        )
        return [json.loads(row["body"]) for row in rows]

    def _midnight(self) -> int:
        now = self._account.clock.now()
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def _next_midnight(moment: int) -> int:
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=1)).timestamp())
