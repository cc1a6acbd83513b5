"""Links, clicks, and whose client somebody is. Claims that are not followed are kept too."""

import secrets as random_words
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.utils.text import slugify

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.partners.decisions import ATTRIBUTION, CLICKS, ClientClaimed, LinkFollowed
from nostro.partners.events import (
    AttributionRefused,
    ClientAttributed,
    ClientReassigned,
    LinkAdded,
    LinkClicked,
    LinkEnded,
)
from nostro.partners.models import Click, ClientLink, Conflict, Link, Partner
from nostro.people.models import Client
from nostro.people.operations import link_partner
from nostro.rules.deciding import decide


class BadLink(Problem):
    """A link that cannot be made or followed."""


class NotTheirs(Problem):
    """The rules do not give this client to this partner; the sentence says why."""


class LaterLink(Problem):
    """The client changes partners on or after that day already."""


@operation(open_to=("partner",), title="Make a link", icon="link", lock=False)
def add_link(act: Act, partner: Partner, *, campaign: str) -> Link:
    """Make a link for one campaign, so that you see what it brings."""
    campaign = whole(campaign, "campaign", most=60)
    if partner.status != Partner.Status.ACTIVE:
        raise BadLink("New links can be made once you are active again.")
    if not campaign:
        raise BadLink("Name the campaign.", field="campaign")
    if partner.links.filter(campaign__iexact=campaign, ended_at=None).exists():
        raise BadLink("You have a link for this campaign already.", field="campaign")
    stem = f"{partner.code}-{slugify(campaign).upper()[:12].strip('-') or 'X'}"
    code = stem
    while Link.objects.filter(code__iexact=code).exists():
        code = f"{stem}-{random_words.token_hex(2).upper()}"
    link = Link.objects.create(partner=partner, code=code, campaign=campaign, made_at=act.at)
    act.record(LinkAdded(code), about=link)
    return link


@operation(title="End the link", icon="link-off", tone="refuse")
def end_link(act: Act, link: Link) -> Link:
    """Nobody becomes a client through this link any more. Its figures stay."""
    if link.ended_at is not None:
        raise BadLink("This link has ended already.")
    link.ended_at = act.at
    link.save(update_fields=["ended_at"])
    act.record(LinkEnded(link.code), about=link)
    return link


@operation(internal=True, lock=False)
def record_click(act: Act, link: Link, *, earlier: Link | None = None) -> Click:
    """Somebody followed a link. `earlier` is the link whose click they still carry."""
    asked = LinkFollowed(
        partner=link.partner.code, campaign=link.campaign,
        earlier_click=earlier is not None and earlier.partner_id != link.partner_id,
    )  # fmt: skip
    answer = decide(act, CLICKS, asked, about=link)
    kept = earlier if answer.output.wins == "first" else None
    days = timedelta(days=int(answer.output.days))
    click = Click.objects.create(
        link=link, kept_for=kept, at=act.at, expires_at=act.at + days, decision=answer.id
    )
    act.record(LinkClicked(click.pk, kept.pk if kept else None, answer.id), about=link)
    return click


def related(partner: Partner, client: Client) -> bool:
    """Whether the client is the partner, as far as the house can tell."""
    return partner.own_client_id == client.pk or partner.user.email == client.email


@operation(title="Give to a partner", icon="affiliate")
def give_client(act: Act, client: Client, *, partner: Partner) -> Client:
    """Say by hand through which partner a client came. The rules may refuse, and say why."""
    return attribute_client(act, client, partner=partner, how=ClientLink.How.HAND)


@operation(internal=True)
def attribute_client(
    act: Act, client: Client, *, partner: Partner, how: str, link: Link | None = None
) -> Client:
    """A claim on a client: followed, or kept as a conflict with the reason."""
    if how not in ClientLink.How.values:
        raise BadLink("A client comes by a link, by a code or by hand.", field="how")
    current = ClientLink.objects.filter(client=client, ends_at=None).first()
    asked = ClientClaimed(
        how=how, related=related(partner, client),
        linked_already=current is not None,
        registered_days=Decimal(max(0, (act.at - client.registered_at).days)),
    )  # fmt: skip
    answer = decide(act, ATTRIBUTION, asked, about=client)
    if not answer.output.follow:
        if how == ClientLink.How.HAND:
            raise NotTheirs(answer.output.reason, field="partner")
        kept_id = current.partner_id if current else None
        Conflict.objects.create(
            client=client, claimant=partner, kept_id=kept_id, how=how,
            reason=answer.output.reason[:200], decision=answer.id, at=act.at,
        )  # fmt: skip
        refused = AttributionRefused(partner.pk, kept_id, answer.output.reason, answer.id)
        act.record(refused, about=client)
        return client
    ClientLink.objects.create(
        client=client, partner=partner, link=link, how=how, starts_at=act.at, decision=answer.id
    )
    link_partner(act, client, partner_id=partner.pk, how=how)
    act.record(ClientAttributed(partner.pk, how, answer.id), about=client)
    return client


@operation(title="Give to another partner", icon="switch-horizontal", tone="refuse")
def reassign_client(
    act: Act, client: Client, *, partner: Partner, reason: str, from_date: date | None = None
) -> Client:
    """Let another partner earn on a client from a day on. The past stays with the first."""
    start = datetime.combine(from_date, time(), UTC) if from_date else act.at
    links = ClientLink.objects.filter(client=client)
    if links.filter(starts_at__gte=start).exists() or links.filter(ends_at__gt=start).exists():
        raise LaterLink(
            f"{client} has another partner from {start:%d %B %Y} on already.", field="from_date"
        )
    if related(partner, client):
        raise NotTheirs("A partner does not earn on their own account.", field="partner")
    current = links.filter(ends_at=None).first()
    if current is not None and current.partner_id == partner.pk:
        raise NotTheirs(f"{client} is a client of {partner} already.", field="partner")
    if current is not None:
        current.ends_at = start
        current.save(update_fields=["ends_at"])
    ClientLink.objects.create(
        client=client, partner=partner, how=ClientLink.How.HAND, reason=whole(reason),
        starts_at=start,
    )  # fmt: skip
    link_partner(act, client, partner_id=partner.pk, how=ClientLink.How.HAND)
    was = current.partner_id if current else None
    act.record(ClientReassigned(partner.pk, was, start, reason), about=client)
    return client
