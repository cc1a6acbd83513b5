"""Where a trading account is opened: the group, leverage and swaps that the rules give it, or why a
person has to look.
"""

from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.kit.problems import Problem
from nostro.people.models import Client
from nostro.rules.deciding import Answer, compiled, decide
from nostro.trading import queries
from nostro.trading.decisions import (
    PROVISION,
    SWAP_FREE,
    SWAP_FREE_REQUEST,
    ProvisionAnswer,
    ProvisionAsked,
    SwapFreeAnswer,
)
from nostro.trading.events import (
    AccountDecided,
    AccountHeld,
    SwapFreeGiven,
    SwapFreeRequested,
)
from nostro.trading.models import Group, SwapFreeRequest, TradingAccount

Status = TradingAccount.Status


class NoSwapsOffered(Problem):
    """Trading without swaps is not offered on such an account."""

    def __init__(self, text: str) -> None:
        super().__init__(text, field="swap_free")


def wish_at_opening(act: Act, account: TradingAccount) -> bool:
    """The client asks for an account without swaps as it is opened: whether the rules give it at
    once. Else a person looks, and the account is opened with swaps meanwhile.
    """
    asked = queries.swap_free_asked(account)
    terms = decide(act, SWAP_FREE, asked, about=account).output
    days = int(terms.days)
    facts = queries.swap_free_wished(account, days)
    answer = decide(act, SWAP_FREE_REQUEST, facts, about=account)
    if not terms.allowed or days < 1 or answer.output.verdict == "refused":
        told = answer.output.told or "It is not offered on such an account."
        raise NoSwapsOffered(f"{told} Ask for one that pays swaps.")
    wish = SwapFreeRequest.objects.create(
        account=account, days=days, reason="Asked for as the account was opened",
        why=answer.sentence, decision=answer.id, asked_at=act.at, asked_by=act.asked_by,
        status=SwapFreeRequest.Status.ASKED,
    )  # fmt: skip
    act.record(SwapFreeRequested(account.pk, wish.pk, days, answer.id), about=wish)
    return answer.output.verdict == "automatic" and wish.asked_by is None


def without_swaps(act: Act, account: TradingAccount, terms: SwapFreeAnswer, why: str) -> None:
    """Let an account trade without swaps for as long as the rules say; then it pays them again."""
    days, decision = int(terms.days), 0
    rows = SwapFreeRequest.objects.filter(account=account, status=SwapFreeRequest.Status.ASKED)
    wish = rows.first()
    if wish is not None:
        wish.move_to(SwapFreeRequest.Status.GIVEN)
        days, decision, why = wish.days, wish.decision or 0, f"The client asked for it, {wish}"
    account.swap_free_until = act.at + timedelta(days=days)
    account.save(update_fields=["swap_free_until"])
    act.record(SwapFreeGiven(account.pk, days, why, decision), about=account)


def provision(
    act: Act, account: TradingAccount, client: Client, *, fixed: bool, free: bool
) -> None:
    """Open an account where the rules say, without swaps where the client is to have none."""
    asked = ProvisionAsked(
        entity=client.entity.code,
        country=client.country,
        account_type=account.account_type,
        currency=account.currency,
        category=client.category,
        level=Decimal(client.level),
        risk=client.risk or "none",
        swap_free=free,
    )
    answer = decide(act, PROVISION, asked, about=account)
    wanted = answer.output
    groups = Group.objects.filter(path=wanted.group, entity=client.entity, practice=False)
    if fixed:
        groups = groups.filter(platform=account.platform)
    elif wanted.platform:
        groups = groups.filter(platform__slug=wanted.platform)
    group = groups.filter(**Group.FOLLOWED).select_related("platform").first()
    if group is not None and free and not group.swap_free:
        group = queries.sibling(group, True) or group
    account.decision = answer.id
    where = f"{account.platform.name} lacks" if fixed else "no live platform has"
    reason = _why_a_person(account, answer, group, where)
    if not reason and group is not None and free and not group.swap_free:
        reason = f"There is no swap-free group beside {group}."
    terms = None
    if not reason and group is not None and group.swap_free:
        kept = decide(act, SWAP_FREE, queries.swap_free_asked(account), about=account)
        terms = kept.output
        if not terms.allowed:
            reason = f"{group} is without swaps, and the rules do not allow it: {kept.sentence}"
    if reason or group is None:
        account.reason = reason[:200]
        account.save(update_fields=["reason", "decision"])
        act.record(AccountHeld(account.pk, account.reason, answer.id), about=account)
        return
    if terms is not None:
        without_swaps(act, account, terms, "As the rules of provisioning say")
    place(act, account, group, min(int(wanted.leverage), queries.ceilings()(account)))


def _why_a_person(
    account: TradingAccount, answer: Answer[ProvisionAnswer], group: Group | None, where: str
) -> str:
    """What keeps the answer from being carried out; empty where nothing does."""
    wanted = answer.output
    if answer.cautious:
        return f"No rule fits: {answer.sentence}"
    if not wanted.group:
        return _note_of(answer)
    if group is None:
        return f"The rules name the group {wanted.group}, and {where} it."
    if group.currency != account.currency:
        return f"{group} is kept in {group.currency}, not in {account.currency}."
    if wanted.book not in ("any", group.book):
        return f"The rules want book {wanted.book.upper()}, and {group} is in {group.book.upper()}."
    return "" if wanted.leverage >= 1 else "The rules give no leverage."


def _note_of(answer: Answer[ProvisionAnswer]) -> str:
    """Why the row that matched is there, in the words of who wrote it."""
    _, table = compiled(answer.decision.version_id, answer.decision.version.fingerprint)
    notes = [row.note for row in table.rows if row.id in answer.decision.rows and row.note]
    return " ".join(notes) or answer.sentence


def place(act: Act, account: TradingAccount, group: Group, leverage: int) -> None:
    """Give an account its group and leverage: the platform is asked to open it."""
    account.move_to(
        Status.OPENING, group=group, platform=group.platform, leverage=leverage,
        decision=account.decision, reason="",
    )  # fmt: skip
    event = AccountDecided(account.pk, group.path, leverage, account.decision)
    act.record(event, about=account)
