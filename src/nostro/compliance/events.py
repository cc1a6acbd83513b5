"""What can have happened to applications, documents, lists and hits. Codes, never names."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class FlowPublished(Event, says="{actor} published the flow {subject}", icon="route"):
    number: int


@dataclass(frozen=True)
class AgreementPublished(Event, says="{actor} published {subject}", icon="certificate"):
    kind: str
    number: int


@dataclass(frozen=True)
class AddressRefused(
    Event, says="A registration named an address that signs in already", icon="mail", group="access"
):
    pass


@dataclass(frozen=True)
class ApplicationStarted(Event, says="{client} began an application", icon="user-plus"):
    application_id: int
    flow: str


@dataclass(frozen=True)
class AnswersSaved(Event, says="{client} answered the step {step}", icon="list-check"):
    step: str


@dataclass(frozen=True)
class AnswersKept(Event, says="{client} began the step {step}", icon="list-check"):
    step: str


@dataclass(frozen=True)
class AgreementAccepted(
    Event, says="{client} agreed to {kind} v{number}", icon="writing-sign", tone="ok"
):
    kind: str
    number: int
    sha256: str


@dataclass(frozen=True)
class DocumentUploaded(Event, says="{client} sent a document: {kind}", icon="file-upload"):
    document_id: int
    kind: str


@dataclass(frozen=True)
class DocumentRead(Event, says="{subject} was read", icon="scan"):
    document_id: int
    zone_found: bool


@dataclass(frozen=True)
class DocumentViewed(
    Event, says="{actor} looked at {subject}: {reason}", icon="eye", group="access"
):
    reason: str


@dataclass(frozen=True)
class DocumentDisputed(
    Event, says="{client} says that {field} was read wrongly", icon="message-report", tone="warn"
):
    field: str


@dataclass(frozen=True)
class ApplicationSubmitted(Event, says="{client} sent the application in", icon="send"):
    application_id: int
    run: int


@dataclass(frozen=True)
class ApplicationSentToReview(
    Event, says="{subject} needs a person: {failing}", icon="user-search", tone="wait"
):
    failing: list[str]
    decision: int


@dataclass(frozen=True)
class ApplicationApproved(Event, says="{subject} was approved", icon="circle-check", tone="ok"):
    by_itself: bool
    accepted: list[str]
    decision: int | None


@dataclass(frozen=True)
class ApplicationRefused(Event, says="{actor} refused {subject}", icon="circle-x", tone="bad"):
    failing: list[str]


@dataclass(frozen=True)
class MoreAsked(
    Event, says="{actor} asked {client} for more: {steps}", icon="message-circle", tone="wait"
):
    steps: list[str]


@dataclass(frozen=True)
class ScreeningDone(Event, says="{client} was screened, possible hits: {hits}", icon="radar-2"):
    hits: int
    new: int


@dataclass(frozen=True)
class ListLoaded(
    Event, says="{actor} loaded {list} v{number}: {added} new, {changed} changed, {removed} gone",
    icon="list-search",
):  # fmt: skip
    list: str
    number: int
    added: int
    changed: int
    removed: int
    unread: int


@dataclass(frozen=True)
class HitFound(
    Event, says="{client} may be on the list {list}", icon="alert-triangle", tone="warn"
):
    hit_id: int
    list: str
    score: str


@dataclass(frozen=True)
class HitCleared(Event, says="{actor} cleared {subject}", icon="check", tone="ok"):
    hit_id: int


@dataclass(frozen=True)
class HitConfirmed(
    Event, says="{actor} confirmed {subject}: it is {client}", icon="alert-octagon", tone="bad"
):
    hit_id: int


@dataclass(frozen=True)
class ExpiryReminded(
    Event, says="{client} was told that {subject} expires in {days} days", icon="calendar-due"
):
    days: int
