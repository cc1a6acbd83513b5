import zipfile
from pathlib import Path

import pytest

from nostro.compliance.lists import read_ofac, read_un
from nostro.compliance.names import Kind
from nostro.compliance.tests.shared import DEMO_LIST, SHARED, needs_shared_data

SDN = (
    '1,"DOE, John","individual","SDGT] [IRAQ2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    '"DOB 14 Aug 1961; alt. DOB circa 1960; POB Basra, Iraq; nationality Iraq; '
    "Passport A123 (Iraq); a.k.a. 'JACKAL'; Link\"\n"
    '2,"ACME, LTD.",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
    '3,"short row"\n\x1a\n'
)


def _ofac(folder: Path) -> Path:
    (folder / "sdn.csv").write_text(SDN, "latin-1")
    (folder / "alt.csv").write_text(
        '1,9,"aka","DÖE, Jon",-0- \n7,9,"aka","NOBODY",-0- \n', "latin-1"
    )
    (folder / "add.csv").write_text(
        '2,5,-0- ,"Havana","Cuba",-0- \n2,6,-0- ,-0- ,"Atlantis",-0- \n'
    )
    (folder / "sdn_comments.csv").write_text('1,"ed To: X; DOB Mar 1962."\n')
    return folder


def test_an_ofac_set_is_read_with_what_stands_in_its_remarks(tmp_path: Path) -> None:
    read = read_ofac(_ofac(tmp_path))

    person, company = read.entries
    assert person.kind is Kind.PERSON
    assert person.names == ("John DOE", "Jon DÖE")
    assert person.weak_names == ("JACKAL",)
    assert person.birth_dates == ("1961-08-14", "1960", "1962-03")
    assert person.countries == ("IQ",)
    assert person.identifiers == ("Passport A123 (Iraq)",)
    assert person.programmes == ("SDGT", "IRAQ2")
    assert (company.kind, company.names) == (Kind.ORGANISATION, ("ACME, LTD.",))
    assert company.countries == ("CU",)


def test_what_could_not_be_read_is_said(tmp_path: Path) -> None:
    unread = "\n".join(read_ofac(_ofac(tmp_path)).unread)
    assert "short row" in unread
    assert "Atlantis" in unread
    assert "OFAC-SDN 7" in unread


def test_a_zip_reads_as_its_folder_does(tmp_path: Path) -> None:
    folder = _ofac(tmp_path)
    with zipfile.ZipFile(tmp_path / "sdn.zip", "w") as archive:
        for path in folder.glob("*.csv"):
            archive.write(path, f"SDN/{path.name.upper()}")
    assert read_ofac(tmp_path / "sdn.zip").entries == read_ofac(folder).entries


def test_a_folder_without_a_list_is_not_an_empty_list(tmp_path: Path) -> None:
    assert read_ofac(tmp_path).unread


def test_the_content_hash_changes_with_the_content_and_only_then(tmp_path: Path) -> None:
    before = read_ofac(_ofac(tmp_path)).entries
    assert [entry.content_hash for entry in read_ofac(tmp_path).entries] == [
        entry.content_hash for entry in before
    ]
    (tmp_path / "sdn.csv").write_text(SDN.replace("1961", "1962"), "latin-1")
    after = read_ofac(tmp_path).entries
    assert after[0].content_hash != before[0].content_hash
    assert after[1].content_hash == before[1].content_hash


@pytest.mark.parametrize("content", [b"", b"<CONSOLIDATED_LIST>", b"<a/>"])
def test_a_broken_file_is_reported_and_not_read_as_empty(content: bytes) -> None:
    read = read_un(content)
    assert read.unread
    assert not read.entries


def test_an_entity_bomb_does_not_go_off() -> None:
    bomb = (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><CONSOLIDATED_LIST><INDIVIDUALS>'
        b"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>&x;</FIRST_NAME></INDIVIDUAL></INDIVIDUALS>"
        b"</CONSOLIDATED_LIST>"
    )
    assert not read_un(bomb).entries


def test_the_demo_list_reads_without_a_remainder() -> None:
    read = read_un(DEMO_LIST, name="DEMO")
    assert (len(read.entries), read.unread) == (25, [])
    assert read.entries[9].birth_dates == ("1966/1968",)
    assert read.entries[0].names == ("VARGO ZELENKOV", "Варго Зеленков", "Vargo Selenkow")


@needs_shared_data
def test_the_published_lists_are_read_whole() -> None:
    sanctions = SHARED / "sanctions"
    sdn = read_ofac(sanctions / "ofac_2021")
    consolidated = read_ofac(sanctions / "ofac_cons")
    un = read_un(next((sanctions / "un").glob("*.xml")))

    kinds = [entry.kind for entry in un.entries]
    assert (kinds.count(Kind.PERSON), kinds.count(Kind.ORGANISATION)) == (730, 273)
    assert len(consolidated.entries) == 442
    assert len(sdn.entries) == 8976
    for read in (sdn, consolidated, un):
        assert len(read.unread) < 30
        assert len({entry.entry_id for entry in read.entries}) == len(read.entries)
