"""What is measured, and by which events: one list, so that every figure can say its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A figure by the hour, under the name of the events it adds up."""

    name: str
    title: str
    events: tuple[str, ...]
    undone: str = ""
    """The event that takes one back."""


DEPOSITS = Measure("deposits", "Deposits", ("payments.DepositSettled",))
WITHDRAWALS = Measure(
    "withdrawals", "Withdrawals", ("payments.WithdrawalPaid",), "payments.LegReopened"
)
RETURNED = Measure("returned", "Withdrawals that came back", ("payments.WithdrawalReturned",))
VOLUME = Measure("volume", "Volume", ("trading.DealsRecorded", "trading.DealsAdopted"))
EARNED = Measure(
    "earned", "Partner earnings",
    ("partners.PartnerAccrued", "partners.AcquisitionAccrued", "partners.AccrualCorrected",
     "partners.AccrualsFollowedDeals"),
)  # fmt: skip

REACHED = {"verified_at": "people.ClientActivated", "funded_at": "payments.DepositSettled"}
"""Milestones by the first event of a kind about the client; the first deal is `traded_at`."""
STEPS = (
    ("registered_at", "Registered", "people.ClientRegistered"),
    ("verified_at", "Verified", REACHED["verified_at"]),
    ("funded_at", "Funded", REACHED["funded_at"]),
    ("traded_at", "Trading", "trading.DealsRecorded"),
)


@dataclass(frozen=True)
class Promise:
    """A kind of decision somebody waits for: what opens it, what ends it, and our own promise."""

    kind: str
    title: str
    opened: str
    closed: tuple[str, ...]
    hours: int


TURNAROUNDS = {
    one.kind: one
    for one in (
        Promise(
            "withdrawal", "Withdrawals", "payments.WithdrawalRequested",
            ("payments.WithdrawalApproved", "payments.WithdrawalRefused",
             "payments.WithdrawalCancelled"), 4,
        ),
        Promise(
            "kyc", "KYC reviews", "compliance.ApplicationSubmitted",
            ("compliance.ApplicationApproved", "compliance.ApplicationRefused"), 24,
        ),
        Promise(
            "break", "Breaks", "reconciliation.BreakFound", ("reconciliation.BreakExplained",), 24
        ),
    )
}  # fmt: skip
