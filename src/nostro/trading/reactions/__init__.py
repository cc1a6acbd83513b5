"""What trading does after something happened."""

from nostro.trading.reactions.accounts import archive_closed as archive_closed
from nostro.trading.reactions.accounts import archive_there as archive_there
from nostro.trading.reactions.accounts import ask_rights_again as ask_rights_again
from nostro.trading.reactions.accounts import bring_back as bring_back
from nostro.trading.reactions.accounts import charge_fee as charge_fee
from nostro.trading.reactions.accounts import derive_every_balance as derive_every_balance
from nostro.trading.reactions.accounts import end_expired_swap_free as end_expired_swap_free
from nostro.trading.reactions.accounts import open_first_account as open_first_account
from nostro.trading.reactions.accounts import open_on_platform as open_on_platform
from nostro.trading.reactions.accounts import read_new_platform as read_new_platform
from nostro.trading.reactions.accounts import set_group as set_group
from nostro.trading.reactions.accounts import set_leverage as set_leverage
from nostro.trading.reactions.accounts import set_passwords as set_passwords
from nostro.trading.reactions.accounts import set_rights as set_rights
from nostro.trading.reactions.credits import end_expired_credit as end_expired_credit
from nostro.trading.reactions.credits import put_credit as put_credit
from nostro.trading.reactions.credits import take_credit as take_credit
from nostro.trading.reactions.credits import take_up_credits as take_up_credits
from nostro.trading.reactions.debts import correct_negatives as correct_negatives
from nostro.trading.reactions.debts import take_credit_with_debts as take_credit_with_debts
from nostro.trading.reactions.debts import write_off as write_off
from nostro.trading.reactions.idleness import wake_at_sign_in as wake_at_sign_in
from nostro.trading.reactions.idleness import watch_dormancy as watch_dormancy
from nostro.trading.reactions.leverage import follow_equity as follow_equity
from nostro.trading.reactions.news import follow_news as follow_news
from nostro.trading.reactions.practice import put_virtual_money as put_virtual_money
from nostro.trading.reactions.practice import shut as shut
from nostro.trading.reactions.practice import watch_practice as watch_practice
from nostro.trading.reactions.restrictions import follow_client as follow_client
from nostro.trading.reactions.restrictions import follow_from_the_start as follow_from_the_start
from nostro.trading.reactions.restrictions import follow_standings as follow_standings
from nostro.trading.reactions.restrictions import (
    lift_expired_restrictions as lift_expired_restrictions,
)
from nostro.trading.reactions.swaps import charge_nights as charge_nights
from nostro.trading.reactions.takeovers import compare_logins as compare_logins
from nostro.trading.reactions.takeovers import list_logins as list_logins
from nostro.trading.reactions.takeovers import read_open_trades as read_open_trades
from nostro.trading.reactions.takeovers import take_over_logins as take_over_logins
from nostro.trading.reactions.terms import send_terms_again as send_terms_again
