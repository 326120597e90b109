"""What this room holds about an account."""

from app.privacy.held import holds

holds(
    "导入的文件",
    "SELECT id, file_name, created_at, state FROM ground_import WHERE created_by = :account ORDER BY id",
)
holds(
    "改过的楼栋",
    "SELECT building_id, changed_at FROM building_change WHERE changed_by = :account ORDER BY id",
)
