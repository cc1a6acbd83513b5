"""Papers: a table as a PDF, in which nothing is taken for markup."""

from datetime import UTC, datetime

from nostro.kit.papers import Paper, PaperColumn, PaperRow, as_pdf

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = [PaperColumn("What"), PaperColumn("Amount", numeric=True)]


def paper(*rows: PaperRow, title: str = "Statement") -> Paper:
    return Paper(title, [("Of", "Ada")], HEAD, rows, "The firm", "A note.")


def test_a_paper_of_no_rows_and_of_many_is_a_pdf() -> None:
    many = [PaperRow([f"Line {number}", "1.00"], strong=number == 0) for number in range(300)]
    assert as_pdf(paper(), at=AT).startswith(b"%PDF")
    assert len(as_pdf(paper(*many), at=AT)) > len(as_pdf(paper(many[0]), at=AT))


def test_the_same_paper_at_the_same_time_is_the_same_file() -> None:
    one = paper(PaperRow(["Line", "1.00"]))
    assert as_pdf(one, at=AT) == as_pdf(one, at=AT)


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    wild = '#panic("no") ] *bold* $x$ \\ <label> @ref `raw` // end'
    assert as_pdf(paper(PaperRow([wild, "1.00"]), title=wild), at=AT).startswith(b"%PDF")
