"""Sample values for the gallery, where every part of the product's look is seen at once.

They are invented and stand still: the page's clock is theirs, so the page is the same each time.
"""

from datetime import UTC, datetime, timedelta

from django import forms
from django.utils.html import format_html

from nostro.kit import Money

NOW = datetime(2026, 11, 20, 14, 32, 8, tzinfo=UTC)


class SampleForm(forms.Form):
    """One field of every kind, to see them empty, filled and refused."""

    amount = forms.DecimalField(min_value=10, help_text="Between 10.00 and 5,000.00 EUR.")
    method = forms.ChoiceField(choices=[("bank", "Bank transfer"), ("card", "Card")])
    speed = forms.ChoiceField(
        choices=[("today", "Today"), ("later", "In two days")], widget=forms.RadioSelect
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="The account is in my own name")


def shell() -> dict[str, object]:
    """What the staff shell needs around any page."""
    rooms = [
        ("", [("My work", "home", 5, True), ("Inbox", "inbox", 4, False)]),
        ("Clients", [("Clients", "users", 0, False), ("Compliance", "shield-check", 14, False)]),
        ("Money", [("Payments", "arrows-left-right", 18, False), ("Ledger", "book-2", 0, False)]),
        ("Markets", [("Trading", "chart-candle", 0, False), ("Exposure", "scale", 2, False)]),
        ("House", [("Rules", "table-options", 1, False), ("Reports", "chart-bar", 0, False)]),
    ]
    menu = [
        {
            "title": title,
            "items": [
                {
                    "title": name,
                    "url": "#",
                    "icon": symbol,
                    "count": count,
                    "late": late,
                    "current": name == "Payments",
                }
                for name, symbol, count, late in items
            ],
        }
        for title, items in rooms
    ]
    return {
        "title": "Gallery",
        "now": NOW,
        "menu": menu,
        "menu_foot": [{"title": "Settings", "url": "#", "icon": "settings"}],
        "entities": [
            {"name": "All entities", "url": "?entity=", "current": True},
            {"name": "Nostro Markets (CY) Ltd", "url": "?entity=cy"},
        ],
        "env_label": "Demo",
        "env_tone": "demo",
        "staff": {"name": "Eleni Markou", "initials": "EM", "role": "Payments lead"},
        "staff_menu": [{"title": "Profile and passkeys", "url": "#", "icon": "key"}],
        "sign_out_url": "#",
        "live_url": "",
    }


def _rows() -> list[dict[str, object]]:
    waiting = [
        ("W-88191", "Amara Okonkwo", "2450.00 USD", -41, 240, 3, "With compliance", "warn"),
        ("W-88203", "Priyanka Raghavan", "640.00 GBP", 22, 240, 1, "Approval", "line"),
        ("W-88214", "Lukas Brandtner", "12400.00 USD", 106, 240, 2, "Second approval", "wait"),
    ]
    return [
        {
            "key": key,
            "label": key,
            "open": key == "W-88214",
            "ticked": key == "W-88203",
            "url": "#",
            "client": client,
            "money": Money.of(money),
            "due": NOW + timedelta(minutes=left),
            "since": NOW + timedelta(minutes=left - promise),
            "risk": level,
            "state": state,
            "tone": tone,
        }
        for key, client, money, left, promise, level, state, tone in waiting
    ]


def _charts() -> list[dict[str, object]]:
    hours = [f"{hour:02}" for hour in range(6, 15)]
    paid_in = [18200, 31400, 52880, 61240, 58110, 49730, 44200, 62900, 34300]
    paid_out = [2100, 6400, 14200, 19802, 17300, 12900, 15100, 21400, 9200]
    flow = [
        {"name": "Deposits", "values": paid_in, "colour": "in"},
        {"name": "Withdrawals", "values": paid_out, "colour": "out"},
    ]
    steps = ["Registered", "Verified", "Funded", "Trading"]
    ways = [("Card", "Wallets", 820), ("Bank", "Wallets", 460), ("Wallets", "Platforms", 990)]
    links = [{"source": source, "target": to, "value": value} for source, to, value in ways]
    named = {"labels": hours, "series": flow, "unit": "USD"}
    return [
        {"kind": "bar", "title": "Deposits and withdrawals by hour", **named},
        {"kind": "line", "title": "The same as lines", **named},
        {"kind": "area", "title": "Deposits as an area", **named, "series": flow[:1]},
        {
            "kind": "funnel",
            "title": "Registered to trading",
            "labels": steps,
            "series": [{"name": "Clients", "values": [214, 131, 74, 58]}],
        },
        {"kind": "sankey", "title": "Where the money went", "links": links, "unit": "USD"},
    ]


def _decision() -> dict[str, object]:
    return {
        "rule": {"title": "payments.approval v14, row 6", "url": "#"},
        "because": format_html(
            "Between 10,000 and 50,000 USD at medium risk, so <strong>{}</strong> are needed.",
            "two approvals",
        ),
        "legs": [
            {
                "icon": "credit-card",
                "title": "Visa ·· 4417",
                "faint": "via Cardwell",
                "amount": Money.of("5000.00 USD"),
                "tone": "1",
                "text": "Card first.",
            },
            {
                "icon": "building-bank",
                "title": "AT61 ·· 3201",
                "amount": Money.of("7400.00 USD"),
                "tone": "2",
                "text": "The rest is profit.",
            },
        ],
        "checks": [
            {"state": "fail", "text": "Name differs", "end": "0.86", "note": "At least 0.90."},
            {"state": "warn", "text": "New device since the last withdrawal", "end": "12:18"},
            {"state": "ok", "text": "Bank account holder matches", "end": "0.97"},
        ],
        "people": [
            {"name": "Dimitra Loizou", "faint": "Payments", "at": NOW - timedelta(minutes=111)},
            {"name": "Payments lead: you can give it", "open": True},
        ],
        "decisions": [
            {"title": "Approve and pay", "url": "#", "key": "A", "tone": "primary"},
            {"title": "Send back", "url": "#", "key": "S", "method": "dialog"},
            {"title": "Refuse", "url": "#", "key": "R", "tone": "refuse", "method": "dialog"},
            {"title": "Pay again", "url": "#", "why_not": "It has been paid already."},
        ],
    }


def _story() -> dict[str, object]:
    why = {
        "title": "Net deposits, 44,150.00 USD",
        "rows": [
            {"text": "23 deposits", "value": Money.of("58350.00 USD")},
            {"text": "6 withdrawals paid", "value": Money.of("-14200.00 USD")},
            {"text": "Net, at the rate of each day", "value": Money.of("44150.00 USD")},
        ],
        "note": "From 29 ledger entries.",
        "url": "#",
    }
    entry = ["Entry", "E-901 447", "clients/20418/wallet → clients/20418/held", "12,400.00"]
    item = {
        "at": NOW - timedelta(minutes=134),
        "icon": "arrow-up-right",
        "tone": "wait",
        "text": "Lukas asked for 12,400.00 USD back",
        "by": ["Client, trader room", "payments.approval v14, row 6"],
        "rows": [entry],
        "open": True,
    }
    return {
        "why": why,
        "figures": [
            {"label": "Withdrawable", "value": Money.of("1204.55 USD"), "note": "3,318.20 EUR"},
            {"label": "Net deposits", "value": Money.of("44150.00 USD"), "id": "net", "why": why},
            {"label": "Overdue", "value": 2, "tone": "bad", "note": "oldest 41 m over"},
        ],
        "days": [{"title": "Today", "date": "Friday 20 November", "items": [item]}],
        "feed": [{"at": NOW, "text": "Anna Fischer accepted the passport of Joaquim Serrat"}],
        "changes": [{"label": "Leverage", "before": "1:30", "after": "1:100"}],
        "payload": '{\n  "id": "D-5 510 482",\n  "row": 6\n}',
        "steps": [
            {"title": "Amount", "state": "done"},
            {"title": "Method", "state": "now"},
            {"title": "Confirm", "state": "next"},
        ],
        "parts": [
            {"value": 14, "tone": "ok"},
            {"value": 2, "tone": "warn"},
            {"value": 2, "tone": "bad"},
        ],
    }


def sample() -> dict[str, object]:
    """The whole context of `ui/gallery.html`."""
    refused = SampleForm({"amount": "3"}, auto_id="refused_%s")
    refused.is_valid()
    return {
        **shell(),
        **_decision(),
        **_story(),
        "withdrawals": _rows(),
        "charts": _charts(),
        "form": SampleForm(),
        "refused": refused,
        "views": [
            {"title": "To approve", "url": "#", "count": 18, "current": True},
            {"title": "All", "url": "#", "count": "41,207"},
        ],
        "filters": [
            {"title": "Status", "value": "waiting for approval", "clear_url": "#"},
            {"title": "Entity", "options": [{"title": "Nostro Markets (CY)", "url": "#"}]},
        ],
        "find": {"name": "q", "placeholder": "Filter withdrawals"},
        "tones": ["ok", "warn", "bad", "info", "wait", "line", ""],
    }
