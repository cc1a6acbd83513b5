"""The MetaTrader 5 server as a program; see `simulators.trading.program`. Its ready line names
`port` (raw TCP), `rest_port` (HTTPS) and the file of the `certificate` that this one shows.
"""

import argparse
import asyncio
from dataclasses import replace

from simulators.mt5.codes import code_of
from simulators.mt5.settings import Manager, Settings
from simulators.mt5.trade_server import TradeServer
from simulators.mt5.web_api import WebApi
from simulators.mt5.wire import deal_document
from simulators.trading.certificate import DEFAULT_NAMES, tls
from simulators.trading.control import Control
from simulators.trading.denied import Denied
from simulators.trading.program import Listening, arguments, log_to_stderr, serve


def parsed() -> argparse.Namespace:
    parser = arguments("mt5", __doc__)
    parser.add_argument("--rest-port", type=int, default=0, help="the HTTPS door; 0 chooses")
    parser.add_argument("--name", help="the only name in a certificate that is made now")
    parser.add_argument("--manager", type=int, help="login of the only manager")
    parser.add_argument("--password", help="API password of the only manager")
    return parser.parse_args()


def settings_of(args: argparse.Namespace) -> Settings:
    settings = Settings.load(args.config) if args.config else Settings()
    if args.manager is None and args.password is None:
        return settings
    usual = Manager()
    manager = Manager(args.manager or usual.login, args.password or usual.password)
    return replace(settings, managers=(manager,))


def refused(denied: Denied) -> dict[str, object]:
    code = code_of(denied)
    return {"error": code.words, "retcode": int(code)}


if __name__ == "__main__":
    args = parsed()
    log_to_stderr(args)
    context, certificate = tls(args.home, (args.name,) if args.name else DEFAULT_NAMES)
    api = WebApi(TradeServer(args.home, settings_of(args), args.seed))
    control = Control(api, details=deal_document, refused=refused)
    listening = [
        Listening("port", api.connected, args.port),
        Listening("rest_port", api.rest_connected, args.rest_port, context),
    ]
    asyncio.run(serve(args, api, control, listening, {"certificate": str(certificate)}))
