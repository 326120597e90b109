"""Base maps by setting: what is fetched, from where, and what is refused."""

import pytest

from app.errors import InvalidInput
from app.maps.basemap import KINDS, basemap_from_setting
from app.maps.canvas import new_map, page_parts


def test_none_allows_no_other_host() -> None:
    basemap = basemap_from_setting("none")
    assert basemap.image_origins == ()


def test_tianditu_has_two_layers_and_eight_hosts() -> None:
    basemap = basemap_from_setting("tianditu", key="0123456789abcdef0123456789abcdef")
    assert ["vec_w" in source.url or "cva_w" in source.url for source in basemap.sources] == [True, True]
    assert len(basemap.image_origins) == 8
    assert "https://t0.tianditu.gov.cn" in basemap.image_origins


@pytest.mark.parametrize("key", ["", "short", "with space and more", "a&tk=b0123456789"])
def test_tianditu_without_a_proper_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="密钥"):
        basemap_from_setting("tianditu", key=key)


def test_amap_is_moved_in_the_browser() -> None:
    basemap = basemap_from_setting("amap")
    assert basemap.sources[0].gcj02
    assert len(basemap.image_origins) == 4


def test_office_wmts_may_use_the_names_of_the_standard() -> None:
    url = "https://maps.example.org/wmts/base/{TileMatrix}/{TileRow}/{TileCol}.png"
    basemap = basemap_from_setting("wmts", url=url, credit="本局底图")
    assert basemap.sources[0].url.endswith("/{z}/{y}/{x}.png")
    assert basemap.image_origins == ("https://maps.example.org",)


def test_office_wmts_on_our_own_host_needs_no_origin() -> None:
    assert basemap_from_setting("wmts", url="/wmts/{z}/{y}/{x}.png").image_origins == ()


@pytest.mark.parametrize(
    "url", ["", "https://h/{z}/{x}.png", "javascript:{z}{x}{y}", "//h/{z}/{x}/{y}", "ftp://h/{z}{x}{y}"]
)
def test_wmts_address_without_places_or_host_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="WMTS"):
        basemap_from_setting("wmts", url=url)


def test_unknown_kind_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidInput, match="tianditu"):
        basemap_from_setting("google")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_with_its_credit_as_text(kind: str) -> None:
    credit = "<b>某单位</b>"
    basemap = basemap_from_setting(kind, key="0123456789abcdef", url="/w/{z}/{x}/{y}", credit=credit)
    parts = page_parts(new_map(basemap=basemap), "N")
    text = parts.head + parts.body + parts.script
    assert "<b>" not in text
