"""Readers on small files of our own, and on the samples that public projects test with."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.kit.money import Money
from nostro.reconciliation.camt import read_camt
from nostro.reconciliation.mt940 import read_mt940
from nostro.reconciliation.statement import Statement, Unreadable

CHECKOUT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("NOSTRO_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
SAMPLES = SHARED / "statements"
with_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="The sample statements are not here (NOSTRO_SHARED_DATA)."
)


def entry(amount: str, sign: str = "CRDT", inner: str = "", status: str = "BOOK") -> str:
    return f"""<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>
      <Sts>{status}</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>
      <ValDt><Dt>2026-03-03</Dt></ValDt><AcctSvcrRef>B1</AcctSvcrRef>{inner}</Ntry>"""


def balance(code: str, amount: str, sign: str = "CRDT") -> str:
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>
      <CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"""


def camt(inner: str, namespace: str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02") -> bytes:
    return f"""<Document xmlns="{namespace}"><BkToCstmrStmt><Stmt><Id>S1</Id>
      <Acct><Id><IBAN>CY17002001280000001200527600</IBAN></Id><Ccy>EUR</Ccy></Acct>
      {inner}</Stmt></BkToCstmrStmt></Document>""".encode()


def one(data: bytes) -> Statement:
    (statement,) = read_camt(data)
    return statement


BATCH = """<NtryDtls><Btch><PmtInfId>PAYOUT-77</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>
  <TxDtls><Refs><EndToEndId>W-1</EndToEndId></Refs><Amt Ccy="EUR">{first}</Amt>
  <RltdPties><Cdtr><Pty><Nm>Ada</Nm></Pty></Cdtr>
  <CdtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></CdtrAcct></RltdPties>
  <RmtInf><Ustrd>thank</Ustrd><Ustrd>you</Ustrd></RmtInf></TxDtls>
  <TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
  <AmtDtls><TxAmt><Amt Ccy="EUR">40</Amt></TxAmt></AmtDtls></TxDtls></NtryDtls>"""


def test_a_statement_that_adds_up_proves_itself() -> None:
    inner = balance("OPBD", "10") + balance("CLBD", "70", "DBIT") + entry("80", "DBIT")
    statement = one(camt(inner))
    assert statement.proves
    assert statement.account == "CY17002001280000001200527600"
    assert (statement.opening, statement.closing) == (Money.of("10 EUR"), Money.of("-70 EUR"))
    assert statement.closing_date == date(2026, 3, 2)
    (line,) = statement.lines
    assert (line.booked_date, line.value_date) == (date(2026, 3, 2), date(2026, 3, 3))
    assert line.money == Money.of("-80 EUR")


def test_a_statement_that_does_not_add_up_is_kept_and_flagged() -> None:
    statement = one(camt(balance("OPBD", "10") + balance("CLBD", "70") + entry("59.99")))
    assert not statement.proves
    assert "0.01 EUR is missing" in statement.reason
    assert len(statement.lines) == 1


@pytest.mark.parametrize("version", range(1, 14))
@pytest.mark.parametrize("message", ["052", "053", "054"])
def test_any_version_and_namespace_is_read_wrapped_or_not(message: str, version: int) -> None:
    name = {"052": "Rpt", "053": "Stmt", "054": "Ntfctn"}[message]
    plain = camt(
        balance("OPBD", "10") + balance("CLBD", "90") + entry("80"),
        f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02}",
    ).replace(b"Stmt>", name.encode() + b">")
    assert one(plain).proves
    assert one(
        b"<e:Envelope xmlns:e='urn:bank'><e:Body>" + plain + b"</e:Body></e:Envelope>"
    ).proves
    assert one(plain.replace(b"urn:iso", b"http://bank.example/iso")).proves


def test_old_and_new_places_say_the_same() -> None:
    old = camt(balance("OPBD", "0") + balance("CLBD", "80") + entry("80"))
    new = old.replace(b"<Sts>BOOK</Sts>", b"<Sts><Cd>BOOK</Cd></Sts>")
    new = new.replace(b"<CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry>", b"<Cd>OPBD</Cd>")
    assert one(old) == one(new)


def test_a_batch_becomes_lines_that_sum_to_its_entry() -> None:
    inner = entry("100", "DBIT", BATCH.format(first="60"))
    statement = one(camt(balance("OPBD", "100") + balance("CLBD", "0") + inner))
    assert statement.proves
    ada, other = statement.lines
    assert (ada.money, other.money) == (Money.of("-60 EUR"), Money.of("-40 EUR"))
    assert (ada.end_to_end_id, other.end_to_end_id) == ("W-1", "")
    assert (ada.counterparty, ada.iban) == ("Ada", "DE02120300000000202051")
    assert ada.remittance == "thank you"
    assert ada.keys == {"W1", "B1", "PAYOUT77"}
    assert ada.entry == other.entry == "B1"


def test_a_batch_that_misses_its_entry_stays_one_line_and_flags_the_file() -> None:
    inner = entry("100", "DBIT", BATCH.format(first="59"))
    statement = one(camt(balance("OPBD", "100") + balance("CLBD", "0") + inner))
    assert not statement.proves
    assert "The parts of entry B1 miss it by -1.00 EUR." in statement.reason
    assert [line.money for line in statement.lines] == [Money.of("-100 EUR")]


def test_charges_of_a_batch_become_a_line_of_their_own() -> None:
    charges = '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">2</TtlChrgsAndTaxAmt></Chrgs>'
    inner = entry("98", "CRDT", charges + BATCH.format(first="60"))
    statement = one(camt(balance("OPBD", "0") + balance("CLBD", "98") + inner))
    assert statement.proves
    assert [line.money.amount for line in statement.lines] == [60, 40, -2]
    assert statement.lines[2].remittance == "Charges"


def test_a_batch_that_announces_another_count_flags_the_file() -> None:
    inner = entry("100", "DBIT", BATCH.format(first="60").replace("<NbOfTxs>2", "<NbOfTxs>3"))
    statement = one(camt(balance("OPBD", "100") + balance("CLBD", "0") + inner))
    assert "announces 3 parts and has 2" in statement.reason


def test_a_summary_that_is_wrong_flags_the_file() -> None:
    summary = "<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>81</Sum></TtlCdtNtries>"
    inner = balance("OPBD", "0") + balance("CLBD", "80") + entry("80")
    statement = one(camt(inner + summary + "</TxsSummry>"))
    assert "counts 2 entries where there are 1" in statement.reason
    assert "sums to 81 where entries sum to 80" in statement.reason


def test_pending_entries_are_kept_apart_from_the_balance() -> None:
    inner = balance("OPBD", "0") + balance("CLBD", "80") + entry("80") + entry("5", status="PDNG")
    statement = one(camt(inner))
    assert statement.proves
    assert [line.money for line in statement.pending] == [Money.of("5 EUR")]


def test_pages_open_and_close_with_interim_balances() -> None:
    first = one(camt(balance("OPBD", "0") + balance("ITBD", "80") + entry("80")))
    middle = one(camt(balance("ITBD", "80") + balance("ITBD", "85") + entry("5")))
    last = one(camt(balance("ITBD", "85") + balance("CLBD", "90") + entry("5")))
    assert first.proves
    assert middle.proves
    assert last.proves


def test_the_same_file_twice_has_the_same_hashes_and_equal_lines_have_their_own() -> None:
    data = camt(balance("OPBD", "0") + balance("CLBD", "160") + entry("80") + entry("80"))
    first, again = one(data), one(data)
    hashes = [line.content_hash for line in first.lines]
    assert hashes == [line.content_hash for line in again.lines]
    assert len(set(hashes)) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a SYSTEM 'http://bank.example/a.dtd'><a/>",
        b"<Document/>",
        b"not xml",
        b"",
        camt(entry("x")),
        camt(entry("1.001")),
        camt(entry("5")).replace(b"2026-03-02", b"2026-13-02"),
    ],
)
def test_what_is_not_a_statement_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_camt(data)


MT940 = """{{1:F01BANKCY2NAXXX0000000000}}{{2:I940BANKCY2NXXXXN}}{{4:
:20:REF1
:25:CY17002001280000001200527600
:28C:1/1
:60F:C260301EUR100,00
{lines}
:62F:{closing}
-}}"""


def mt940(lines: str, closing: str = "C260302EUR90,00") -> Statement:
    (statement,) = read_mt940(MT940.format(lines=lines, closing=closing).encode())
    return statement


def test_an_mt940_statement_proves_itself() -> None:
    statement = mt940(":61:2603020302D10,NTRFOUR-1//BANK-9\n:86:plain words")
    assert statement.proves
    (line,) = statement.lines
    assert line.money == Money.of("-10 EUR")
    assert (line.bank_reference, line.other_references) == ("BANK-9", ("OUR-1",))
    assert line.remittance == "plain words"


@pytest.mark.parametrize(
    ("mark", "amount"),
    [("C", 5), ("D", -5), ("RC", -5), ("RD", 5), ("CR", 5), ("DR", -5), ("EC", 5), ("ED", -5)],
)
def test_a_mark_says_which_way_and_a_reversal_turns_it(mark: str, amount: int) -> None:
    (line,) = mt940(f":61:260302{mark}5,NTRFX").lines
    assert line.money.amount == amount


@pytest.mark.parametrize("text", ["1.234,5", "1234,50", "1234.5", "00001234,50"])
def test_amounts_are_read_as_banks_write_them(text: str) -> None:
    (line,) = mt940(f":61:260302C{text}NTRFX").lines
    assert line.money == Money.of("1234.50 EUR")


def test_an_entry_date_falls_in_the_year_nearest_to_the_value_date() -> None:
    (line,) = mt940(":61:2512310102C5,NTRFX").lines
    assert (line.value_date, line.booked_date) == (date(2025, 12, 31), date(2026, 1, 2))
    (line,) = mt940(":61:2601021231C5,NTRFX").lines
    assert line.booked_date == date(2025, 12, 31)


def test_german_and_dutch_texts_give_up_their_keys() -> None:
    german = (
        ":61:260302D10,NTRFKREF+\n:86:166?00GUTSCHRIFT?20EREF+W-77?21KREF+OUR-9?22SVWZ+Rech"
        "\nnung 5?31DE02120300000000202051?32Ada?33 Lovelace"
    )
    (line,) = mt940(german).lines
    assert (line.end_to_end_id, line.other_references) == ("W-77", ("OUR-9",))
    assert (line.remittance, line.counterparty) == ("Rechnung 5", "Ada Lovelace")
    assert line.iban == "DE02120300000000202051"
    dutch = (
        ":61:260302D10,NTRFEREF\n:86:/TRTP/SEPA/IBAN/NL91ABNA0417164300/NAME/A. Love"
        "\nlace/REMI/Invoice 5/EREF/W-78"
    )
    (line,) = mt940(dutch).lines
    assert (line.end_to_end_id, line.iban) == ("W-78", "NL91ABNA0417164300")
    assert (line.remittance, line.counterparty) == ("Invoice 5", "A. Lovelace")


def test_text_after_the_closing_balance_belongs_to_no_line() -> None:
    data = MT940.format(lines=":61:260302D10,NTRFX", closing="C260302EUR90,00\n:86:bye").encode()
    assert read_mt940(data)[0].lines[0].remittance == ""


def test_an_interim_report_is_checked_by_its_totals() -> None:
    text = ":20:R\n:25:1\n:34F:EURD5,\n:61:260302D10,NTRFX\n:90D:{}EUR{}\n-"
    right = read_mt940(text.format(1, "10,").encode())[0]
    wrong = read_mt940(text.format(2, "11,").encode())[0]
    assert (
        right.reason == "It carries no opening and no closing balance, so its lines prove nothing."
    )
    assert wrong.reason.startswith("It announces 2 debits of 11, in all and has 1 of 10.00.")


@pytest.mark.parametrize(
    "data", [b"", b"hello", b":25:1\n:61:260302D10,NTRF\n", b":20:X\n:60F:nothing\n"]
)
def test_what_is_no_mt940_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_mt940(data)


cents = st.integers(-(10**9), 10**9)


@given(cents, st.lists(cents.filter(bool), max_size=8))
def test_both_formats_prove_any_statement_that_adds_up(start: int, moves: list[int]) -> None:
    def swift(units: int, day: str = "260302EUR") -> str:
        mark, text = "CD"[units < 0], f"{abs(Decimal(units).scaleb(-2)):.2f}".replace(".", ",")
        return f"{mark}{day}{text}"

    def iso(units: int) -> tuple[str, str]:
        return str(abs(Decimal(units).scaleb(-2))), "DBIT" if units < 0 else "CRDT"

    lines = "\n".join(f":61:260302{swift(units, '')}NTRFX" for units in moves)
    end = start + sum(moves)
    text = MT940.format(lines=lines, closing=swift(end)).replace("C260301EUR100,00", swift(start))
    (swift_statement,) = read_mt940(text.encode())
    entries = "".join(entry(*iso(units)) for units in moves)
    inner = balance("OPBD", *iso(start)) + balance("CLBD", *iso(end)) + entries
    for statement in (swift_statement, one(camt(inner))):
        assert statement.proves
        assert [line.money.minor for line in statement.lines] == moves


PROVING = {
    "mt940/phpmt940_Abn_issue48.sta": [2],
    "mt940/phpmt940_Bunq_sample.sta": [111],
    "mt940/phpmt940_Kbs_sample2.sta": [7],
    "mt940/phpmt940_Kontist_sample.sta": [6],
    "mt940/phpmt940_Zetb_sample.sta": [8],
    "mt940/mt940rs_mt940_special-cases_february_30.sta": [1],
    "mt940/mt940rs_mt942_full_jejik_generic.sta": [1, 1],
    "mt940/mt940rs_mt942_full_sberbank_171011_01234945.sta": [3],
    "mt940/wolph_betterplace_with_binary_character.sta": [3, 1],
    "mt940/wolph_cmxl_mt940.sta": [11, 2, 3],
    "mt940/wolph_jejik_sns.sta": [2, 0],
    "mt940/wolph_self-provided_long_statement_number.sta": [0],
    "mt940/wolph_self-provided_transaction_details_wrapped.sta": [1],
}
FLAGGED = [
    "mt940/jejik_commerzbank.txt",
    "mt940/jejik_ing-unix.txt",
    "mt940/jejik_oldenburgischelandesbank2.txt",
    "mt940/jejik_sparkasse3.txt",
    "mt940/mt940js_abn-amro-1.STA",
    "mt940/mt940rs_mt940_special-cases_overly_long_details.sta",
    "mt940/phpmt940_Rabo_sample3.sta",
    "mt940/qoomon_swiftmessage_valid-mt942.txt",
    "mt940/wolph_betterplace_missing_crlf_at_end.sta",
    "mt940/wolph_mBank_with_newline_in_tnr.sta",
    "mt940/wolph_self-provided_overly_long_details.sta",
    "camt/genkgo_camt052.v2.with-account-name.xml",
    "camt/genkgo_camt052.v6.xml",
    "camt/genkgo_camt053.v2.minimal.ultimate.xml",
    "camt/genkgo_camt053.v2.with-party-ids.xml",
    "camt/genkgo_camt053.v8.xml",
    "camt/genkgo_camt054.v8-with-UETR.xml",
    "camt/prowide_camt.053.001.07.xml",
]
FRAGMENTS = [
    "mt940/wolph_betterplace_currency_in_25.sta",
    "mt940/wolph_cmxl_account_identification_iban.sta",
    "mt940/wolph_cmxl_statement_number.sta",
    "mt940/wolph_self-provided_empty_non_swift.sta",
]


def sample(name: str) -> list[Statement]:
    read = read_camt if name.startswith("camt/") else read_mt940
    return read((SAMPLES / name).read_bytes())


@with_samples
@pytest.mark.parametrize("name", PROVING)
def test_a_sample_that_balances_proves_itself(name: str) -> None:
    statements = sample(name)
    assert [len(statement.lines) for statement in statements] == PROVING[name]
    assert [statement.reason for statement in statements if not statement.proves] == []


@with_samples
@pytest.mark.parametrize("name", FLAGGED)
def test_a_sample_that_does_not_balance_is_read_and_flagged(name: str) -> None:
    statements = sample(name)
    assert statements
    assert all(not statement.proves and statement.reason for statement in statements)


@with_samples
@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_sample_that_is_only_a_fragment_is_refused(name: str) -> None:
    with pytest.raises(Unreadable):
        sample(name)


@with_samples
def test_a_sample_with_good_and_bad_statements_tells_them_apart() -> None:
    proofs = [statement.proves for statement in sample("mt940/jejik_rabobank.txt")]
    assert proofs == [False, True, False, True]
    assert [one.proves for one in sample("mt940/wolph_jejik_knab.sta")] == [True, False]


@with_samples
def test_samples_give_up_their_references_and_parties() -> None:
    (iso,) = sample("camt/genkgo_camt053.v8.xml")
    assert iso.lines[0].end_to_end_id == "MUELL/FINP/RA12345"
    assert iso.lines[0].iban == "NL56AGDH9619008421"
    (report,) = sample("camt/genkgo_camt052.v6.xml")
    assert report.pending[0].remittance == "Example Remittance - 6 - V1"
    rabo = sample("mt940/jejik_rabobank.txt")[3].lines[0]
    assert (rabo.other_references, rabo.counterparty) == (("P000029225",), "KPN - MOBIEL")
    german = sample("mt940/jejik_commerzbank.txt")[0].lines[0]
    assert german.end_to_end_id == "A1.200080779.400143254.4961336"
    assert german.bank_reference == "2016021783252833"
