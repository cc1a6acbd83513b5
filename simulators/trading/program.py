"""A venue as a program: prints one line of JSON when it listens, stops on SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from simulators.market.prices import TICK
from simulators.trading.control import Control, Doors
from simulators.trading.venue import Venue

type Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Listening:
    """What answers at a port; `name` is how the ready line calls it, 0 chooses a free one."""

    name: str
    connected: Connected
    port: int = 0
    tls: SSLContext | None = None


def arguments(name: str, description: str | None) -> argparse.ArgumentParser:
    """The options every platform has."""
    parser = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="its own door; 0 chooses a free one")
    parser.add_argument("--control-port", type=int, default=0, help="control door; 0 chooses")
    parser.add_argument("--home", type=Path, required=True, help="folder that state is kept in")
    parser.add_argument("--seed", type=int, default=1, help="of a new home; an old one keeps its")
    parser.add_argument("--config", type=Path, help="JSON settings, see the README")
    parser.add_argument("--verbose", action="store_true", help="tell on stderr what happens")
    return parser


async def _beat(venue: Venue) -> None:
    while True:
        await asyncio.sleep(TICK / 1000)
        venue.live_tick()


async def serve(
    args: argparse.Namespace,
    doors: Doors,
    control: Control,
    listening: Sequence[Listening],
    said: Mapping[str, str] | None = None,
) -> None:
    """Listen until told to stop; then every session ends and the records are written. The ready
    line also bears what is `said`.
    """
    venue = doors.venue
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    told = Listening("control_port", control.connected, args.control_port)
    servers, ports = [], {}
    for one in (*listening, told):
        server = await asyncio.start_server(one.connected, args.host, one.port, ssl=one.tls)
        servers.append(server)
        ports[one.name] = server.sockets[0].getsockname()[1]
    pulse = asyncio.create_task(_beat(venue))
    print(json.dumps({"ready": True, **ports, **(said or {})}), flush=True)
    stopped = asyncio.create_task(stopping.wait())
    # A pulse that ends has failed: better no server than one whose market stands still.
    await asyncio.wait([pulse, stopped], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.close()
    doors.forget_sessions()
    venue.shut()
    if pulse.done():
        pulse.result()
    pulse.cancel()


def log_to_stderr(args: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING)
