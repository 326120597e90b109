"""Files that are wrong as a whole, and two that only look it."""

from pathlib import Path
from typing import Any

from shapely import Polygon

from . import plan
from .areas import Community
from .footprints import Building
from .frame import to_metric
from .output import collection
from .shapefile import LDID_GBK, LDID_NONE, PRJ_4549, dbf, shp_and_shx, write_zip

BOMB_BYTES = 24_000_000

VRT = """\
<OGRVRTDataSource>
  <OGRVRTLayer name="communities">
    <SrcDataSource relativeToVRT="1">../communities.geojson</SrcDataSource>
    <SrcLayer>communities</SrcLayer>
  </OGRVRTLayer>
</OGRVRTDataSource>
"""
KML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE kml [
  <!ENTITY a "望江望江望江望江望江望江望江望江">
  <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
  <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
  <!ENTITY d SYSTEM "file:///etc/hostname">
]>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&c;&d;</name>
<Point><coordinates>118.63,31.97</coordinates></Point></Placemark></Document></kml>
"""


class Files:
    def __init__(self, folder: Path, communities: list[Community], buildings: list[Building]) -> None:
        self.folder = folder
        self.communities = communities
        self.street = [c for c in communities if c.street == next(iter(plan.STREETS))]
        self.buildings = buildings

    def write_all(self) -> list[dict[str, Any]]:
        return [
            *self._incomplete_shapefiles(), *self._disguises(), *self._archives(), *self._cut_off(), *self._chinese_tables(),
        ]  # fmt: skip

    def _parts(self, encoding: str = "gbk", language_byte: int = LDID_GBK) -> dict[str, bytes]:
        """The communities of one street in EPSG:4549, as a street office would export them."""
        chosen = self.street
        rows: list[list[str | int]] = [
            [c.code, c.name, plan.STREETS[c.street], len(c.blocks)] for c in chosen
        ]
        table = dbf(["行政区划码", "社区名称", "所属街道名", "地块数"], rows, encoding, language_byte)
        shp, shx = shp_and_shx([_rounded(c.outline) for c in chosen])
        return {"shequ.shp": shp, "shequ.shx": shx, "shequ.dbf": table, "shequ.prj": PRJ_4549.encode()}

    def _incomplete_shapefiles(self) -> list[dict[str, Any]]:
        parts = self._parts()
        write_zip(self.folder / "crs_missing.zip", {n: b for n, b in parts.items() if n != "shequ.prj"})
        write_zip(self.folder / "dbf_missing.zip", {n: b for n, b in parts.items() if n != "shequ.dbf"})
        half = {**parts, "shequ.shp": parts["shequ.shp"][: len(parts["shequ.shp"]) // 2]}
        write_zip(self.folder / "truncated_shp.zip", half)
        return [
            _refused("crs_missing.zip", "community", "crs_missing", "没有 .prj 文件:坐标系要问,不能猜"),
            _refused("dbf_missing.zip", "community", "dbf_missing", "没有 .dbf 文件:只有图形没有名称"),
            _refused("truncated_shp.zip", "community", "file_truncated", ".shp 只有一半,压缩包本身完好"),
        ]

    def _disguises(self) -> list[dict[str, Any]]:
        (self.folder / "vrt_named_geojson.geojson").write_text(VRT, encoding="utf-8")
        parts = self._parts()
        write_zip(self.folder / "vrt_in_zip.zip", {**parts, "shequ.shp": VRT.encode()})
        text = collection([({"name": "望江"}, self.communities[0].outline.centroid)])
        (self.folder / "geojson_named_gpkg.gpkg").write_text(text, encoding="utf-8")
        (self.folder / "xml_entities.kml").write_text(KML, encoding="utf-8")
        return [
            _refused(
                "vrt_named_geojson.geojson",
                "community",
                "driver_refused",
                "VRT 改名为 .geojson,会去读别的文件",
            ),
            _refused("vrt_in_zip.zip", "community", "driver_refused", "压缩包里的 .shp 其实是 VRT"),
            _refused("geojson_named_gpkg.gpkg", "community", "driver_refused", "内容是 GeoJSON,名字是 .gpkg"),
            _refused(
                "xml_entities.kml",
                "community",
                "xml_entities",
                "KML 里有 DOCTYPE 和 ENTITY,会膨胀并读本机文件",
            ),
        ]

    def _archives(self) -> list[dict[str, Any]]:
        write_zip(self.folder / "zip_bomb.zip", {"buildings.geojson": b" " * BOMB_BYTES})
        inside = collection([({"name": "望江"}, self.communities[0].outline.centroid)]).encode()
        write_zip(self.folder / "zip_path.zip", {"../../escaped.geojson": inside})
        write_zip(self.folder / "inner.zip", self._parts())
        inner = (self.folder / "inner.zip").read_bytes()
        (self.folder / "inner.zip").unlink()
        write_zip(self.folder / "zip_nested.zip", {"inner.zip": inner}, stored=True)
        return [
            _refused("zip_bomb.zip", "building", "zip_bomb", "展开后是压缩包的一千倍以上"),
            _refused("zip_path.zip", "building", "zip_path", "包内路径指向包外"),
            _refused("zip_nested.zip", "community", "zip_nested", "压缩包里还有压缩包"),
        ]

    def _cut_off(self) -> list[dict[str, Any]]:
        rows = [({"code": c.code, "name": c.name}, c.outline) for c in self.communities[:3]]
        text = collection(rows)
        (self.folder / "truncated.geojson").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
        (self.folder / "layer_empty.geojson").write_text(collection([]), encoding="utf-8")
        (self.folder / "file_empty.geojson").write_bytes(b"")
        (self.folder / "unreadable.gpkg").write_bytes(_broken_geopackage())
        return [
            _refused("truncated.geojson", "community", "file_truncated", "文件只有前三分之二"),
            _refused("layer_empty.geojson", "community", "layer_empty", "没有任何要素"),
            _refused("file_empty.geojson", "community", "file_empty", "零字节"),
            _refused("unreadable.gpkg", "community", "file_unreadable", "文件头是 GeoPackage,后面是乱码"),
        ]

    def _chinese_tables(self) -> list[dict[str, Any]]:
        """GBK without a .cpg and with language byte 0, and field names cut at five characters."""
        names = [c.name for c in self.street]
        write_zip(self.folder / "gbk_without_cpg.zip", self._parts("gbk", LDID_NONE))
        some = [b for b in self.buildings if b.community == self.communities[0].code]
        rows: list[list[str | int]] = [
            [b.code, b.title, b.street_address, b.floors, b.households, names[0]] for b in some
        ]
        columns = ["楼栋统一编", "楼栋名称", "地址门牌号", "地上总层数", "住宅总户数", "所属社区名"]
        shp, shx = shp_and_shx([_rounded(b.shape) for b in some])
        table = dbf(columns, rows, "gbk", LDID_GBK)
        write_zip(
            self.folder / "cgcs2000_gbk_fields.zip",
            {"楼栋.shp": shp, "楼栋.shx": shx, "楼栋.dbf": table, "楼栋.prj": PRJ_4549.encode()},
        )
        return [
            {"file": "gbk_without_cpg.zip", "kind": "community", "outcome": "accepted", "codes": [], "names": names,
             "note": "GBK 属性表,没有 .cpg,语言字节为 0:名称必须读对"},
            {"file": "cgcs2000_gbk_fields.zip", "kind": "building", "outcome": "accepted", "codes": [],
             "names": [some[0].title], "needs": ["streets.geojson", "communities.geojson"],
             "note": "EPSG:4549,字段名为 5 个汉字(GBK 10 字节),包内文件名也是汉字"},
        ]  # fmt: skip


def _broken_geopackage() -> bytes:
    """The 100-byte header of a GeoPackage (4,096-byte pages, application id GPKG), then noise."""
    header = b"SQLite format 3\0" + bytes.fromhex("1000010100402020")
    header = header.ljust(68, b"\0") + b"GPKG" + bytes.fromhex("000027d8")
    noise = bytes((i * 73 + i // 7) % 256 for i in range(2 * 4096 - 100))
    return header.ljust(100, b"\0") + noise


def _rounded(shape: Polygon) -> Polygon:
    """In EPSG:4549, to the millimetre."""
    metric = to_metric(shape)
    return Polygon(
        [(round(x, 3), round(y, 3)) for x, y in metric.exterior.coords],
        [[(round(x, 3), round(y, 3)) for x, y in ring.coords] for ring in metric.interiors],
    )


def _refused(file: str, kind: str, code: str, note: str) -> dict[str, Any]:
    return {"file": file, "kind": kind, "outcome": "refused_file", "codes": [code], "note": note}
