"""Events reach an endpoint in the order of commits, signed, again after a failure, and no other
address than a public one.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.hooks import operations, queries
from nostro.hooks.models import Delivery, Endpoint
from nostro.hooks.reactions import deliver_events
from nostro.hooks.sending import UnsafeAddress, checked, is_public, looked_up, post
from nostro.hooks.signing import is_signed, new_secret, signature
from nostro.kit.problems import Forbidden, Problem
from nostro.people import operations as people
from nostro.people.models import Client, Staff
from tests import make


class Ear(ThreadingHTTPServer):
    """A receiver that remembers what it heard and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Said)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


class Said(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[Ear]:
    server = Ear()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def house(transactional_db: None, settings: Any) -> Staff:
    settings.NOSTRO_PRIVATE_WEBHOOKS = True
    return make.staff("*")


def listening(person: Staff, ear: Ear, *events: str) -> Endpoint:
    return operations.add_endpoint(
        make.act_of(person), name="Ledger", url=ear.url, events=list(events)
    )


def noted(client: Client, *texts: str) -> None:
    for text in texts:
        people.add_note(Act.system(), client, text=text)


def test_events_arrive_in_order_and_signed(house: Staff, ear: Ear) -> None:
    ada = make.client()
    endpoint = listening(house, ear, "people.Note*")
    noted(ada, "one", "two", "three")

    deliver_events(Act.system())

    ids = list(Record.objects.filter(name="people.NoteAdded").values_list("pk", flat=True))
    assert [one["id"] for one in ear.events] == sorted(ids)
    headers, body = ear.heard[0]
    at = int(headers["Webhook-Timestamp"])
    assert is_signed(endpoint.secret, headers["Webhook-Signature"], body, at=at)
    assert not is_signed(endpoint.secret, headers["Webhook-Signature"], body + b" ", at=at)
    assert not is_signed(new_secret(), headers["Webhook-Signature"], body, at=at)
    assert not is_signed(endpoint.secret, headers["Webhook-Signature"], body, at=at + 301)
    assert headers["Webhook-Id"] == f"evt_{min(ids)}"


def test_nothing_is_sent_twice_and_nothing_about_deliveries(house: Staff, ear: Ear) -> None:
    ada = make.client()
    listening(house, ear, "*")
    noted(ada, "one")

    for _ in range(3):
        deliver_events(Act.system())

    names = [one["event"] for one in ear.events]
    assert names.count("people.NoteAdded") == 1
    assert not any(name.startswith("hooks.Deliver") for name in names)


def test_the_first_that_fails_holds_back_the_others_until_it_is_heard(
    house: Staff, ear: Ear
) -> None:
    ada = make.client()
    listening(house, ear, "people.Note*")
    noted(ada, "one", "two")
    ear.answers = [500]

    deliver_events(Act.system())
    deliver_events(Act.system())
    assert len(ear.heard) == 1
    with clock_at(now() + timedelta(minutes=1)):
        deliver_events(Act.system())

    first, again, second = (one["id"] for one in ear.events)
    assert first == again < second
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_what_never_arrives_is_given_up_and_the_next_one_goes(house: Staff, ear: Ear) -> None:
    ada = make.client()
    listening(house, ear, "people.Note*")
    noted(ada, "one", "two")
    ear.answers = [500] * 11
    moment = now()

    for day in range(11):
        with clock_at(moment + timedelta(days=day)):
            deliver_events(Act.system())
    with clock_at(moment + timedelta(days=12)):
        deliver_events(Act.system())

    assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == [
        "given_up",
        "delivered",
    ]


def test_a_delivery_is_sent_again_by_hand_with_the_same_id(house: Staff, ear: Ear) -> None:
    ada = make.client()
    listening(house, ear, "people.Note*")
    noted(ada, "one")
    deliver_events(Act.system())

    operations.replay_delivery(make.act_of(house), Delivery.objects.get())
    deliver_events(Act.system())

    assert [headers["Webhook-Id"] for headers, _ in ear.heard] == [
        f"evt_{Record.objects.get(name='people.NoteAdded').pk}"
    ] * 2
    assert ear.heard[0][1] == ear.heard[1][1]


def test_an_endpoint_hears_only_what_its_owner_may_see(house: Staff, ear: Ear) -> None:
    make.entity("SC")
    narrow = make.staff("*", entities=["SC"])
    here, there = make.client("CY"), make.client("SC")
    listening(narrow, ear, "people.Note*")
    noted(here, "not for them")
    noted(there, "for them")

    deliver_events(Act.system())

    assert [one["client_id"] for one in ear.events] == [there.pk]


def test_an_endpoint_falls_silent_with_its_owner(house: Staff, ear: Ear) -> None:
    ada, leaver = make.client(), make.staff("*")
    endpoint = listening(leaver, ear, "people.Note*")
    people.end_staff(make.act_of(house), leaver)
    noted(ada, "one")

    deliver_events(Act.system())

    assert ear.heard == []
    endpoint.refresh_from_db()
    assert not endpoint.active


def test_an_endpoint_that_is_gone_is_left_alone(house: Staff, ear: Ear) -> None:
    ada = make.client()
    endpoint = listening(house, ear, "people.Note*")
    noted(ada, "one")
    ear.answers = [410]

    deliver_events(Act.system())

    endpoint.refresh_from_db()
    assert not endpoint.active


def test_a_client_hears_nothing_of_what_staff_found_out(house: Staff, ear: Ear) -> None:
    ada = make.client()
    operations.add_endpoint(make.act_of(ada), name="Mine", url=ear.url, events=["*"])
    people.set_risk(Act.system(), ada, risk="high", score=90)
    noted(ada, "watch this one")

    deliver_events(Act.system())

    assert not [one for one in ear.events if one["event"].startswith("people.")]


def test_a_name_that_leads_inside_is_not_called(ear: Ear) -> None:
    answer = post(ear.url.replace("http:", "https:"), b"{}", {})

    assert not answer.delivered
    assert "public" in answer.trouble
    assert ear.heard == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/",
     "https://169.254.169.254/latest", "https://localhost/", "ftp://example.com/",
     "https://me:secret@example.com/", "nonsense", "https://[::ffff:10.0.0.1]/",
     "https://[64:ff9b::/"],
)  # fmt: skip
def test_an_endpoint_is_refused_where_webhooks_do_not_go(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        checked(url)


def test_numbers_that_mean_the_own_machine_are_looked_up_and_refused() -> None:
    for host in ("https://2130706433/", "https://0x7f.1/", "https://0/"):
        with pytest.raises(UnsafeAddress):
            looked_up(checked(host))


def test_public_addresses_are_told_from_private_ones() -> None:
    assert is_public("93.184.216.34")
    assert not any(map(is_public, ("192.168.0.1", "100.64.0.1", "fe80::1%eth0", "224.0.0.1")))
    assert not is_public("2002:7f00:1::")


def test_a_refused_endpoint_leaves_nothing_behind(house: Staff, settings: Any) -> None:
    settings.NOSTRO_PRIVATE_WEBHOOKS = False
    before, act = Record.objects.count(), make.act_of(house)

    with pytest.raises(Problem):
        operations.add_endpoint(act, name="x", url="https://127.0.0.1/", events=["*"])
    with pytest.raises(Problem):
        operations.add_endpoint(act, name="x", url="https://example.com/", events=["people.Nope"])
    with pytest.raises(Forbidden):
        deaf = make.act_of(make.staff("hooks.*"))
        before = Record.objects.count()
        operations.add_endpoint(deaf, name="x", url="https://example.com/", events=["*"])

    assert Endpoint.objects.count() == 0
    assert Record.objects.count() == before


def test_a_secret_is_kept_sealed(house: Staff, ear: Ear) -> None:
    endpoint = listening(house, ear, "*")

    kept = Endpoint.objects.get()
    assert endpoint.secret not in repr(Endpoint.objects.values().get())
    assert queries.secret_of(kept) == endpoint.secret
    assert kept.secret == ""
    renewed = operations.renew_endpoint_secret(make.act_of(house), kept)
    assert renewed.secret != endpoint.secret


def test_the_signature_covers_the_time_too() -> None:
    assert signature("whsec_a", 1, b"{}") != signature("whsec_a", 2, b"{}")
