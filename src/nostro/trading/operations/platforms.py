"""Platforms, their groups and symbols, and what a person says about them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from nostro.core.acts import Act
from nostro.core.models import Setting
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import NotFound, Problem
from nostro.kit.words import whole
from nostro.people.models import LegalEntity
from nostro.trading import ports
from nostro.trading.events import (
    GroupAdded,
    InstrumentAdded,
    OpenLotsCompared,
    PlatformAdded,
    PlatformAnswered,
    PlatformFollowed,
    PlatformLeft,
    PlatformTroubled,
    RecordsSetAside,
    SendingTried,
    SymbolMapped,
    SymbolsRead,
)
from nostro.trading.instruments import asset_class_of, group_parts, is_share, meant_by
from nostro.trading.models import Deal, Group, Instrument, Platform, PlatformSymbol, Sending

PAIRS = ("fx_major", "fx_minor", "metal", "crypto")


class BadPlatform(Problem):
    """A platform that cannot be connected like this."""


class NotTheSame(Problem):
    """A symbol and an instrument that differ in what one lot of them is."""


@operation(title="Connect a platform", verb="Connect", icon="server")
def add_platform(
    act: Act, *, slug: str, name: str, kind: str, settings: dict[str, Any], live: bool = True
) -> Platform:
    """Connect a trading platform, or change how. Its secrets are encrypted before storage."""
    if kind not in ports.PLATFORMS.kinds():
        known = ", ".join(sorted(ports.PLATFORMS.kinds()))
        raise BadPlatform(f"No adapter speaks to {kind}. There are: {known}.", field="kind")
    try:
        sealed = ports.PLATFORMS.sealed(kind, settings)
    except ValueError as error:
        raise BadPlatform(f"These settings do not fit {kind}.", field="settings") from error
    platform, _ = Platform.objects.update_or_create(
        slug=slug, defaults={"kind": kind, "name": name, "live": live}
    )
    setting = ports.PLATFORMS.setting_name(slug)
    Setting.objects.update_or_create(name=setting, defaults={"value": sealed})
    act.record(PlatformAdded(slug), about=platform)
    return platform


@operation(internal=True)
def read_catalogue(
    act: Act,
    platform: Platform,
    *,
    symbols: Sequence[ports.Symbol],
    groups: Sequence[ports.Group],
) -> Platform:
    """Write down which symbols and groups a platform has, and what is known of them by name.

    A symbol nobody recognises stays without an instrument until a person says what it is.
    """
    found = _instruments(act, symbols)
    there = PlatformSymbol.objects.select_for_update().filter(platform=platform)
    before = {one.name: one for one in there}
    rows = [_recognized(platform, one, found, before.get(one.name)) for one in symbols]
    PlatformSymbol.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["platform", "name"],
        update_fields=["contract_size", "digits", "instrument", "waits"],
    )  # fmt: skip
    act.record(SymbolsRead(len(rows)), about=platform)
    for row in rows:
        known = before.get(row.name)
        if known and row.instrument and known.instrument_id != row.instrument.pk:
            older = _give_older_deals(known, row.instrument)
            act.record(SymbolMapped(row.instrument.code, older), about=known)
    for group in _new_groups(platform, groups):
        act.record(GroupAdded(group.path), about=group)
    paths = set(Group.objects.filter(platform=platform).values_list("path", flat=True))
    unmapped = {one.name: str(one.currency) for one in groups if one.name not in paths}
    if unmapped != platform.unmapped:
        platform.unmapped = unmapped
        platform.save(update_fields=["unmapped"])
    return platform


def _recognized(
    platform: Platform, one: ports.Symbol, found: dict[str, Instrument],
    known: PlatformSymbol | None,
) -> PlatformSymbol:  # fmt: skip
    """What a person has said stands; else the name says what it is, where one lot is the same."""
    row = PlatformSymbol(
        platform=platform, name=one.name, contract_size=one.contract_size, digits=one.digits
    )
    instrument = found.get(meant_by(one))
    if known and known.instrument_id:
        row.instrument_id = known.instrument_id
    elif instrument and (instrument.asset_class == "share") != is_share(one):
        row.waits = f"Either {row} or {instrument} is a share, and the other one is not."
    elif instrument and instrument.contract_size == one.contract_size:
        row.instrument = instrument
    elif instrument:
        row.waits = _other_size(row, instrument)[:200]
    return row


def _other_size(symbol: PlatformSymbol, instrument: Instrument) -> str:
    return (
        f"A lot of {symbol} is {symbol.contract_size.normalize():f}, and one of {instrument} "
        f"is {instrument.contract_size.normalize():f}."
    )


def _give_older_deals(symbol: PlatformSymbol, instrument: Instrument) -> int:
    """Deals of the symbol that bear no instrument get it; their number."""
    rows = Deal.objects.filter(platform=symbol.platform_id, symbol=symbol.name, instrument=None)
    return rows.update(instrument=instrument)


def _instruments(act: Act, symbols: Sequence[ports.Symbol]) -> dict[str, Instrument]:
    """Instruments by code; those that a symbol describes well enough are made."""
    wanted: dict[str, list[ports.Symbol]] = {}
    for one in symbols:
        if code := meant_by(one):
            wanted.setdefault(code, []).append(one)
    found = {one.code: one for one in Instrument.objects.filter(code__in=wanted)}
    for code, some in wanted.items():
        one = _plainest(code, some)
        asset_class = asset_class_of(one)
        if code in found or not asset_class:
            continue
        pair = len(code) == 6 and asset_class in PAIRS
        found[code] = Instrument.objects.create(
            code=code, name=(one.description or code)[:60], asset_class=asset_class,
            base=code[:3] if pair else one.base, quote=one.profit_currency,
            contract_size=one.contract_size, digits=one.digits, pip=_pip(one.digits),
        )  # fmt: skip
        act.record(InstrumentAdded(code), about=found[code])
    return found


def _plainest(code: str, some: Sequence[ports.Symbol]) -> ports.Symbol:
    """Of the symbols that mean one thing, the one without additions: XAUUSD, not XAUUSD.micro."""
    return min(some, key=lambda one: (one.name != code, len(one.name), one.name))


def _pip(digits: int) -> Decimal:
    """Platforms quote a tenth of a pip where they show an odd number of decimal places."""
    return Decimal(1).scaleb(-(digits - digits % 2))


def _new_groups(platform: Platform, groups: Sequence[ports.Group]) -> list[Group]:
    entities = {one.code: one for one in LegalEntity.objects.all()}
    there = set(Group.objects.filter(platform=platform).values_list("path", flat=True))
    named = [(one, group_parts(one.name)) for one in groups]
    types = {parts.account_type for _, parts in named if parts and not parts.practice}
    made = []
    for one, parts in named:
        entity = entities.get(parts.entity) if parts else None
        if parts and entity and one.name not in there:
            made.append(
                Group(
                    platform=platform, path=one.name, entity=entity, currency=str(one.currency),
                    account_type=_whole(parts.account_type, types), swap_free=parts.swap_free,
                    practice=parts.practice or not platform.live,
                )
            )  # fmt: skip
    return Group.objects.bulk_create(made)


def _whole(name: str, types: set[str]) -> str:
    """A type's name as other groups have it in full, where this one had no room for it."""
    longer = sorted(one for one in types if one.startswith(name))
    return longer[0] if name not in types and longer else name


@operation(title="Add an instrument", icon="plus")
def add_instrument(
    act: Act,
    *,
    code: str,
    name: str,
    asset_class: Literal["fx_major", "fx_minor", "metal", "index", "energy", "share", "crypto"],
    base: str,
    quote: str,
    contract_size: Decimal,
    digits: int,
    pip: Decimal,
) -> Instrument:
    """Add something that is traded, to which symbols of platforms can then be mapped."""
    if contract_size <= 0 or pip <= 0 or not 0 <= digits <= 10:
        raise Problem("Contract size and pip are above zero, digits are 0 to 10.")
    if Instrument.objects.filter(code=code.upper()).exists():
        raise Problem(f"{code.upper()} is there already.", field="code")
    instrument = Instrument.objects.create(
        code=code.upper(), name=name, asset_class=asset_class, base=base, quote=quote,
        contract_size=contract_size, digits=digits, pip=pip,
    )  # fmt: skip
    act.record(InstrumentAdded(instrument.code), about=instrument)
    return instrument


@operation(title="Say what it is", verb="Map", icon="link")
def map_symbol(
    act: Act, symbol: PlatformSymbol, *, instrument: Instrument, other_size: bool = False
) -> PlatformSymbol:
    """Say which instrument a symbol is. Its deals from now on are of it, and so become older ones
    that were of none; older ones that were of another instrument stay what they were.

    A different contract size is refused unless you say that it is meant.
    """
    if symbol.contract_size != instrument.contract_size and not other_size:
        raise NotTheSame(
            f"{_other_size(symbol, instrument)} Tick “other size” if that is meant.",
            field="other_size",
        )
    was = str(symbol.instrument or "")
    symbol.instrument, symbol.waits = instrument, ""
    symbol.save(update_fields=["instrument", "waits"])
    older = _give_older_deals(symbol, instrument)
    act.record(SymbolMapped(instrument.code, older, was), about=symbol)
    return symbol


@operation(title="Stop following", icon="player-pause", tone="refuse")
def stop_following(act: Act, platform: Platform, *, reason: str) -> Platform:
    """Leave a platform alone: nothing is read of it and nothing new is opened there until it is
    followed again. What is there stays as it was read last, and its trouble is nobody's any more.
    """
    if platform.left_at:
        raise WrongState(f"{platform} is not followed.")
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    platform.left_at, platform.left_reason = act.at, whole(reason)
    platform.trouble, platform.trouble_since = "", None
    platform.save(update_fields=["left_at", "left_reason", "trouble", "trouble_since"])
    act.record(PlatformLeft(platform.pk, platform.left_reason), about=platform)
    return platform


@operation(title="Follow again", icon="player-play", tone="ok")
def follow_again(act: Act, platform: Platform, *, reason: str) -> Platform:
    """Read a platform again, from where it was read to when it was left alone."""
    if not platform.left_at:
        raise WrongState(f"{platform} is followed.")
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    platform.left_at, platform.left_reason = None, ""
    platform.save(update_fields=["left_at", "left_reason"])
    act.record(PlatformFollowed(platform.pk, whole(reason)), about=platform)
    return platform


@operation(internal=True)
def platform_troubled(act: Act, platform: Platform, *, trouble: str) -> Platform:
    """Write down that a platform fails, since when, and how."""
    platform.trouble = trouble[:200]
    platform.trouble_since = platform.trouble_since or act.at
    platform.save(update_fields=["trouble", "trouble_since"])
    act.record(PlatformTroubled(platform.pk, trouble[:200]), about=platform)
    return platform


@operation(internal=True, lock=False)
def note_sending(act: Act, platform: Platform, *, reference: str) -> Sending:
    """Write down that the platform is about to be asked for something, before it is."""
    sending, fresh = Sending.objects.select_for_update().get_or_create(
        platform=platform, reference=reference, defaults={"tried_at": act.at}
    )
    if not fresh:
        sending.tried_at, sending.times = act.at, sending.times + 1
        sending.save(update_fields=["tried_at", "times"])
    act.record(SendingTried(platform.pk, reference, sending.times), about=sending)
    return sending


@operation(internal=True)
def set_records_aside(act: Act, platform: Platform, *, records: Mapping[str, str]) -> Platform:
    """Write down which records of a platform cannot be read, each with why."""
    platform.unread = dict(records)
    platform.save(update_fields=["unread"])
    act.record(RecordsSetAside(platform.pk, len(records)), about=platform)
    return platform


@operation(internal=True)
def note_open_lots(act: Act, platform: Platform, *, apart: Mapping[str, Any]) -> Platform:
    """Write down of which symbols the platform sums up other open lots than are kept here."""
    platform.apart = dict(apart)
    platform.save(update_fields=["apart"])
    act.record(OpenLotsCompared(platform.pk, len(apart)), about=platform)
    return platform


@operation(internal=True)
def platform_answered(act: Act, platform: Platform) -> Platform:
    """Write down that a platform answers again."""
    if not platform.trouble_since:
        raise NotFound(f"{platform} had no trouble.")
    platform.trouble, platform.trouble_since = "", None
    platform.save(update_fields=["trouble", "trouble_since"])
    act.record(PlatformAnswered(platform.pk), about=platform)
    return platform
