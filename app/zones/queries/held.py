"""What this room holds about an account."""

from app.privacy.held import holds

holds(
    "建立的方案",
    "SELECT id, name, area_code, created_at FROM plan WHERE created_by = :account ORDER BY id",
)
holds("方案里的改动", "SELECT plan_id, kind, made_at FROM plan_step WHERE made_by = :account ORDER BY id")
