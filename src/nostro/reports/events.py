"""What can have happened to reports: figures built again, a client's file taken out."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class FiguresRebuilt(
    Event, says="{actor} built the figures again from {records} events", icon="refresh"
):
    records: int


@dataclass(frozen=True)
class ClientExported(
    Event, says="{actor} took out the whole file of {subject}: {reason}", icon="file-zip",
    tone="info", group="access",
):  # fmt: skip
    """`sha256` is the file's, so that a copy can be told from what was handed out."""

    reason: str
    records: int
    sha256: str
