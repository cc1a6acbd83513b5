"""Terms that are sent to a platform again, because somebody had changed them there."""

from nostro.core.acts import Act
from nostro.core.jobs import on
from nostro.kit.vendors import Refused
from nostro.trading import operations as trading
from nostro.trading.events import TermsAsked
from nostro.trading.models import BalanceBreak, TradingAccount
from nostro.trading.ports import PLATFORMS, AccountChange
from nostro.trading.queries.terms import SHUT, right_here, rights_here


@on(TermsAsked)
def send_terms_again(act: Act, event: TermsAsked, key: str) -> None:
    """As they are here now. Sending them again is harmless."""
    row = BalanceBreak.objects.get(pk=event.break_id)
    rows = TradingAccount.objects.select_related("platform", "group")
    account = rows.get(pk=row.account_id)
    if account.login is None or row.healed_at is not None:
        return
    try:
        PLATFORMS.take(account.platform.slug).change_account(
            account.login, _change(account, row.kind)
        )
    except Refused as no:
        trading.terms_refused(act, row, reason=no.reason)


def _change(account: TradingAccount, kind: str) -> AccountChange:
    if kind == BalanceBreak.Kind.GROUP:
        return AccountChange(group=account.group.path if account.group else None)
    if kind == BalanceBreak.Kind.LEVERAGE:
        return AccountChange(leverage=account.leverage)
    return AccountChange(trading=right_here(account), enabled=rights_here(account) != SHUT)
