"""What can have happened to people and the firm."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class EntityAdded(Event, says="{actor} added the legal entity {subject}", icon="building-bank"):
    code: str


@dataclass(frozen=True)
class BrandAdded(Event, says="{actor} added the brand {subject}", icon="tag"):
    slug: str


@dataclass(frozen=True)
class EntityChanged(
    Event, says="{actor} changed {fields} of the legal entity {subject}", icon="building-bank"
):
    fields: list[str]


@dataclass(frozen=True)
class BrandChanged(Event, says="{actor} changed {fields} of the brand {subject}", icon="tag"):
    fields: list[str]


@dataclass(frozen=True)
class DeskAdded(Event, says="{actor} added the desk {subject}", icon="users-group"):
    pass


@dataclass(frozen=True)
class RoleSet(Event, says="{actor} set what the role {slug} may do", icon="key", group="access"):
    slug: str
    names: list[str]
    unmasked: list[str]


@dataclass(frozen=True)
class StaffAdded(Event, says="{actor} gave {subject} access", icon="user-plus", group="access"):
    roles: list[str]


@dataclass(frozen=True)
class StaffChanged(
    Event, says="{actor} changed {fields} of {subject}", icon="user-cog", group="access"
):
    fields: list[str]
    roles: list[str]
    entities: list[str]


@dataclass(frozen=True)
class StaffLeft(
    Event, says="{actor} ended the access of {subject}", icon="user-x", tone="warn", group="access"
):
    pass


@dataclass(frozen=True)
class ClientRegistered(
    Event, says="{subject} registered from {country}", icon="user-plus", group="compliance"
):
    entity: str
    brand: str
    country: str
    referral_code: str


@dataclass(frozen=True)
class ImportRead(
    Event, says="{actor} read a file of clients from another system", icon="file-import"
):
    pass


@dataclass(frozen=True)
class ImportChecked(
    Event, says="Every line is checked: {planned} can be brought over, {refused} are refused",
    icon="checks", tone="wait",
):  # fmt: skip
    planned: int
    refused: int


@dataclass(frozen=True)
class ImportStarted(
    Event, says="The clients of {subject} are brought over", icon="player-play", tone="ok"
):
    planned: int


@dataclass(frozen=True)
class ClientImported(
    Event, says="{subject} was brought over from another system, as {status}", icon="user-plus",
    group="compliance",
):  # fmt: skip
    """They were a client before this house. Nobody is written to because of it."""

    entity: str
    brand: str
    country: str
    referral_code: str
    status: str
    level: int


@dataclass(frozen=True)
class ClientsImported(Event, says="Clients brought over: {count}", icon="users-plus"):
    """Some of them at a time; `refused` is how many were not, after all."""

    count: int
    refused: int
    client_ids: list[int]


@dataclass(frozen=True)
class ImportCompleted(
    Event, says="Brought over: {done} clients, {refused} lines were refused", icon="checks",
    tone="ok",
):  # fmt: skip
    done: int
    refused: int


@dataclass(frozen=True)
class ImportDropped(Event, says="{subject} was given up: {reason}", icon="x", tone="bad"):
    reason: str


@dataclass(frozen=True)
class EmailCodeMade(Event, says="A code went to {subject}", icon="mail", group="access"):
    code_id: int


@dataclass(frozen=True)
class EmailConfirmed(
    Event, says="{subject} confirmed the e-mail address", icon="mail-check", tone="ok",
    group="access",
):  # fmt: skip
    pass


@dataclass(frozen=True)
class DetailsChanged(
    Event, says="{actor} changed details of {subject}: {fields}", icon="pencil", group="compliance"
):
    fields: list[str]


@dataclass(frozen=True)
class ClientMoved(
    Event, says="{subject} went from {was} to {now}", icon="refresh", group="compliance"
):
    """The client's standing changed."""

    was: str
    now: str
    reason: str


@dataclass(frozen=True)
class ClientActivated(
    Event, says="{subject} became active", icon="check", tone="ok", group="compliance"
):
    reason: str


@dataclass(frozen=True)
class LevelSet(
    Event, says="{subject} reached verification level {level}", icon="shield-check", tone="ok",
    group="compliance",
):  # fmt: skip
    level: int
    was: int
    reason: str


@dataclass(frozen=True)
class RiskSet(
    Event, says="Risk score of {subject} is {score}, {risk}", icon="refresh", tone="warn",
    group="compliance",
):  # fmt: skip
    risk: str
    was: str
    score: int
    decision: int | None


@dataclass(frozen=True)
class OwnerAssigned(
    Event, says="{actor} gave {subject} to a colleague", icon="user", group="notes"
):
    staff_id: int


@dataclass(frozen=True)
class PartnerLinked(
    Event, says="{subject} came through a partner, by {how}", icon="affiliate", group="notes"
):
    partner_id: int
    how: str


@dataclass(frozen=True)
class ExternalNumberSet(
    Event,
    says="{actor} noted the number of {subject} in another system",
    icon="hash",
    group="notes",
):
    pass


@dataclass(frozen=True)
class NoteAdded(Event, says="{actor} noted something about {subject}", icon="note", group="notes"):
    note_id: int


@dataclass(frozen=True)
class NoteCorrected(
    Event, says="{actor} corrected a note about {client}", icon="note", group="notes"
):
    note_id: int
    was: int


@dataclass(frozen=True)
class TagAdded(Event, says="{actor} tagged {subject} “{tag}”", icon="tag", group="notes"):
    tag: str


@dataclass(frozen=True)
class TagRemoved(
    Event, says="{actor} took the tag “{tag}” off {subject}", icon="tag", group="notes"
):
    tag: str


@dataclass(frozen=True)
class PasswordChanged(Event, says="{actor} set a new password", icon="key", group="access"):
    """`how`: `signed in`, or `by e-mail` where the old one was forgotten."""

    how: str


@dataclass(frozen=True)
class FactorAdded(
    Event, says="{actor} added {kind} for signing in", icon="shield-check", tone="ok",
    group="access",
):  # fmt: skip
    kind: str


@dataclass(frozen=True)
class FactorRenewed(
    Event, says="{actor} renewed {kind} for signing in", icon="refresh", group="access"
):
    kind: str


@dataclass(frozen=True)
class FactorRemoved(
    Event, says="{actor} removed {kind} from signing in", icon="shield-x", tone="warn",
    group="access",
):  # fmt: skip
    kind: str
