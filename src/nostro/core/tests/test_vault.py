"""Files, secrets and shelves: nothing readable lies on the disk or in a setting."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.test import override_settings
from pydantic import BaseModel, SecretStr, ValidationError

from nostro.core import files, secrets
from nostro.core.acts import Act, Frame, OutsideOperation, opened
from nostro.core.models import DataKey, Setting, StoredFile
from nostro.core.secrets import Shredded
from nostro.core.shelves import SHELVES, NotConfigured, Shelf

PASSPORT = files.Upload("../../etc/passport.png", b"\x89PNG of a passport", "image/png")


@pytest.fixture
def house(db: None, tmp_path: Path) -> Any:
    """A house with a folder of its own, in the middle of an operation."""
    with override_settings(NOSTRO_HOME=str(tmp_path)), opened(Frame(Act.system())):
        yield tmp_path


def test_a_file_is_encrypted_on_the_disk_and_comes_back_whole(house: Path) -> None:
    stored = files.store(Act.system(), PASSPORT, client_id=3)

    (on_disk,) = [path for path in (house / "files").rglob("*") if path.is_file()]
    assert PASSPORT.content not in on_disk.read_bytes()
    assert on_disk.name == stored.token.hex
    assert files.read(stored) == PASSPORT.content
    assert (stored.name, stored.size) == ("passport.png", len(PASSPORT.content))


def test_bytes_that_were_changed_or_swapped_are_not_read(house: Path) -> None:
    one = files.store(Act.system(), PASSPORT, client_id=3)
    other = files.store(Act.system(), PASSPORT, client_id=3)
    paths = {path.name: path for path in (house / "files").rglob("*") if path.is_file()}
    paths[one.token.hex].write_bytes(paths[other.token.hex].read_bytes())

    with pytest.raises(InvalidTag):
        files.read(one)
    assert files.read(other) == PASSPORT.content


def test_a_file_is_kept_inside_an_operation_only(db: None) -> None:
    with pytest.raises(OutsideOperation):
        files.store(Act.system(), PASSPORT, client_id=3)

    assert not StoredFile.objects.exists()


def test_forgetting_a_clients_key_shreds_their_files_and_no_others(house: Path) -> None:
    gone = files.store(Act.system(), PASSPORT, client_id=3)
    kept = files.store(Act.system(), PASSPORT, client_id=4)

    secrets.shred(3)

    with pytest.raises(Shredded):
        files.read(StoredFile.objects.get(pk=gone.pk))
    with pytest.raises(Shredded):
        files.store(Act.system(), PASSPORT, client_id=3)
    assert files.read(kept) == PASSPORT.content
    row = DataKey.objects.get(client_id=3)
    assert row.wrapped is None
    assert row.shredded_at is not None


def test_the_house_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    with override_settings(NOSTRO_HOME=str(tmp_path)):
        first = secrets.house_key.__wrapped__()
        again = secrets.house_key.__wrapped__()

    assert first == again
    assert len(first) == 32
    assert (tmp_path / "house.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["house.key"]


def test_keys_of_different_purposes_differ() -> None:
    assert secrets.derived("settings") != secrets.derived("wrap")


class Credentials(BaseModel):
    url: str
    password: SecretStr


class Courier:
    def __init__(self, settings: Credentials) -> None:
        self.settings = settings


@pytest.fixture
def couriers() -> Any:
    shelf: Shelf[Courier] = Shelf("tests_couriers")
    shelf.put("bicycle", Courier, Credentials)
    yield shelf
    SHELVES.pop("tests_couriers")


@pytest.mark.django_db
def test_a_vendors_secrets_are_stored_encrypted_and_read_by_its_adapter(
    couriers: Shelf[Courier],
) -> None:
    value = couriers.sealed("bicycle", {"url": "https://c.example", "password": "hunter2"})
    Setting.objects.create(name=couriers.setting_name("fast"), value=value)

    courier = couriers.take("fast")

    assert "hunter2" not in str(value)
    assert courier.settings.password.get_secret_value() == "hunter2"
    assert couriers.take("fast") is courier
    assert couriers.slugs() == ["fast"]


@pytest.mark.django_db
def test_changed_settings_make_a_new_connection(couriers: Shelf[Courier]) -> None:
    for password in ("one", "two"):
        value = couriers.sealed("bicycle", {"url": "https://c.example", "password": password})
        Setting.objects.update_or_create(
            name=couriers.setting_name("fast"), defaults={"value": value}
        )
        assert couriers.take("fast").settings.password.get_secret_value() == password


@pytest.mark.django_db
def test_an_unknown_vendor_or_kind_is_a_sentence(couriers: Shelf[Courier]) -> None:
    Setting.objects.create(
        name=couriers.setting_name("odd"), value={"kind": "balloon", "settings": {}}
    )

    with pytest.raises(NotConfigured, match="slow has no settings"):
        couriers.take("slow")
    with pytest.raises(NotConfigured, match="balloon"):
        couriers.take("odd")


def test_settings_that_do_not_fit_are_refused_before_they_are_stored(
    couriers: Shelf[Courier],
) -> None:
    with pytest.raises(ValidationError):
        couriers.sealed("bicycle", {"url": "https://c.example"})
