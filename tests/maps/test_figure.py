"""The figure: own assets only, a nonce on our tags only, and nothing shared between threads."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import folium
import pytest
from folium.plugins import MarkerCluster

from app.maps.canvas import new_map, page_parts
from app.maps.figure import LocalFigure, UnsafeElement, UnvendoredAsset
from app.maps.layers import TownTiles
from tests.maps.conftest import town_map


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_every_address_in_a_page_is_our_own() -> None:
    parts = page_parts(town_map(), "N")
    tags = Tags(parts.head + parts.body + parts.script).found
    addresses = [
        attrs.get("src") or attrs.get("href") for _, attrs in tags if "src" in attrs or "href" in attrs
    ]
    assert addresses
    assert all(str(address).startswith("/static/") for address in addresses)


def test_every_asset_of_a_page_exists(pages: object) -> None:
    from tests.maps.page_server import STATIC

    parts = page_parts(town_map(), "N")
    tags = Tags(parts.head + parts.script).found
    for _, attrs in tags:
        address = attrs.get("src") or attrs.get("href")
        if address:
            assert (STATIC / str(address).removeprefix("/static/")).is_file(), address


def test_executable_scripts_carry_the_nonce_and_data_blocks_do_not() -> None:
    parts = page_parts(town_map(), "the-nonce")
    tags = Tags(parts.head + parts.body + parts.script).found
    scripts = [attrs for tag, attrs in tags if tag == "script"]
    assert len(scripts) > 4
    for attrs in scripts:
        assert (attrs.get("type") == "application/json") == (attrs.get("nonce") != "the-nonce")


def test_a_script_that_slipped_in_gets_no_nonce() -> None:
    chart = new_map()
    chart.get_root().html.add_child(folium.Element("<script>window.slipped = 1</script>"))
    body = page_parts(chart, "the-nonce").body
    assert "<script>window.slipped" in body


def test_no_viewport_tag_and_no_inline_style() -> None:
    parts = page_parts(town_map(), "N")
    text = parts.head + parts.body
    assert "viewport" not in text
    assert "<style" not in text
    assert not re.search(r"<[^>]+\sstyle=", text)


def test_unknown_asset_is_named() -> None:
    chart = new_map()
    MarkerCluster().add_to(chart)
    with pytest.raises(UnvendoredAsset, match="markercluster"):
        page_parts(chart, "N")


@pytest.mark.parametrize(
    "element",
    [folium.Popup("x"), folium.Tooltip("x"), folium.DivIcon(html="x"), folium.Icon()],
    ids=lambda element: type(element).__name__,
)
def test_elements_that_write_text_as_html_are_refused(element: folium.Element) -> None:
    chart = new_map()
    marker = folium.Marker((32, 118)).add_to(chart)
    marker.add_child(element)
    with pytest.raises(UnsafeElement):
        page_parts(chart, "N")


def test_a_popup_given_as_argument_is_refused_too() -> None:
    chart = new_map()
    folium.Marker((32, 118), popup="x", tooltip="y").add_to(chart)
    with pytest.raises(UnsafeElement):
        page_parts(chart, "N")


def test_text_in_json_cannot_close_its_element() -> None:
    chart = new_map()
    # A blank or a slash after the name ends the element as well as a bracket does.
    TownTiles(buildings_url="/x?</script><script>&\u2028</script x</SCRIPT/").add_to(chart)
    body = page_parts(chart, "N").body
    assert len(re.findall(r"(?i)</script[\s/>]", body)) == len(re.findall(r"<script type=", body))
    assert "\u2028" not in body


def test_a_map_in_another_figure_is_refused() -> None:
    chart = new_map()
    chart._parent = folium.Figure()
    with pytest.raises(TypeError, match="LocalFigure"):
        page_parts(chart, "N")


def test_many_threads_get_their_own_links_and_folium_keeps_its_own() -> None:
    before = list(folium.Map.default_js), list(folium.Map.default_css)

    def rendered(number: int) -> str:
        figure_url = f"/s{number}/"
        chart = new_map(name=f"map{number}", static_url=lambda path: figure_url + path)
        TownTiles(buildings_url=f"/tiles/{number}").add_to(chart)
        parts = page_parts(chart, f"nonce{number}")
        return parts.head + parts.body + parts.script

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(rendered, range(64)))
    for number, text in enumerate(texts):
        assert set(re.findall(r'nonce="(\w+)"', text)) == {f"nonce{number}"}
        assert set(re.findall(r'(?:src|href)="/s(\d+)/', text)) == {str(number)}
        assert f'"/tiles/{number}"' in text
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before


def test_names_of_modules_come_before_the_first_module() -> None:
    chart = new_map(static_url=lambda path: f"/assets/v/{path}")
    head = page_parts(chart, "the-nonce").head
    assert head.startswith('<script type="importmap" nonce="the-nonce">{"imports":{')
    names = json.loads(head[head.index("{") : head.index("</script>")])["imports"]
    assert names["wardmap"] == "/assets/v/map/index.js"
    assert names["pbf"] == "/assets/v/vendor/pbf/index.js"


def test_a_figure_is_a_branca_figure() -> None:
    assert isinstance(new_map().get_root(), LocalFigure)
