"""`python -m simulators.psp`: the PSP as a process of its own."""

from decimal import Decimal

from simulators.psp.account import Account, Terms
from simulators.psp.api import Api
from simulators.psp.checkout import Checkout
from simulators.psp.control import Agenda, routes
from simulators.psp.pages import Pages
from simulators.psp.settlement import Settlement
from simulators.psp.wallet import Wallet
from simulators.psp.webhooks import Courier
from simulators.web.http import Listener, Reply, Request
from simulators.web.running import arguments, run


def main() -> None:
    parser = arguments("A card PSP that speaks Stripe's API")
    parser.add_argument("--webhook-secret", required=True, help="signs the webhooks")
    parser.add_argument("--webhook-url", default="", help="where events are sent, if anywhere")
    parser.add_argument("--page-url", default="", help="how payers reach the hosted page")
    parser.add_argument("--fee-percent", type=Decimal, default=Decimal("2.9"))
    parser.add_argument("--fee-fixed", type=int, default=0, help="per charge, smallest unit")
    parser.add_argument("--dispute-fee", type=int, default=1500, help="smallest unit")
    parser.add_argument("--bank-url", default="", help="a bank simulator's /receive, for payouts")
    parser.add_argument("--bank-account", default="", help="IBAN that payouts go to")
    given = parser.parse_args()

    public = Listener(given.host, given.port)
    control = Listener(given.host, given.control_port)
    terms = Terms(
        secret_key=given.secret_key,
        webhook_secret=given.webhook_secret,
        webhook_url=given.webhook_url,
        page_url=given.page_url.rstrip("/") or f"http://{given.host}:{public.port}",
        fee_percent=given.fee_percent,
        fee_fixed=given.fee_fixed,
        dispute_fee=given.dispute_fee,
        bank_url=given.bank_url,
        bank_account=given.bank_account,
    )
    account = Account(given.home, terms, seed=given.seed)
    wallet = Wallet(account)
    checkout, settlement = Checkout(account, wallet), Settlement(account)
    agenda = Agenda(account, checkout, settlement)
    api = account.faults.around(Api(account, checkout, settlement, wallet))
    pages = Pages(account, checkout, wallet)

    def answer(request: Request) -> Reply:
        return api(request) if request.path.startswith("/v1/") else pages(request)

    courier = Courier(account)
    courier.start()
    run(
        (public, answer),
        (control, routes(account, checkout, settlement, agenda)),
        tick=agenda.work,
    )
    courier.stop()
    account.store.close()


if __name__ == "__main__":
    main()
