"""Terms of an account that are others on its platform, and what was done about it."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class TermsDiffered(
    Event, says="{what} of {subject} differs: {there} on the platform, {here} here",
    icon="alert-triangle", tone="bad",
):  # fmt: skip
    """A dealer changed it there by hand."""

    account_id: int
    break_id: int
    what: str
    here: str
    there: str


@dataclass(frozen=True)
class TermsTaken(
    Event, says="{actor} took the {what} of {subject} as on its platform: {there}, it was {here}",
    icon="download",
):  # fmt: skip
    account_id: int
    what: str
    here: str
    there: str


@dataclass(frozen=True)
class TermsAsked(
    Event, says="{actor} sent the {what} of {subject} to its platform again: {here}", icon="send"
):
    account_id: int
    break_id: int
    what: str
    here: str


@dataclass(frozen=True)
class TermsRefused(
    Event, says="The platform kept its {what} of {subject}: {reason}", icon="x", tone="bad"
):
    account_id: int
    break_id: int
    what: str
    reason: str
