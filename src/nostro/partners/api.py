"""What of partners and their earnings leaves through the API."""

from nostro.core.doors import publish
from nostro.partners.models import (
    Accrual,
    ClientLink,
    Conflict,
    Link,
    Partner,
    Payout,
    Plan,
    PlanVersion,
    Statement,
)

publish(
    Partner, "id", "name", "code", "entity_id", "status", "status_at", "payout_currency",
    "paid_to", "shows_name", "joined_at", staff=("own_client_id", "unposted"),
)  # fmt: skip
publish(Link, "id", "partner_id", "code", "campaign", "target", "made_at", "ended_at")
publish(Plan, "id", "slug", "name")
publish(PlanVersion, "id", "plan_id", "number", "terms", "starts_at", "made_at",
        staff=("note",))  # fmt: skip
publish(
    ClientLink, "id", "client_id", "partner_id", "link_id", "how", "reason", "decision",
    "starts_at", "ends_at",
)  # fmt: skip
publish(
    Conflict, "id", "client_id", "claimant_id", "kept_id", "how", "reason", "decision", "at",
)  # fmt: skip
publish(
    Accrual, "id", "partner_id", "kind", "level", "version_id", "lots", "base", "rate",
    "amount", "currency", "sentence", "statement_id", "corrects_id", "at", "accrued_at",
    staff=("client_id", "deal_id", "deposit_id", "refusal"),
)  # fmt: skip
publish(
    Statement, "id", "partner_id", "entity_id", "period", "currency", "status", "status_at",
    "lines", "earned", "corrections", "brought", "paid", "carried", "reason", "closed_at",
    "approved_at", "paid_at", staff=("why", "decision"),
)  # fmt: skip
publish(Payout, "id", "statement_id", "partner_id", "money", "at", staff=("to", "entry"))
