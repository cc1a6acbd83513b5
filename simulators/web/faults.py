"""Misbehaviour on demand: each fault is armed for a number of times and then used up."""

import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from simulators.web.http import Answer, BadRequest, HangUp, Reply, Request, json_reply

CONVERSATION = frozenset({"drop_after_acting", "slow", "server_error", "rate_limit"})
"""Faults of the conversation itself, the same for every simulator."""


@dataclass(frozen=True)
class Fault:
    """`seconds` and `options` mean what the fault makes of them; `method` limits it ("POST")."""

    what: str
    times: int
    seconds: float
    method: str
    options: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults that are armed. They are not kept over a restart."""

    def __init__(
        self, known: frozenset[str], *, conversation: frozenset[str] = CONVERSATION
    ) -> None:
        self._known = known | conversation
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, body: dict[str, Any]) -> Fault:
        """From `{"what": ..., "times": 1, "seconds": 1, "method": "POST", ...}`."""
        what = str(body.pop("what", ""))
        if what not in self._known:
            raise BadRequest(f"{what!r} is none of: {', '.join(sorted(self._known))}.")
        try:
            times, seconds = int(body.pop("times", 1)), float(body.pop("seconds", 1))
        except (TypeError, ValueError) as error:
            raise BadRequest("times and seconds are numbers.") from error
        # Only a request that acts can be dropped after acting.
        default = "POST" if what == "drop_after_acting" else ""
        fault = Fault(what, times, seconds, str(body.pop("method", default)), body)
        with self._lock:
            self._armed.append(fault)
        return fault

    def take(self, what: str, method: str = "") -> Fault | None:
        """Use up one time of the oldest fault of that name, where there is one."""
        with self._lock:
            for index, fault in enumerate(self._armed):
                if fault.what == what and fault.method in ("", method):
                    if fault.times > 1:
                        self._armed[index] = replace(fault, times=fault.times - 1)
                    else:
                        del self._armed[index]
                    return fault
        return None

    def state(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]

    def around(self, answer: Answer) -> Answer:
        """The same answers, spoilt in conversation where a fault is armed."""

        def spoilt(request: Request) -> Reply:
            if self.take("rate_limit", request.method):
                return json_reply(
                    {"error": {"type": "invalid_request_error", "code": "rate_limit"}},
                    429,
                    Retry_After="2",
                )
            if self.take("server_error", request.method):
                return json_reply({"error": {"type": "api_error", "message": "Our fault."}}, 500)
            reply = answer(request)
            if slow := self.take("slow", request.method):
                time.sleep(slow.seconds)
            if self.take("drop_after_acting", request.method):
                raise HangUp
            return reply

        return spoilt
