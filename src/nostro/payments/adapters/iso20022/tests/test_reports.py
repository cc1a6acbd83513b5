import pytest

from nostro.payments.adapters.iso20022.pain002 import read
from nostro.payments.ports import TransferState


def report(inside: str, group: str = "<GrpSts>ACTC</GrpSts>", version: str = "10") -> bytes:
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{inside}"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def batch(inside: str, status: str = "") -> str:
    return f"<OrgnlPmtInfAndSts>{status}{inside}</OrgnlPmtInfAndSts>"


def line(name: str, status: str = "") -> str:
    return f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId>{status}</TxInfAndSts>"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("ACSC", TransferState.SETTLED),
        ("ACCC", TransferState.SETTLED),
        ("ACSP", TransferState.PENDING),
        ("PDNG", TransferState.PENDING),
        ("RJCT", TransferState.REJECTED),
        ("XXXX", TransferState.UNKNOWN),
    ],
)
@pytest.mark.parametrize("version", ["03", "10"])
def test_a_transaction_has_the_state_its_code_means(
    code: str, state: TransferState, version: str
) -> None:
    found = read(report(batch(line("E1", f"<TxSts>{code}</TxSts>")), version=version))
    assert found.lines["E1"].status.state is state


def test_a_transaction_without_a_status_has_that_of_its_batch() -> None:
    refused = "<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>"
    status = read(report(batch(line("E1"), refused))).lines["E1"].status
    assert (status.state, status.code) == (TransferState.REJECTED, "AC01")


def test_what_the_report_leaves_out_has_the_status_of_the_file() -> None:
    group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Prtry>NO</Prtry></Rsn></StsRsnInf>"
    status = read(report("", group)).statuses(["E1"])["E1"]
    assert (status.state, status.code) == (TransferState.REJECTED, "NO")


def test_a_partly_accepted_file_says_nothing_about_what_it_leaves_out() -> None:
    found = read(report(batch(line("E1", "<TxSts>ACSC</TxSts>")), "<GrpSts>PART</GrpSts>"))
    states = {name: status.state for name, status in found.statuses(["E1", "E2"]).items()}
    assert states == {"E1": TransferState.SETTLED, "E2": TransferState.UNKNOWN}


def test_only_a_whole_file_is_a_duplicate() -> None:
    group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>"
    assert read(report("", group)).duplicate
    assert not read(report(batch(line("E1")), group)).duplicate


@pytest.mark.parametrize("body", [b"", b"{}", b"<a/>", b"<Document>"])
def test_what_is_no_report_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not XML|no Orgnl"):
        read(body)


def test_entities_are_never_resolved(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("RJCT")
    body = report("", "<GrpSts>&x;</GrpSts>")
    hostile = b'<!DOCTYPE d [<!ENTITY x SYSTEM "' + secret.as_uri().encode() + b'">]>' + body
    assert read(hostile).state is TransferState.UNKNOWN
