"""Everything anyone can do on the trading side."""

from nostro.trading.operations.accounts import (
    account_failed,
    account_opened,
    approve_account,
    change_leverage,
    close_account,
    leverage_refused,
    leverage_set,
    refuse_account,
    request_account,
    retry_opening,
)
from nostro.trading.operations.archive import (
    account_archived,
    account_restored,
    archiving_refused,
    reopen_account,
    reopening_refused,
    settle_closed,
)
from nostro.trading.operations.breaks import explain_break, note_differences
from nostro.trading.operations.credentials import (
    SIGNS_IN,
    Credentials,
    ask_passwords,
    passwords_set,
    token_of,
    view_credentials,
)
from nostro.trading.operations.credits import (
    credit_ended,
    credit_given,
    credit_kept,
    credit_refused,
    give_credit,
    note_left,
    take_back_credit,
    take_back_lent,
)
from nostro.trading.operations.days import compare_days
from nostro.trading.operations.deals import adopt_deals, correct_deals, record_deals
from nostro.trading.operations.debts import correct_negative, propose_write_off, write_off_debt
from nostro.trading.operations.groups import add_group, change_group, set_book
from nostro.trading.operations.leverage import (
    end_kept_leverage,
    keep_leverage,
    settle_leverage,
)
from nostro.trading.operations.lifecycle import (
    change_account_type,
    end_swap_free,
    group_refused,
    group_set,
    make_swap_free,
    migrate_account,
    move_account,
)
from nostro.trading.operations.market import (
    read_accounts,
    record_market,
    record_past_orders,
    record_positions,
    record_ticks,
)
from nostro.trading.operations.news import (
    add_news_window,
    end_news_window,
    lower_for_news,
    restore_after_news,
)
from nostro.trading.operations.past import (
    begin_backfill,
    end_backfill,
    note_backfill,
    resume_backfill,
    stop_backfill,
)
from nostro.trading.operations.platforms import (
    add_instrument,
    add_platform,
    follow_again,
    map_symbol,
    note_open_lots,
    note_sending,
    platform_answered,
    platform_troubled,
    read_catalogue,
    set_records_aside,
    stop_following,
)
from nostro.trading.operations.practice import (
    end_practice,
    request_practice,
    settle_practice,
    top_up_practice,
)
from nostro.trading.operations.restrictions import (
    check_lifting,
    check_unmoved,
    ease_restriction,
    end_expired_restrictions,
    follow_standing,
    lift_restriction,
    restrict_account,
)
from nostro.trading.operations.rights import (
    note_rights,
    passwords_refused,
    rights_refused,
    rights_set,
)
from nostro.trading.operations.swaps import (
    approve_swap_free,
    ask_swap_free,
    cancel_swap_free,
    charge_night,
    count_night,
    refuse_swap_free,
)
from nostro.trading.operations.takeovers import (
    compare_logins,
    compare_takeover,
    drop_takeover,
    interrupt_takeover,
    list_logins,
    read_takeover,
    start_takeover,
    take_over_logins,
)
from nostro.trading.operations.taking import propose_taking, take_deal
from nostro.trading.operations.terms import note_terms, send_terms, take_terms, terms_refused
from nostro.trading.operations.upkeep import (
    booking_refused,
    money_booked,
    reactivate_account,
    settle_idleness,
)
from nostro.trading.operations.virtual import virtual_money_booked, virtual_money_refused
from nostro.trading.operations.wishes import (
    approve_leverage,
    ask_leverage,
    cancel_leverage,
    end_given_leverage,
    give_leverage,
    refuse_leverage,
)

__all__ = [
    "SIGNS_IN", "Credentials", "account_archived", "account_failed", "account_opened",
    "account_restored", "add_group", "add_instrument", "add_news_window", "add_platform",
    "adopt_deals", "approve_account", "approve_leverage", "approve_swap_free",
    "archiving_refused", "ask_leverage", "ask_passwords", "ask_swap_free", "begin_backfill",
    "booking_refused", "cancel_leverage", "cancel_swap_free", "change_account_type",
    "change_group", "change_leverage", "charge_night", "check_lifting", "check_unmoved",
    "close_account", "compare_days", "compare_logins", "compare_takeover", "correct_deals",
    "correct_negative", "count_night", "credit_ended", "credit_given", "credit_kept",
    "credit_refused", "drop_takeover", "ease_restriction", "end_backfill",
    "end_expired_restrictions", "end_given_leverage", "end_kept_leverage", "end_news_window",
    "end_practice", "end_swap_free", "explain_break", "follow_again", "follow_standing",
    "give_credit", "give_leverage", "group_refused", "group_set", "interrupt_takeover",
    "keep_leverage", "leverage_refused", "leverage_set", "lift_restriction", "list_logins",
    "lower_for_news", "make_swap_free", "map_symbol", "migrate_account", "money_booked",
    "move_account", "note_backfill", "note_differences", "note_left", "note_open_lots",
    "note_rights", "note_sending", "note_terms", "passwords_refused", "passwords_set",
    "platform_answered", "platform_troubled", "propose_taking", "propose_write_off",
    "reactivate_account", "read_accounts", "read_catalogue", "read_takeover", "record_deals",
    "record_market", "record_past_orders", "record_positions", "record_ticks", "refuse_account",
    "refuse_leverage", "refuse_swap_free", "reopen_account", "reopening_refused",
    "request_account", "request_practice", "restore_after_news", "restrict_account",
    "resume_backfill", "retry_opening", "rights_refused", "rights_set", "send_terms",
    "set_book", "set_records_aside", "settle_closed", "settle_idleness", "settle_leverage",
    "settle_practice", "start_takeover", "stop_backfill", "stop_following", "take_back_credit",
    "take_back_lent", "take_deal", "take_over_logins", "take_terms", "terms_refused",
    "token_of", "top_up_practice", "view_credentials", "virtual_money_booked",
    "virtual_money_refused", "write_off_debt",
]  # fmt: skip
