"""Who may make a key, what it holds, and how often it may ask."""

from datetime import timedelta

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import ActRow, Record
from nostro.core.states import WrongState
from nostro.hooks import queries
from nostro.hooks.models import ApiKey
from nostro.hooks.operations import create_api_key, revoke_api_key, take_token
from nostro.hooks.queries import owner_of_token
from nostro.kit.problems import Forbidden, Problem
from tests import make

pytestmark = pytest.mark.django_db


def nothing_made(act: Act, **inputs: object) -> type[Problem]:
    before = (ApiKey.objects.count(), Record.objects.count(), ActRow.objects.count())
    with pytest.raises(Problem) as refused:
        create_api_key(act, **inputs)  # type: ignore[arg-type]
    assert (ApiKey.objects.count(), Record.objects.count(), ActRow.objects.count()) == before
    return refused.type


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    act = make.act_of(make.staff("hooks.*"))

    key = create_api_key(act, name="Nightly", scopes=["people.*"])

    assert key.secret.startswith("nst_")
    kept = ApiKey.objects.values().get(pk=key.pk)
    assert key.secret not in repr(kept)
    assert key.secret not in repr(list(Record.objects.values()))
    assert ApiKey.objects.get(pk=key.pk).secret == ""
    found = owner_of_token(key.secret)
    assert found is not None
    assert found[1] == key


def test_the_secret_is_in_no_answer_that_is_kept_for_a_repeat() -> None:
    person = make.staff("hooks.*")

    first = create_api_key(make.act_of(person, key="k"), name="Nightly", scopes=["people.*"])
    again = create_api_key(make.act_of(person, key="k"), name="Nightly", scopes=["people.*"])

    assert again == first
    assert again.secret == ""
    assert first.secret not in repr(list(ActRow.objects.values()))


def test_a_key_cannot_make_keys() -> None:
    act = make.act_of(make.staff("hooks.*"))
    from dataclasses import replace

    speaking = replace(act, actor=replace(act.actor, key=7))

    assert nothing_made(speaking, name="x", scopes=["people.*"]) is Forbidden


def test_a_scope_has_to_name_something() -> None:
    act = make.act_of(make.staff("hooks.*"))

    assert issubclass(nothing_made(act, name="x", scopes=["peple.*"]), Problem)
    assert issubclass(nothing_made(act, name="x", scopes=[]), Problem)
    assert issubclass(nothing_made(act, name=" ", scopes=["*"]), Problem)
    past = now() - timedelta(days=1)
    assert issubclass(nothing_made(act, name="x", scopes=["*"], expires_at=past), Problem)


def test_who_was_not_granted_it_makes_no_key() -> None:
    act = make.act_of(make.staff("people.*"))

    assert nothing_made(act, name="x", scopes=["*"]) is Forbidden


def test_a_revoked_key_opens_nothing_and_is_revoked_once() -> None:
    act = make.act_of(make.staff("hooks.*"))
    key = create_api_key(act, name="x", scopes=["*"])

    revoke_api_key(act, key)

    assert owner_of_token(key.secret) is None
    with pytest.raises(WrongState):
        revoke_api_key(act, key)


def test_a_key_ends_at_its_time() -> None:
    act = make.act_of(make.staff("hooks.*"))
    ends = now() + timedelta(hours=1)
    key = create_api_key(act, name="x", scopes=["*"], expires_at=ends)

    assert owner_of_token(key.secret) is not None
    with clock_at(ends):
        assert owner_of_token(key.secret) is None


def test_a_client_sees_only_own_keys() -> None:
    ada, bob = make.client(), make.client()
    create_api_key(make.act_of(ada), name="x", scopes=["payments.*"])

    assert queries.api_keys(make.act_of(ada)).count() == 1
    assert queries.api_keys(make.act_of(bob)).count() == 0


def test_staff_of_one_entity_see_only_their_own_keys() -> None:
    create_api_key(make.act_of(make.staff("hooks.*")), name="x", scopes=["*"])
    make.entity("SC")

    everybody = make.act_of(make.staff("hooks.*"))
    narrow = make.act_of(make.staff("hooks.*", entities=["SC"]))

    assert queries.api_keys(everybody).count() == 1
    assert queries.api_keys(narrow).count() == 0


def test_a_bucket_empties_and_fills_again() -> None:
    key = create_api_key(make.act_of(make.staff("hooks.*")), name="x", scopes=["*"])
    moment = now()

    with clock_at(moment):
        taken = [take_token(key.pk, burst=3, per_second=1) for _ in range(5)]
    with clock_at(moment + timedelta(seconds=2)):
        later = [take_token(key.pk, burst=3, per_second=1) for _ in range(3)]

    assert taken == [0, 0, 0, 1, 1]
    assert later == [0, 0, 1]
