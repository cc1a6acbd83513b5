"""One thread a platform, which looks at it again and again, and says on its page what is wrong.

A platform that fails is asked ever later.
"""

import logging
from collections.abc import Iterable
from threading import Event, Thread
from time import monotonic

from nostro.core.acts import Act
from nostro.core.jobs import LOOPS, alone, released
from nostro.kit.problems import Problem
from nostro.kit.vendors import Refused, Retry, VendorTrouble
from nostro.trading import operations as trading
from nostro.trading.models import Platform
from nostro.trading.sync.following import BEAT, Follower

log = logging.getLogger("nostro.trading.sync")

LONGEST_PAUSE, LOOKED_EVERY = 60.0, 5.0


def follow(platform: Platform, stop: Event) -> None:
    """Look at one platform again and again until told to stop; one worker at a time does."""
    follower: Follower | None = None
    pause, failures = 0.0, 0
    while not stop.wait(pause):
        begun = monotonic()
        try:
            if alone(f"trading.sync/{platform.slug}"):
                if follower is None:
                    follower = Follower(platform)
                    follower.rechecks.start()
                follower.look()
                if failures or platform.trouble_since:
                    answered(platform)
                failures = 0
            else:
                _leave(follower)
                follower = None
            behind = follower is not None and follower.behind
            pause = 0.0 if behind else max(0.0, BEAT - (monotonic() - begun))
        except VendorTrouble as trouble:
            failures += 1
            pause = troubled(platform, trouble, failures)
        except Exception as error:
            log.exception("Following %s failed; it is taken up anew.", platform.slug)
            _leave(follower)
            released()
            _told_of(platform, error)
            follower, failures = None, failures + 1
            pause = min(LONGEST_PAUSE, 2.0**failures)
    _leave(follower)
    released()


def _leave(follower: Follower | None) -> None:
    """Nobody follows by it any more."""
    if follower:
        follower.rechecks.stop()


def troubled(platform: Platform, trouble: VendorTrouble, failures: int) -> float:
    """Write trouble down when it begins and when it becomes another one; how long to wait before
    asking again.
    """
    said = str(trouble)[:200]
    platform.refresh_from_db()
    if platform.trouble != said and not platform.left_at:
        log.warning("%s: %s", platform.slug, said)
        trading.platform_troubled(Act.system(door="sync"), platform, trouble=said)
    longest = trouble.after if isinstance(trouble, Retry) else LONGEST_PAUSE
    patience = LONGEST_PAUSE if isinstance(trouble, Refused) else 2.0 ** min(failures, 6)
    return min(longest, patience, LONGEST_PAUSE)


def _told_of(platform: Platform, error: Exception) -> None:
    """What nobody foresaw stands on the page too, without what was in the data."""
    said = f"What it says could not be taken in: {type(error).__name__}. Our log says where."
    try:
        troubled(platform, Retry(str(error) if isinstance(error, Problem) else said), 1)
    except Exception:
        log.exception("The trouble with %s could not be written down.", platform.slug)


def answered(platform: Platform) -> None:
    platform.refresh_from_db()
    if platform.trouble_since:
        trading.platform_answered(Act.system(door="sync"), platform)


def run(platforms: Iterable[Platform], stop: Event) -> None:
    """Follow these platforms, each in a thread of its own, until told to stop."""
    threads = [Thread(target=follow, args=(one, stop), daemon=True) for one in platforms]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=20)


def watch(stop: Event) -> None:
    """Follow every platform there is, those that are connected later, and none that is left alone:
    it is let go within seconds, and taken up again as soon.
    """
    threads: dict[str, tuple[Thread, Event]] = {}
    while not stop.is_set():
        for one in Platform.objects.order_by("pk"):
            thread, leave = threads.get(one.slug, (None, Event()))
            if one.left_at:
                leave.set()
            elif thread is None or not thread.is_alive():
                leave = Event()
                thread = Thread(target=follow, args=(one, leave), daemon=True)
                threads[one.slug] = thread, leave
                thread.start()
        stop.wait(LOOKED_EVERY)
    for _, leave in threads.values():
        leave.set()
    for thread, _ in threads.values():
        thread.join(timeout=20)
    released()


LOOPS["trading.sync"] = watch
