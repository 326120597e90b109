"""The auditor's ledger: who changed what, who looked at whom, and whether the record is whole. Changes nothing."""
