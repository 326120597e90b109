"""Rows on their way in: what the database itself refuses is a finding, not a failed transaction."""

from sqlalchemy import text

from app.ground.boundary_import.staging import REFUSED_BY_DATABASE


def test_a_shape_that_only_the_database_refuses_becomes_a_finding(session) -> None:
    import_id = session.scalar(
        text(
            "INSERT INTO ground_import (key, file_name) VALUES (gen_random_uuid(), 'x.geojson') RETURNING id"
        )
    )
    for row_no, shape in ((1, "POLYGON((0 0,1 1,1 0,0 1,0 0))"), (2, "POLYGON((0 0,1 0,1 1,0 0))")):
        session.execute(
            text(
                "INSERT INTO import_row (import_id, row_no, name, shape)"
                " VALUES (:id, :row, '甲', ST_SetSRID(CAST(:shape AS geometry), 4326))"
            ),
            {"id": import_id, "row": row_no, "shape": shape},
        )
    session.execute(text(REFUSED_BY_DATABASE), {"id": import_id})
    found = session.execute(text("SELECT row_no, code, severity, facts FROM import_finding")).all()
    assert [(one.row_no, one.code, one.severity) for one in found] == [(1, "shape_refused", "refuse")]
    assert found[0].facts["reason"] == "Self-intersection"
    assert session.scalars(text("SELECT row_no FROM import_row WHERE refused")).all() == [1]
