"""The MetaTrader 4 server as a program; see `simulators.trading.program`."""

import argparse
import asyncio
from dataclasses import replace

from simulators.mt4.control import Mt4Control
from simulators.mt4.database import Database
from simulators.mt4.plugin import Plugin
from simulators.mt4.report import Report
from simulators.mt4.settings import Settings
from simulators.mt4.trade_server import TradeServer
from simulators.trading.program import Listening, arguments, log_to_stderr, serve


def parsed() -> argparse.Namespace:
    parser = arguments("mt4", __doc__)
    parser.add_argument("--database-port", type=int, default=0, help="report database; 0 chooses")
    parser.add_argument("--secret", help="secret word of the request hash, empty for none")
    parser.add_argument("--mask", help="key of the obfuscation, empty for none")
    parser.add_argument("--password", help="of the user who may read the report database")
    return parser.parse_args()


def settings_of(args: argparse.Namespace) -> Settings:
    settings = Settings.load(args.config) if args.config else Settings()
    given = {name: getattr(args, name) for name in ("secret", "mask", "password")}
    return replace(settings, **{name: word for name, word in given.items() if word is not None})


if __name__ == "__main__":
    args = parsed()
    log_to_stderr(args)
    settings = settings_of(args)
    plugin = Plugin(TradeServer(args.home, settings, args.seed))
    database = Database(Report(plugin.venue), settings, plugin.mischief)
    listening = [
        Listening("port", plugin.connected, args.port),
        Listening("database_port", database.connected, args.database_port),
    ]
    asyncio.run(serve(args, plugin, Mt4Control(plugin, database), listening))
