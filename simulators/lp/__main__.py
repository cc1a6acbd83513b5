"""`python -m simulators.lp`: the liquidity provider as a process of its own."""

from simulators.lp.acceptor import Acceptor
from simulators.lp.control import routes
from simulators.lp.provider import Names, Provider
from simulators.web.http import Listener
from simulators.web.running import arguments, run

TICK = 0.1
"""Seconds between two looks at whether a hedge is due."""


def main() -> None:
    usual = Names()
    parser = arguments("A liquidity provider that speaks FIX 4.4")
    parser.add_argument("--sender", default=usual.sender, help="its own CompID")
    parser.add_argument("--target", default=usual.target, help="the customer's CompID")
    parser.add_argument("--username", default=usual.username, help="what tag 553 must say")
    parser.add_argument("--account", default=usual.account, help="the customer's account there")
    given = parser.parse_args()
    names = Names(given.sender, given.target, given.username, given.secret_key, given.account)
    provider = Provider(given.home, names, given.seed)
    run(
        (Acceptor(given.host, given.port), provider),
        (Listener(given.host, given.control_port), routes(provider)),
        tick=lambda: provider.trade(TICK),
        every=TICK,
    )
    provider.hang_up()
    provider.book.store.close()


if __name__ == "__main__":
    main()
