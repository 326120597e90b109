"""What this room holds about an account."""

from app.privacy.held import holds

holds(
    "账号",
    "SELECT id, login, created_at, disabled_at, password_changed_at, totp_key IS NOT NULL AS second_factor"
    " FROM account WHERE id = :account",
)
holds(
    "角色",
    "SELECT role, area_code, lower(during) AS since, upper(during) AS until"
    " FROM role_grant WHERE account_id = :account ORDER BY id",
)
holds(
    "登录",
    "SELECT created_at, seen_at, expires_at, device, network"
    " FROM browser_session WHERE account_id = :account ORDER BY created_at",
)
holds("用过的设备", "SELECT expires_at FROM known_device WHERE account_id = :account")
