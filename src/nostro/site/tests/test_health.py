"""Health names each part, and tells late from broken."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from nostro.core import seal
from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Setting
from nostro.core.shelves import SHELVES, Shelf
from nostro.core.tests.parcels import all_settled
from nostro.ledger.reactions import verify_ledger
from nostro.payments import queries as payments
from nostro.payments.operations import pause_provider
from nostro.site import health
from nostro.site.bench.operations import posting
from nostro.trading import operations as trading
from nostro.trading.tests import make as trading_make
from tests import make

COMPONENTS = {"database", "queue", "worker", "shelves", "seal", "ledger"}


@pytest.mark.django_db
def test_the_page_names_every_component_without_a_sign_in() -> None:
    reply = Client().get("/healthz")
    body = json.loads(reply.content)

    assert reply.status_code == 200
    assert set(body["components"]) == COMPONENTS
    assert body["status"] == "late"
    assert body["components"]["worker"]["sentence"].startswith("No worker")
    assert body["components"]["ledger"] == {"state": "ok", "sentence": "It is empty."}


@pytest.mark.django_db
def test_a_failed_job_and_an_old_heartbeat_are_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('default', 'nostro.react', 'failed')"
        )
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 min')"
        )

    said = "1 jobs were given up. Mend what failed, then: nostro work --again."
    assert health.queue() == health.Component("broken", said)
    assert health.worker().state == "late"


@pytest.mark.django_db(transaction=True)
def test_a_log_that_is_not_sealed_in_time_is_late() -> None:
    assert health.seal().state == "ok"
    posting()(1)
    assert health.seal().state == "ok"
    with clock_at(now() + timedelta(minutes=10)):
        assert health.seal().state == "late"
        all_settled()
        seal.seal()
        assert health.seal().state == "ok"


@pytest.mark.django_db
def test_a_connection_whose_settings_do_not_work_is_broken() -> None:
    shelf: Shelf[object] = Shelf("tests_broken")
    try:
        Setting.objects.create(
            name=shelf.setting_name("odd"), value={"kind": "balloon", "settings": {}}
        )
        assert health.connectors()["tests_broken/odd"].startswith("No adapter")
        assert "tests_broken/odd" in health.shelves().sentence
    finally:
        SHELVES.pop("tests_broken")


@pytest.mark.django_db
def test_a_ledger_that_does_not_add_up_is_broken() -> None:
    posting()(1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_balance SET credits = credits + 1 WHERE credits > 0")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    assert health.ledger().state == "late"
    verify_ledger(Act.system())
    assert health.ledger().state == "broken"


@pytest.mark.django_db
def test_a_question_is_answered_by_the_newest_proof_and_proves_nothing(
    django_assert_max_num_queries: Any,
) -> None:
    posting()(1)
    assert health.ledger() == health.Component("late", "Not proved yet.")
    verify_ledger(Act.system())
    with django_assert_max_num_queries(2):
        assert health.ledger().state == "ok"
    with clock_at(now() + timedelta(hours=2)):
        assert health.ledger().state == "late"


@pytest.mark.django_db
def test_everything_outside_is_named_with_its_state(act: Act) -> None:
    platform = trading_make.platform()
    make.methods()
    card = payments.providers(act).get(slug="cardwell")
    staff = make.browser(make.staff("people.clients"))
    outside = staff.get("/healthz").json()["connections"]

    assert outside[f"platform {platform}"] == {"state": "late", "sentence": "Not heard yet."}
    assert outside[f"payment provider {card}"] == {"state": "ok", "sentence": "Open."}

    pause_provider(act, card, reason="maintenance")
    trading.platform_troubled(Act.system(), platform, trouble="secret words of the platform")

    outside = staff.get("/healthz").json()["connections"]
    assert outside[f"payment provider {card}"] == {"state": "late", "sentence": "Paused."}
    assert outside[f"platform {platform}"]["state"] == "broken"
    assert "secret" not in str(outside)


@pytest.mark.django_db
def test_a_platform_fails_whether_live_or_not_unless_it_is_left_alone() -> None:
    platform = trading_make.platform()
    trading.platform_troubled(Act.system(), platform, trouble="cannot be reached")
    staff = make.browser(make.staff("people.clients"))
    nowhere = {"host": "127.0.0.1", "port": 9, "login": 1001, "password": "Manager1!"}
    for live in (True, False):
        trading.add_platform(
            Act.system(), slug=platform.slug, name="MT5", kind="mt5", live=live, settings=nowhere
        )
        assert staff.get("/healthz").json()["connections"]["platform MT5"]["state"] == "broken"

    trading.stop_following(Act.system(), platform, reason="Switched off in June.")
    told = staff.get("/healthz").json()["connections"]["platform MT5"]
    assert told["state"] == "ok" and told["sentence"].startswith("Not followed since")


@pytest.mark.django_db
def test_a_stranger_reads_every_state_and_no_name_of_whom_the_firm_works_with(
    settings: LazySettings,
) -> None:
    platform = trading_make.platform()
    make.methods()
    stranger = Client().get("/healthz").json()["connections"]
    assert stranger["platform 1"] == {"state": "late", "sentence": "Not heard yet."}
    assert stranger["payment provider 1"]["state"] == "ok"
    assert str(platform) not in str(stranger)
    assert "Cardwell" not in str(stranger)

    settings.NOSTRO_HEALTH_TOKEN = "a token of a monitor"
    for given, knows in (("Bearer a token of a monitor", True), ("Bearer another", False)):
        told = Client().get("/healthz", headers={"Authorization": given}).json()["connections"]
        assert (f"platform {platform}" in told) is knows


@pytest.mark.django_db
def test_a_stranger_is_not_told_which_settings_do_not_work() -> None:
    shelf: Shelf[object] = Shelf("tests_broken")
    try:
        Setting.objects.create(
            name=shelf.setting_name("odd"), value={"kind": "balloon", "settings": {}}
        )
        told = Client().get("/healthz").json()["components"]["shelves"]
        assert told == {"state": "broken", "sentence": "The settings of a connection do not work."}
    finally:
        SHELVES.pop("tests_broken")
