"""The navigation: of staff, the rooms in the order of a broker's day; of clients, whose tab is
whose.
"""

from nostro.ui.actions import DO, SELDOM
from nostro.ui.pages import MENU, MENU_FOOT, UNDER, MenuItem

MENU[:] = [
    (
        "Clients",
        [
            MenuItem("people", "Clients", "users"),
            MenuItem("compliance", "Compliance", "shield-check"),
            MenuItem("sales", "Sales", "target-arrow"),
            MenuItem("messages", "Messages", "message"),
        ],
    ),
    (
        "Money",
        [
            MenuItem("payments", "Payments", "arrows-left-right"),
            MenuItem("ledger", "Ledger", "book-2"),
            MenuItem("reconciliation", "Reconciliation", "git-compare"),
        ],
    ),
    (
        "Markets",
        [
            MenuItem("trading", "Trading", "chart-candle"),
            MenuItem("exposure", "Exposure", "scale", first="now"),
            MenuItem("partners", "Partners", "affiliate"),
        ],
    ),
    (
        "House",
        [
            MenuItem("bulk", "Bulk changes", "stack-2"),
            MenuItem("rules", "Rules", "table-options"),
            MenuItem("reports", "Reports", "chart-bar"),
            MenuItem("approvals", "Proposals", "clipboard-text"),
            MenuItem("core", "Events", "history"),
            MenuItem("hooks", "Connections", "webhook"),
        ],
    ),
]
MENU_FOOT[:] = [{"title": "Your account", "url": "/staff/me/", "icon": "settings"}]
MONEY = ("deposit", "withdraw", "transfer", "bank-accounts", "cards", "exchange", "send")
UNDER |= {f"/room/{start}": "/room/money/" for start in MONEY} | {"/room/start": "/room/"}

ACCESS = ("activate", "restrict", "refuse", "close")
DO |= {
    "payments": "Money",
    "ledger": "Money",
    "trading": "Accounts",
    "people": "Client",
    "sales": "Client",
    "partners": "Client",
    **{f"people.{one}_client": "Access" for one in ACCESS},
    "compliance": "Compliance",
    "people.set_level": "Compliance",
}
SELDOM.add("Access")
