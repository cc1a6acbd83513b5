"""The cTrader server as a program; its ready line names `port` (WebServices), `manager_port` and
the file of the `certificate` that both show.
"""

import argparse
import asyncio
from dataclasses import replace
from typing import Any

from simulators.ctrader.doors import Doors
from simulators.ctrader.refusals import refusal_of
from simulators.ctrader.server import CTraderServer
from simulators.ctrader.settings import Manager, Settings
from simulators.trading.certificate import DEFAULT_NAMES, tls
from simulators.trading.control import Control
from simulators.trading.denied import Denied
from simulators.trading.program import Listening, arguments, log_to_stderr, serve


def parsed() -> argparse.Namespace:
    parser = arguments("ctrader", __doc__)
    parser.add_argument("--manager-port", type=int, default=0, help="Manager API; 0 chooses")
    parser.add_argument("--manager", type=int, help="login of the only manager")
    parser.add_argument("--password", help="password of the only manager")
    parser.add_argument("--name", help="the only name in a certificate that is made now")
    return parser.parse_args()


def settings_of(args: argparse.Namespace) -> Settings:
    settings = Settings.load(args.config) if args.config else Settings()
    if args.manager is None and args.password is None:
        return settings
    usual = Manager()
    manager = Manager(args.manager or usual.login, args.password or usual.password)
    return replace(settings, managers=(manager,))


def refused(denied: Denied) -> dict[str, Any]:
    refusal = refusal_of(denied)
    return {"error": refusal.description, "errorCode": refusal.code}


if __name__ == "__main__":
    args = parsed()
    log_to_stderr(args)
    context, certificate = tls(args.home, (args.name,) if args.name else DEFAULT_NAMES)
    doors = Doors(CTraderServer(args.home, settings_of(args), args.seed))
    listening = [
        Listening("port", doors.web_connected, args.port, context),
        Listening("manager_port", doors.manager_connected, args.manager_port, context),
    ]
    control = Control(doors, refused=refused)
    said = {"certificate": str(certificate)}
    asyncio.run(serve(args, doors, control, listening, said))
