from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from nostro.payments.adapters.iso20022.pain001 import latin, message_id, write
from nostro.payments.adapters.iso20022.settings import PainVersion
from nostro.payments.adapters.iso20022.tests.conftest import settings, transfer

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("version", list(PainVersion))
def test_the_file_is_valid_in_both_versions(version: PainVersion, iso20022_schemas: Path) -> None:
    schema = etree.XMLSchema(etree.parse(iso20022_schemas / f"{version}.xsd"))
    chosen = settings("http://bank.example").model_copy(update={"pain_version": version})
    sent = [transfer("W1"), transfer("W2", "40.00 USD"), transfer("W3", "7 JPY")]
    document = etree.fromstring(write(chosen, sent, key="1:1", at=NOW))
    schema.assertValid(document)
    assert document.findtext(".//{*}CtrlSum") == "147.00"
    assert len(document.findall(".//{*}PmtInf")) == 3


def test_names_are_written_in_letters_that_every_bank_reads() -> None:
    assert latin("Ada Łukasiewicz & Söhne – Ιωάννης") == "Ada Lukasiewicz . Sohne - Ioannis"


def test_a_key_is_always_the_same_message_id_and_it_fits() -> None:
    assert message_id("1:1") == message_id("1:1") != message_id("1:2")
    assert len(message_id("1:1")) == 35
    assert message_id("x" * 200).isalnum()
