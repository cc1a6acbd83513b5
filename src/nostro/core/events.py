"""Events: typed, past-tense, free of personal data. Names are looked up when they are shown."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter

Tone = Literal["plain", "ok", "warn", "bad", "wait", "info"]

EVENTS: dict[str, type["Event"]] = {}


def room_of(module: str) -> str:
    """`nostro.payments.operations` belongs to `payments`; tests, wherever they lie, to `tests`."""
    parts = module.split(".")
    ours = parts[0] == "nostro" and len(parts) > 1 and "tests" not in parts
    return parts[1] if ours else "tests"


class Event:
    """Subclass as a frozen dataclass: `class Settled(Event, says="{subject} was settled")`.

    `says` may name `{actor}`, `{subject}` and any field. `icon` and `tone` are how a timeline
    draws it; `group` is the timeline's filter: money, compliance, trading, notes or access.
    """

    name: ClassVar[str]
    says: ClassVar[str]
    icon: ClassVar[str]
    tone: ClassVar[Tone]
    group: ClassVar[str]

    def __init_subclass__(
        cls, *, says: str, icon: str = "circle", tone: Tone = "plain", group: str = "", **more: Any
    ) -> None:
        super().__init_subclass__(**more)
        taken = {"name", "says", "icon", "tone", "group"} & set(cls.__annotations__)
        if taken:
            raise TypeError(f"{cls.__name__}: a field cannot be called {taken.pop()}.")
        room = room_of(cls.__module__)
        cls.name = f"{room}.{cls.__name__}"
        cls.says, cls.icon, cls.tone, cls.group = says, icon, tone, group or room
        if cls.name in EVENTS and EVENTS[cls.name].__module__ != cls.__module__:
            raise RuntimeError(f"Two events are called {cls.name}.")
        EVENTS[cls.name] = cls


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(EVENTS[name])


def to_data(event: Event) -> dict[str, Any]:
    """The event's fields as JSON: money as `{"amount": "1.00", "currency": "USD"}`."""
    if not is_dataclass(event):
        raise TypeError(f"{type(event).__name__} must be a frozen dataclass.")
    dumped: dict[str, Any] = _adapter(event.name).dump_python(event, mode="json")
    return dumped


def from_data(name: str, data: dict[str, Any]) -> Event:
    """The typed event again. Fields that a newer version dropped are passed over."""
    event_type: Any = EVENTS[name]
    known = {one.name for one in fields(event_type)}
    event: Event = _adapter(name).validate_python(
        {key: value for key, value in data.items() if key in known}
    )
    return event
