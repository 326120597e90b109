"""A file with columns about people in the wizard: said on the page, offered nowhere, kept nowhere."""

import pytest
from sqlalchemy import text

from app.ground import boundary_import
from tests.builders import build_town
from tests.geo.test_personal_columns import IDENTITIES, MOBILES
from tests.ground.wizard_visits import choice, geojson, houses, inspected

NAMES = ("张三丰", "李四光", "王五一")


@pytest.fixture
def file() -> bytes:
    people = zip(IDENTITIES, MOBILES, NAMES, strict=True)
    rows = [
        (shape, {**facts, "身份证号": i, "联系电话": m, "户主": n})
        for (shape, facts), (i, m, n) in zip(houses(3), people, strict=True)
    ]
    return geojson(rows)


def test_the_wizard_says_so_and_offers_no_such_column(login_as, session, settings, file) -> None:
    build_town(session)
    planner = login_as("planner")
    import_id = inspected(planner, settings, "楼.geojson", file)
    page = planner.get(f"/imports/{import_id}").get_data(as_text=True)
    assert "列“身份证号、联系电话、户主”像是" in page
    for column in ("身份证号", "联系电话", "户主"):
        assert f'<option value="{column}"' not in page
    assert '<option value="name"' in page
    for secret in (*IDENTITIES, *MOBILES, *NAMES):
        assert secret not in page
    held = session.scalar(
        text("SELECT inspection::text FROM ground_import WHERE id = :id"), {"id": import_id}
    )
    assert not [secret for secret in (*IDENTITIES, *MOBILES, *NAMES) if secret in held]


def test_a_form_made_by_hand_does_not_bring_it_in_either(login_as, session, settings, file) -> None:
    build_town(session)
    planner = login_as("planner")
    import_id = inspected(planner, settings, "楼.geojson", file)
    planner.post(f"/imports/{import_id}/check", data=choice(map_name="户主"))
    assert boundary_import.run_check(import_id, settings) == "failed"
    page = planner.get(f"/imports/{import_id}").get_data(as_text=True)
    assert "列“户主”像是" in page
    assert not session.scalar(text("SELECT count(*) FROM import_row"))
