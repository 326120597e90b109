"""The one-file export: it asks for nothing, draws everything, and refuses to grow without measure."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidInput
from app.maps.legend import Legend
from app.maps.standalone import standalone_html
from tests.maps import town
from tests.maps.conftest import colour_at, legend, opened, screen_place


def town_file(folder: Path) -> Path:
    collections = {
        "buildings": town.collection(town.buildings()),
        "roads": town.collection(town.roads()),
        "water": town.collection(town.water()),
        "green": town.collection(town.green()),
        "areas": town.collection(town.areas()),
    }
    text = standalone_html(
        "钟楼社区责任区图", collections, town.collection(town.zones()), legend(), ["数据日期 2026-07-21"]
    )
    file = folder / "map.html"
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def file_page(page: Any, tmp_path: Path) -> Any:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.context.set_offline(True)
    opened(page, town_file(tmp_path).as_uri())
    page.requested = requests
    return page


def test_the_file_asks_for_nothing(file_page: Any, tmp_path: Path) -> None:
    outside = [url for url in file_page.requested if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert len([url for url in file_page.requested if url.startswith("file:")]) == 1
    text = (tmp_path / "map.html").read_text("utf-8")
    assert not re.search(r'(?:src|href)\s*=\s*"(?!data:)', text[: text.index("<script>")])


def test_the_file_draws_buildings_ground_and_lists_zones(file_page: Any) -> None:
    west, _, _, north = town.BOUNDS
    lon, lat = town.centre_of(100)
    assert colour_at(file_page, lon, lat)[3] > 200
    assert colour_at(file_page, west + 0.002, north + 0.0012, "backdrop")[3] == 255
    rows = file_page.locator("#wardmap-zones tbody tr")
    assert rows.count() == 6
    assert rows.first.text_content().split() == ["1第1责任区641536"]
    assert file_page.locator(".wardmap-north").count() == 1
    assert file_page.locator(".leaflet-control-scale-line").inner_text().endswith("m")


def test_a_click_shows_the_building_and_close_hides_it(file_page: Any) -> None:
    file_page.mouse.click(*screen_place(file_page, *town.centre_of(100)))
    detail = file_page.locator("#wardmap-detail")
    assert "100幢" in detail.inner_text()
    assert "责任区" in detail.inner_text()
    detail.locator("button").click()
    assert detail.is_hidden()


@pytest.mark.parametrize(
    ("coloured", "shown"),
    [
        (Legend.of_classes("按层数", ["1–3 层", "4–6 层"]), {"层数": "6", "按层数": "4–6 层"}),
        (Legend.of_kinds("按用途", [(2, "residential", "住宅")]), {"用途": "住宅"}),
    ],
)
def test_a_file_without_zones_names_none(
    page: Any, tmp_path: Path, coloured: Legend, shown: dict[str, str]
) -> None:
    buildings = town.buildings()
    for feature in buildings:
        feature["properties"] |= {"g": 2, "kind": "住宅"}
    file = tmp_path / "map.html"
    file.write_text(
        standalone_html("钟楼社区", {"buildings": town.collection(buildings)}, None, coloured), "utf-8"
    )
    opened(page, file.as_uri())
    page.mouse.click(*screen_place(page, *town.centre_of(100)))
    detail = page.locator("#wardmap-detail")
    names, values = detail.locator("dt").all_inner_texts(), detail.locator("dd").all_inner_texts()
    listed = dict(zip(names, values, strict=True))
    assert "责任区" not in listed
    assert shown.items() <= listed.items()
    assert values.count("住宅") == 1


def test_too_many_features_are_refused_with_the_number_and_a_way_out() -> None:
    with pytest.raises(InvalidInput) as refused:
        standalone_html(
            "大图", {"buildings": town.collection(town.buildings())}, None, None, most_features=300
        )
    assert refused.value.code == "export_too_large"
    assert "352" in str(refused.value) and "300" in str(refused.value) and "缩小" in str(refused.value)


def test_an_empty_map_still_opens(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "empty.html"
    file.write_text(standalone_html("空图", {}, None, None), "utf-8")
    opened(page, file.as_uri())
    assert page.locator("h1").inner_text() == "空图"
