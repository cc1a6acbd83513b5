import csv
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from nostro.compliance.lists import ListEntry, read_ofac, read_un
from nostro.compliance.matching import THRESHOLD, Index, Query, score_against
from nostro.compliance.names import Kind, likeness
from nostro.compliance.tests.shared import DEMO_LIST, SHARED, needs_shared_data

DEMO = read_un(DEMO_LIST, name="DEMO").entries
KINDS = {"Person": Kind.PERSON, "Company": Kind.ORGANISATION, "Organization": Kind.ORGANISATION,
         "Vessel": Kind.VESSEL, "LegalEntity": Kind.UNKNOWN}  # fmt: skip


def _mangled(name: str, chance: random.Random) -> str:
    """One typing error, and sometimes the words in another order."""
    letters = list(name.lower())
    place = chance.randrange(1, len(letters) - 1)
    match chance.randrange(4):
        case 0:
            del letters[place]
        case 1:
            letters[place - 1 : place + 1] = reversed(letters[place - 1 : place + 1])
        case 2:
            letters.insert(place, letters[place])
        case _:
            letters[place] = chance.choice("aeiourstn")
    words = "".join(letters).split()
    return " ".join(chance.sample(words, len(words)) if chance.random() < 0.3 else words)


def _found(index: Index, entries: Sequence[ListEntry], chance: random.Random) -> float:
    hits = 0
    for entry in entries:
        query = Query(_mangled(entry.names[0], chance), entry.kind)
        hits += any(hit.entry_id == entry.entry_id for hit in index.search(query))
    return hits / len(entries)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Vargo Zelenkov", "9900001"),
        ("ZELENKOV, Vargo", "9900001"),
        ("Варго Зеленков", "9900001"),
        ("كريم الفنتاوي", "9900003"),
        ("Kareem Fantawi", "9900003"),
        ("Yousuf bin Hayali al Sarabi", "9900013"),
        ("Finnian OMirage", "9900015"),
        ("박환상", "9900017"),
    ],
)
def test_a_listed_person_is_found_however_the_name_is_written(asked: str, listed: str) -> None:
    hits = Index(DEMO).search(Query(asked))
    assert [hit.entry_id for hit in hits] == [listed]


@pytest.mark.parametrize("asked", ["Anna Eriksson", "John Smith", "Dimitris Papadopoulos", "?", ""])
def test_nobody_else_is_found(asked: str) -> None:
    assert Index(DEMO).search(Query(asked)) == []


def test_a_company_is_found_under_another_legal_form() -> None:
    (hit,) = Index(DEMO).search(Query("Chimera Maritime Holdings SA", Kind.ORGANISATION))
    assert hit.name == "CHIMERA MARITIME HOLDINGS LTD"


def test_a_hit_explains_itself() -> None:
    query = Query("Vargo Zelenkoff", birth_date=date(1968, 3, 14), countries=frozenset({"RS"}))
    (hit,) = Index(DEMO).search(query)

    assert [factor.code for factor in hit.explanation] == ["name", "birth-date", "country"]
    assert hit.score == pytest.approx(
        min(1, sum(part.change for part in hit.explanation)), abs=1e-3
    )
    assert "zelenkov" in hit.explanation[0].sentence
    assert hit.content_hash == DEMO[0].content_hash


def test_another_birth_date_and_country_speak_against_a_hit() -> None:
    index = Index(DEMO)
    bare = index.search(Query("Vargo Zelenkov"))[0].score
    born = index.search(Query("Vargo Zelenkov", birth_date=date(1999, 1, 1)))[0].score
    abroad = index.search(
        Query("Vargo Zelenkov", birth_date=date(1999, 1, 1), countries=frozenset({"CL"}))
    )[0].score
    assert bare > born > abroad


def test_a_year_between_two_listed_years_agrees() -> None:
    (hit,) = Index(DEMO).search(Query("Esteban Quimera", birth_date=date(1967, 5, 5)))
    assert hit.explanation[1].change > 0


def test_an_entry_id_used_again_for_somebody_else_is_screened_as_somebody_else() -> None:
    first = replace(DEMO[0], entry_id="7", names=("Vargo Zelenkov",), weak_names=())
    second = replace(first, names=("Salome Khvitsiani",))

    assert Index([first]).search(Query("Vargo Zelenkov"))
    assert Index([second]).search(Query("Vargo Zelenkov")) == []
    assert Index([second]).search(Query("Salome Khvitsiani"))[0].entry_id == "7"
    assert score_against(Query("Vargo Zelenkov"), first).score == 1
    assert score_against(Query("Vargo Zelenkov"), second).score < THRESHOLD


def test_one_common_name_alone_is_nobody() -> None:
    listed = replace(DEMO[0], names=("Maria",), weak_names=())
    assert Index([listed]).search(Query("Maria Brown")) == []


def test_an_index_over_nothing_finds_nothing() -> None:
    assert Index([]).search(Query("Vargo Zelenkov")) == []


@needs_shared_data
def test_the_scorer_agrees_with_labelled_pairs() -> None:
    with (SHARED / "screening" / "name_pairs.csv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    right = wrong = missed = 0
    for pair in pairs:
        score = likeness(pair["name1"], pair["name2"], KINDS[pair["schema"]]).score
        said, true = score >= THRESHOLD, pair["is_match"] == "true"
        right += said and true
        wrong += said and not true
        missed += true and not said
    assert 2 * right / (2 * right + wrong + missed) >= 0.86


@needs_shared_data
def test_names_agree_across_scripts() -> None:
    text = (SHARED / "screening" / "cross_script_pairs.csv").read_text(encoding="utf-8")
    rows = csv.reader(line for line in text.splitlines() if line and not line.startswith("#"))
    found = [likeness(row[0], row[1]).score >= THRESHOLD for row in rows]
    assert sum(found) >= len(found) - 1


@needs_shared_data
def test_mangled_names_are_found_among_all_lists() -> None:
    sanctions = SHARED / "sanctions"
    un = read_un(next((sanctions / "un").glob("*.xml"))).entries
    index = Index([*read_ofac(sanctions / "ofac_2021").entries, *un])
    chance = random.Random(20)
    sample = [entry for entry in chance.sample(un, 400) if len(entry.names[0]) > 4]
    assert _found(index, sample, chance) >= 0.94
