"""How the house follows its platforms: deals within two seconds, positions and quotes every one.

Reading is by windows of time that overlap, and a ticket is kept once, so that a restart or a
doubtful answer costs another look and nothing else.
"""

from nostro.trading.deriving import recheck
from nostro.trading.sync.following import Follower, read_catalogue, sync_once
from nostro.trading.sync.rechecking import EARLIEST, LINE
from nostro.trading.sync.watching import answered, follow, run, troubled, watch

__all__ = [
    "EARLIEST", "LINE", "Follower", "answered", "follow", "read_catalogue", "recheck", "run",
    "sync_once", "troubled", "watch",
]  # fmt: skip
