"""Addresses of the ledger: auditors only, and nothing about one area, because it shows the auditor's own."""

from tests.authority.matrix.entry import Entry

AUDIT = {"auditor"}
JOURNAL: dict[str, Entry] = {
    "journal.changes": Entry(AUDIT, "GET", "/journal"),
    "journal.looks": Entry(AUDIT, "GET", "/journal/looks?account=nobody"),
    # Its own line, of the district's auditor, does not exist in this round; what lies elsewhere is tested beside the matrix.
    "journal.line": Entry(AUDIT, "GET", "/journal/lines/999999999", also=(404,)),
    "journal.export": Entry(AUDIT, "POST", "/journal/export", form={"reason": "季度审计"}),
    "journal.checks": Entry(AUDIT, "GET", "/journal/checks"),
    "journal.check": Entry(AUDIT, "POST", "/journal/checks", form={}, also=(303,)),
}
