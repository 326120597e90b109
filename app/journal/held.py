"""What the journal holds about an account: what it did, and who looked at it."""

from app.privacy.held import holds

holds(
    "操作记录",
    "SELECT id, at, area_code, subject, action, rows, source, request FROM journal WHERE account_id = :account ORDER BY id",
)
holds(
    "被查看的记录",
    "SELECT id, at, changes -> 'fields' AS fields, changes ->> 'reason' AS reason FROM journal"
    " WHERE action = 'look' AND subject = 'account' AND changes -> 'ids' @> to_jsonb(CAST(:account AS bigint)) ORDER BY id",
)
