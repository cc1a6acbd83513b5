"""What payments needs from payment providers and from banks.

An adapter raises only `Retry` (nothing happened there), `Refused` (a no that stays a no) and
`Unknown` (it may have happened: ask before you repeat). Money is always in whole `Money`; how a
vendor counts is the adapter's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from nostro.core.shelves import Shelf
from nostro.kit import Money


class DepositState(StrEnum):
    """How far a deposit has come at the provider."""

    OPEN = "open"
    """The client has not paid; they may still do so."""
    PENDING = "pending"
    """The client has paid, the provider does not know yet whether it will get the money."""
    SUCCEEDED = "succeeded"
    DECLINED_SOFT = "declined_soft"
    """Refused for now: another provider, or the same one later, may accept it."""
    DECLINED_HARD = "declined_hard"
    """Refused for good: stolen, fraudulent, authentication failed. Never try elsewhere."""
    EXPIRED = "expired"
    """The page closed before the client paid."""


class RefundState(StrEnum):
    """How far a refund has come."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The money came back to us; also possible after SUCCEEDED."""


class EventKind(StrEnum):
    """What a provider's event means to us."""

    DEPOSIT_SUCCEEDED = "deposit_succeeded"
    DEPOSIT_PENDING = "deposit_pending"
    DEPOSIT_DECLINED = "deposit_declined"
    DEPOSIT_EXPIRED = "deposit_expired"
    REFUND_PENDING = "refund_pending"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_FAILED = "payout_failed"
    OTHER = "other"
    """Kept for the record; nothing is to be done."""


@dataclass(frozen=True)
class HostedPage:
    """Where the client pays. `reference` is the provider's name for this deposit."""

    url: str
    reference: str
    expires_at: datetime


@dataclass(frozen=True)
class CardOnFile:
    """A card that its owner let the provider keep. `token` names it there and is a secret of ours;
    `fingerprint` is the same for the same card, whenever it is saved; `name` as its owner knows it.
    """

    token: str
    fingerprint: str
    name: str


@dataclass(frozen=True)
class DepositStatus:
    """A deposit as the provider sees it now.

    `money` is what was really received, zero until it succeeded: compare it with what was asked.
    `payment` is the provider's name for the payment itself, "" until the client first submitted.
    `code` and `reason` say why it was declined. After a soft or hard decline a page that is still
    open may yet succeed. `instrument` is what paid, as its owner knows it ("Visa •••• 4242"), ""
    where the provider does not say; never a whole number. `card` is there once it has paid and its
    owner had it saved.
    """

    reference: str
    payment: str
    state: DepositState
    money: Money
    key: str
    code: str = ""
    reason: str = ""
    instrument: str = ""
    card: CardOnFile | None = None


@dataclass(frozen=True)
class RefundStatus:
    """A refund as the provider sees it now. `reference` is its own, `payment` what it refunds."""

    reference: str
    payment: str
    state: RefundState
    money: Money
    reason: str = ""


@dataclass(frozen=True)
class ProviderEvent:
    """Something the provider told us. `id` is unique there: deduplicate by it.

    `reference` names the thing the event is about, `payment` the payment it belongs to ("" where
    there is none), `key` is our own key where the provider echoes it. Several events may say the
    same; they arrive in any order, late, twice or never.
    """

    id: str
    kind: EventKind
    reference: str
    money: Money | None
    occurred_at: datetime
    raw: bytes
    payment: str = ""
    key: str = ""
    vendor_type: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ProviderBalance:
    """Our money at the provider, one Money per currency; a balance may be negative."""

    available: tuple[Money, ...]
    pending: tuple[Money, ...]


@dataclass(frozen=True)
class ProviderPayout:
    """One transfer from the provider to our bank, net of fees."""

    reference: str
    money: Money
    arrival_date: date
    state: str


@dataclass(frozen=True)
class SettlementLine:
    """One line of a payout: `net` = `gross` − `fee`. A payout is the sum of its lines' nets.

    `source` is what was booked (a charge, a refund, a dispute), `kind` the provider's word for it.
    """

    reference: str
    kind: str
    source: str
    gross: Money
    fee: Money
    net: Money
    occurred_at: datetime


class PaymentProvider(Protocol):
    """Speaks to one provider. Keeps no state and never touches our database.

    `key` (`intent:attempt`, at most 200 characters) makes a call safe to repeat: the same key
    never acts twice. Providers forget keys (Stripe after a day), so an older Unknown is settled by
    asking. Reading raises Retry on any trouble of the wire, because nothing can have happened;
    writing raises Unknown once the request may have arrived.
    """

    def start_deposit(
        self, money: Money, *, key: str, description: str, success_url: str, cancel_url: str,
        card: str = "",
    ) -> HostedPage:  # fmt: skip
        """Open a hosted page for exactly `money`. No money moves until the client pays there.

        `card` is the token of one on file: the page then asks for its security code alone. Refused
        where the provider does not know it. Without it the page may offer to keep the card.

        After Unknown, repeat with the same key and the same inputs: the same page comes back.
        The same key with other inputs is Refused.
        """

    def deposit_status(self, reference: str) -> DepositStatus:
        """How the deposit stands; Refused where the provider knows no such reference."""

    def forget_card(self, token: str) -> None:
        """Keep a card on file no more. Saying it twice changes nothing."""

    def refund(self, reference: str, money: Money, *, key: str) -> RefundStatus:
        """Give back part or all of a deposit, to the card it came from.

        `reference` is the deposit's or its payment's. Refused beyond what was paid and not yet
        refunded. After Unknown, ask `find_refund` before repeating with the same key.
        """

    def refund_status(self, reference: str) -> RefundStatus:
        """How the refund of that reference stands."""

    def find_refund(self, reference: str, *, key: str) -> RefundStatus | None:
        """The refund that `key` made of that deposit, or None where it never happened."""

    def balance(self) -> ProviderBalance:
        """What the provider holds for us now."""

    def payouts(self, *, since: datetime, until: datetime) -> list[ProviderPayout]:
        """Payouts made from `since` (included) to `until` (excluded), the oldest first."""

    def payout_lines(self, reference: str) -> list[SettlementLine]:
        """What a payout is made of, without the payout's own line, the oldest first."""

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> ProviderEvent:
        """Check the signature over the raw body and read it. Does no I/O.

        Header names match in any case. Refused (code `bad-signature`, `stale-signature`,
        `bad-body`) where it does not prove itself; nothing may be changed by such a request.
        """

    def events(self, *, since: datetime) -> list[ProviderEvent]:
        """Every event since then, the oldest first: the backstop for webhooks that never came."""


class TransferState(StrEnum):
    """How far the bank has come with a credit transfer."""

    PENDING = "pending"
    """Accepted, not yet booked."""
    SETTLED = "settled"
    """Booked on our account. It may still be returned, which a statement will show."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """The bank's report does not say."""


@dataclass(frozen=True)
class CreditTransfer:
    """One payment out of an account of ours.

    `end_to_end_id`: 1 to 35 of A–Z and 0–9, unique for ever; it comes back on statements and
    returns. IBANs without spaces. `creditor_bic` may be "". `remittance`: at most 140 characters.
    """

    end_to_end_id: str
    money: Money
    from_iban: str
    creditor_name: str
    creditor_iban: str
    creditor_bic: str = ""
    remittance: str = ""


@dataclass(frozen=True)
class TransferStatus:
    """What the bank says about one transfer. `code` is the ISO 20022 status reason (AC03, AM04)."""

    end_to_end_id: str
    state: TransferState
    code: str = ""
    reason: str = ""
    bank_reference: str = ""


class Bank(Protocol):
    """Speaks to one bank. `key` makes a file safe to repeat: a bank takes a message id once."""

    def send_payments(
        self, transfers: Sequence[CreditTransfer], *, key: str, at: datetime
    ) -> dict[str, TransferStatus]:
        """Send the transfers as one file, to be executed on the day of `at`.

        The answer has one status per EndToEndId. Sending the same transfers again with the same
        key answers how the first file stands; other transfers with that key are Refused. After
        Unknown, ask `payments_status` first.
        """

    def payments_status(self, key: str) -> dict[str, TransferStatus] | None:
        """How the file of that key stands, or None where the bank never took it."""

    def statements(self, account: str, first: date, last: date) -> bytes:
        """The account's statement over those days, both included, as the bank wrote it (XML)."""

    def notifications(self, account: str, first: date, last: date) -> bytes:
        """The single credits and debits of those days, as the bank wrote them (XML)."""


PROVIDERS: Shelf[PaymentProvider] = Shelf("payment_providers")
BANKS: Shelf[Bank] = Shelf("banks")
