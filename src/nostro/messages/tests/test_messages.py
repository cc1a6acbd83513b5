from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from nostro.core import secrets
from nostro.core.acts import Act, clock_at
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden, Problem
from nostro.messages import operations, queries
from nostro.messages.models import Message, Wording
from nostro.messages.staff import said
from nostro.people.events import DetailsChanged
from nostro.people.models import Client
from tests import make

pytestmark = pytest.mark.django_db


def test_a_message_leaves_once_and_says_what_its_template_says(act: Act) -> None:
    ada = make.client(first_name="Ada")
    made = operations.queue_message(act, ada, template="application_approved")
    assert (made.status, mail.outbox) == (Message.Status.QUEUED, [])
    drain()
    made.refresh_from_db()
    assert (made.status, len(mail.outbox)) == (Message.Status.SENT, 1)
    letter = mail.outbox[0]
    assert letter.to == [ada.email]
    assert letter.subject == "Your account with Meridian is open"
    assert "Hello Ada," in letter.body
    assert letter.extra_headers["Message-ID"].startswith(f"<message-{made.pk}@")
    drain()
    assert len(mail.outbox) == 1


def test_the_words_lie_encrypted_and_no_event_has_them(act: Act) -> None:
    ada = make.client(first_name="Ada")
    made = operations.queue_message(
        act, ada, template="more_needed", context={"words": "Your secret story"}
    )
    assert b"secret story" not in bytes(made.sealed)
    assert "secret story" in made.body
    assert "story" not in str(list(Record.objects.values_list("data", flat=True)))


def test_a_code_is_not_read_again_by_the_client(act: Act) -> None:
    ada = make.client()
    operations.queue_message(act, ada, template="email_code", context={"code": "123456"})
    operations.queue_message(act, ada, template="application_approved")
    own = queries.messages(make.act_of(ada))
    assert [one.template for one in own] == ["application_approved"]
    assert not queries.messages(make.act_of(make.client())).exists()


def test_a_code_is_shown_to_nobody_on_a_page_of_staff(act: Act) -> None:
    sent = operations.queue_message(
        act, make.client(), template="email_code", context={"code": "123456"}
    )
    assert "123456" not in sent.subject
    assert "123456" not in said(sent)
    assert queries.subjects({sent.pk}) == {sent.pk: "A one-time code"}


def test_a_mail_server_that_is_away_is_asked_again_and_nothing_is_lost(
    act: Act, settings: Any
) -> None:
    made = operations.queue_message(act, make.client(), template="application_approved")
    locmem = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    drain()
    made.refresh_from_db()
    assert made.status == Message.Status.QUEUED
    settings.EMAIL_BACKEND = locmem
    with clock_at(Act.system().at + timedelta(minutes=5)):
        drain()
    made.refresh_from_db()
    assert made.status == Message.Status.SENT


def test_to_an_erased_client_nothing_is_sent(act: Act) -> None:
    @operation(internal=True)
    def erase_letters(act: Act, client: Client) -> Client:
        """Forget a client's key."""
        secrets.shred(client.pk)
        act.record(DetailsChanged(["everything"]), about=client)
        return client

    ada = make.client()
    made = operations.queue_message(act, ada, template="application_approved")
    erase_letters(Act.system(), ada)
    drain()
    made.refresh_from_db()
    assert (made.status, mail.outbox) == (Message.Status.REFUSED, [])


def test_staff_see_messages_of_their_own_entity_and_need_the_right() -> None:
    operations.queue_message(Act.system(), make.client("CY"), template="application_approved")
    make.entity("UK")
    assert not queries.messages(make.act_of(make.staff("messages.*", entities=["UK"]))).exists()
    assert queries.messages(make.act_of(make.staff("messages.*", entities=["CY"]))).count() == 1
    with pytest.raises(Forbidden):
        queries.messages(make.act_of(make.staff("people.*")))


def test_a_colleague_writes_to_a_client_and_the_history_says_who(act: Act) -> None:
    ada = make.client(first_name="Ada")
    lena = make.staff("people.clients", "messages.*")
    made = operations.message_client(
        make.act_of(lena), ada, heading="Your  new\nleverage", text="It is 1:30 from Monday."
    )
    drain()
    letter = mail.outbox[0]
    assert (letter.to, letter.subject) == ([ada.email], "Your new leverage")
    assert "It is 1:30 from Monday." in letter.body
    assert lena.name in letter.body
    written = Record.objects.get(name="messages.MessageWritten")
    assert (written.actor_kind, written.client_id) == ("staff", ada.pk)
    assert "Monday" not in str(written.data)
    assert queries.messages(make.act_of(ada)).get() == made


def test_a_ready_wording_says_its_subject_and_takes_a_word_of_ones_own(act: Act) -> None:
    ada = make.client()
    made = operations.message_client(act, ada, wording=Wording.LONGER, text="It is the bank.")
    assert made.subject == "Your request takes a little longer"
    assert "It is the bank." in made.body
    for wording in Wording:
        said = {"heading": "H", "text": "T"} if wording == Wording.OWN else {}
        assert operations.message_client(act, ada, wording=wording, **said).subject


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "Hello"}, "heading"),
        ({"heading": "Hello", "text": "  "}, "text"),
        ({"heading": "Hello", "wording": Wording.CALLED}, "heading"),
        ({"heading": "a" * 161, "text": "Hello"}, "heading"),
        ({"heading": "Hello", "text": "a" * 4001}, "text"),
    ],
)
def test_a_message_that_says_nothing_or_too_much_is_refused(
    said: dict[str, Any], field: str, act: Act
) -> None:
    ada = make.client()
    before = Record.objects.count()
    with pytest.raises(Problem) as refused:
        operations.message_client(act, ada, **said)
    assert refused.value.field == field
    assert not Message.objects.exists()
    assert Record.objects.count() == before
