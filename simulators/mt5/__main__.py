"""The server as a program: prints one line of JSON when it listens, stops on SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import logging
import signal
from dataclasses import replace
from pathlib import Path

from simulators.market.prices import TICK
from simulators.mt5.control import Control
from simulators.mt5.settings import Manager, Settings
from simulators.mt5.trade_server import TradeServer
from simulators.mt5.web_api import WebApi

_HOST = "127.0.0.1"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.mt5", description=__doc__)
    parser.add_argument("--host", default=_HOST)
    parser.add_argument("--port", type=int, default=0, help="Web API; 0 chooses a free one")
    parser.add_argument("--control-port", type=int, default=0, help="control door; 0 chooses")
    parser.add_argument("--home", type=Path, required=True, help="folder that state is kept in")
    parser.add_argument("--seed", type=int, default=1, help="of a new home; an old one keeps its")
    parser.add_argument("--config", type=Path, help="JSON settings, see the README")
    parser.add_argument("--manager", type=int, help="login of the only manager")
    parser.add_argument("--password", help="API password of the only manager")
    parser.add_argument("--verbose", action="store_true", help="tell on stderr what happens")
    return parser.parse_args()


def settings_of(args: argparse.Namespace) -> Settings:
    settings = Settings.load(args.config) if args.config else Settings()
    if args.manager is None and args.password is None:
        return settings
    usual = Manager()
    manager = Manager(args.manager or usual.login, args.password or usual.password)
    return replace(settings, managers=(manager,))


async def beat(server: TradeServer) -> None:
    while True:
        await asyncio.sleep(TICK / 1000)
        server.live_tick()


async def serve(args: argparse.Namespace) -> None:
    server = TradeServer(args.home, settings_of(args), args.seed)
    api = WebApi(server)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    web = await asyncio.start_server(api.connected, args.host, args.port)
    control = await asyncio.start_server(Control(api).connected, args.host, args.control_port)
    pulse = asyncio.create_task(beat(server))
    ports = {
        "port": web.sockets[0].getsockname()[1],
        "control_port": control.sockets[0].getsockname()[1],
    }
    print(json.dumps({"ready": True, **ports}), flush=True)
    stopped = asyncio.create_task(stopping.wait())
    # A pulse that ends has failed: better no server than one whose market stands still.
    await asyncio.wait([pulse, stopped], return_when=asyncio.FIRST_COMPLETED)
    for listener in (web, control):
        listener.close()
    api.forget_sessions()
    server.shut()
    if pulse.done():
        pulse.result()
    pulse.cancel()


if __name__ == "__main__":
    args = arguments()
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING)
    asyncio.run(serve(args))
