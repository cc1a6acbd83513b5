"""The simulator's clock: live, or stopped at a moment that a test chose."""

from datetime import UTC, datetime

from simulators.web.http import BadRequest
from simulators.web.store import Store


class Clock:
    """A stopped clock stays stopped over a restart, like everything else in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def stopped_at(self) -> datetime | None:
        text = self._store.setting("clock")
        return None if text is None else datetime.fromisoformat(text)

    def now(self) -> datetime:
        return self.stopped_at or datetime.now(UTC)

    def seconds(self) -> int:
        """Unix time."""
        return int(self.now().timestamp())

    def stop(self, at: str | None) -> None:
        """Stop at an ISO 8601 moment (UTC where it names no offset); None runs live again."""
        if at is None:
            self._store.set("clock", None)
            return
        try:
            moment = datetime.fromisoformat(at)
        except (TypeError, ValueError) as error:
            raise BadRequest(f"{at!r} is not an ISO 8601 moment.") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        self._store.set("clock", moment.astimezone(UTC).isoformat())
