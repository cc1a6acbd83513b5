"""Endpoints: who may hear which events, and where they are sent."""

from django.conf import settings

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.events import EVENTS
from nostro.core.log import feed_end, records
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.hooks.events import (
    EndpointAdded,
    EndpointChanged,
    EndpointPaused,
    EndpointResumed,
)
from nostro.hooks.models import Delivery, Endpoint
from nostro.hooks.operations.keys import known, owner_of
from nostro.hooks.sending import checked
from nostro.hooks.signing import new_secret
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole


def _address(url: str) -> str:
    """The address, if webhooks may go there. Its name is looked up each time one is sent."""
    if len(url) > 300:
        raise Problem("This address is too long.", field="url")
    checked(url, private=settings.NOSTRO_PRIVATE_WEBHOOKS)
    return url


@operation(
    title="New webhook endpoint", verb="Add", icon="webhook", open_to=("client",)
)  # fmt: skip
def add_endpoint(act: Act, *, name: str, url: str, events: list[str]) -> Endpoint:
    """An address that hears these events from now on, as far as you may see them."""
    user = owner_of(act)
    if not act.actor.may(records.name):
        raise Forbidden("Your role does not include reading events.")
    if not name.strip() or len(name) > 60:
        raise Problem("Give it a name of 60 letters at most.", field="name")
    chosen, secret, end = known(events, EVENTS, field="events"), new_secret(), feed_end()
    endpoint = Endpoint.objects.create(
        owner=user, name=name, url=_address(url), events=chosen, made_at=act.at,
        sealed_secret=secrets.sealed(secret), xid=end.xid, record_id=end.id,
    )  # fmt: skip
    act.record(EndpointAdded(endpoint.pk, chosen), about=endpoint)
    endpoint.show_once(secret)
    return endpoint


@operation(title="Change endpoint", verb="Change", icon="pencil", open_to=("client",))
def change_endpoint(act: Act, endpoint: Endpoint, *, url: str, events: list[str]) -> Endpoint:
    """Send to another address, or other events. What waits already goes there too."""
    endpoint.url, endpoint.events = _address(url), known(events, EVENTS, field="events")
    endpoint.save(update_fields=["url", "events"])
    act.record(EndpointChanged(endpoint.pk, "address and events"), about=endpoint)
    return endpoint


@operation(
    title="Renew secret", verb="Renew", icon="refresh", open_to=("client",),
    confirm="The old secret signs nothing more. The new one is shown once.",
)  # fmt: skip
def renew_endpoint_secret(act: Act, endpoint: Endpoint) -> Endpoint:
    """Sign with a new secret from now on."""
    if act.actor.key is not None:
        raise Forbidden("Sign in for this: a key is given no secrets.")
    secret = new_secret()
    endpoint.sealed_secret = secrets.sealed(secret)
    endpoint.save(update_fields=["sealed_secret"])
    act.record(EndpointChanged(endpoint.pk, "the secret"), about=endpoint)
    endpoint.show_once(secret)
    return endpoint


@operation(title="Pause", icon="player-pause", open_to=("client",))
def pause_endpoint(act: Act, endpoint: Endpoint, *, reason: str = "paused by hand") -> Endpoint:
    """Send nothing for now. What happens meanwhile is sent once it hears again."""
    if not endpoint.active:
        raise WrongState("This endpoint hears nothing as it is.")
    endpoint.active = False
    endpoint.save(update_fields=["active"])
    act.record(EndpointPaused(endpoint.pk, whole(reason)), about=endpoint)
    return endpoint


@operation(title="Resume", icon="player-play", open_to=("client",))
def resume_endpoint(act: Act, endpoint: Endpoint) -> Endpoint:
    """Send again, beginning with what happened meanwhile."""
    if endpoint.active:
        raise WrongState("This endpoint hears already.")
    endpoint.active = True
    endpoint.save(update_fields=["active"])
    # What was about to be tried again later is tried now: somebody has mended the other side.
    waiting = endpoint.deliveries.filter(status=Delivery.Status.WAITING)
    waiting.update(next_at=act.at, attempts=0)
    act.record(EndpointResumed(endpoint.pk), about=endpoint)
    return endpoint


@operation(internal=True)
def drop_endpoint(act: Act, endpoint: Endpoint, *, reason: str) -> Endpoint:
    """The other side said that it is gone, or its owner has no access any more."""
    return pause_endpoint(act, endpoint, reason=reason)
