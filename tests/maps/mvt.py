"""A small encoder of vector tiles (version 2.1), so that browser tests draw real tiles without a database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import asinh, pi, radians, tan
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

EXTENT = 4096
BUFFER = 64


@dataclass(frozen=True)
class TileFeature:
    feature_id: int
    geometry: BaseGeometry  # EPSG:4326
    props: Mapping[str, Any]


def world(points: np.ndarray) -> np.ndarray:
    """Longitude and latitude to the Web Mercator square from 0 to 1."""
    lon, lat = points[:, 0], points[:, 1]
    return np.column_stack([lon / 360 + 0.5, 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * pi)])


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    count = 2**z
    return int((lon / 360 + 0.5) * count), int((0.5 - asinh(tan(radians(lat))) / (2 * pi)) * count)


class TileSet:
    """Features projected once, cut into tiles when asked."""

    def __init__(self, layers: Mapping[str, Iterable[TileFeature]]) -> None:
        self._layers: dict[str, tuple[list[TileFeature], np.ndarray, shapely.STRtree]] = {}
        for name, features in layers.items():
            listed = list(features)
            shapes = np.array([shapely.transform(f.geometry, world) for f in listed], dtype=object)
            self._layers[name] = (listed, shapes, shapely.STRtree(shapes))

    def tile(self, z: int, x: int, y: int) -> bytes:
        count, margin = 2**z, BUFFER / EXTENT
        window = shapely.box(
            (x - margin) / count, (y - margin) / count, (x + 1 + margin) / count, (y + 1 + margin) / count
        )
        answer = b""
        for name, (features, shapes, tree) in self._layers.items():
            layer = _Layer(name)
            for i in sorted(tree.query(window)):
                clipped = shapely.intersection(shapes[i], window)
                layer.add(features[i], shapely.transform(clipped, lambda p: (p * count - (x, y)) * EXTENT))
            answer += _chunk(3, layer.encoded())
        return answer


class _Layer:
    def __init__(self, name: str) -> None:
        self.name = name
        self.keys: dict[str, int] = {}
        self.values: dict[tuple[type, Any], int] = {}
        self.features = b""

    def add(self, feature: TileFeature, shape: BaseGeometry) -> None:
        for kind, commands in _commands(shape):
            tags = []
            for key, value in feature.props.items():
                if value is None:
                    continue
                tags.append(self.keys.setdefault(key, len(self.keys)))
                tags.append(self.values.setdefault((type(value), value), len(self.values)))
            body = _number(1, feature.feature_id) + _chunk(2, _packed(tags)) + _number(3, kind)
            self.features += _chunk(2, body + _chunk(4, _packed(commands)))

    def encoded(self) -> bytes:
        keys = b"".join(_chunk(3, key.encode()) for key in self.keys)
        values = b"".join(_chunk(4, _value(value)) for _, value in self.values)
        return (
            _chunk(1, self.name.encode())
            + self.features
            + keys
            + values
            + _number(5, EXTENT)
            + _number(15, 2)
        )


def _commands(shape: BaseGeometry) -> Iterable[tuple[int, list[int]]]:
    parts = [part for part in shapely.get_parts(shape) if not part.is_empty]
    for kind, name, draw in (
        (3, "Polygon", _Pen.surface),
        (2, "LineString", _Pen.line),
        (1, "Point", _Pen.dot),
    ):
        pen = _Pen()
        for part in parts:
            if part.geom_type == name:
                draw(pen, part)
        if pen.commands:
            yield kind, pen.commands


class _Pen:
    def __init__(self) -> None:
        self.commands: list[int] = []
        self.x = self.y = 0

    def surface(self, polygon: BaseGeometry) -> None:
        # In tile space y points down, so this is what the standard calls clockwise.
        turned = orient(polygon, sign=1.0)
        for ring in (turned.exterior, *turned.interiors):
            self.draw(np.asarray(ring.coords)[:-1], closed=True)

    def line(self, line: BaseGeometry) -> None:
        self.draw(np.asarray(line.coords), closed=False)

    def dot(self, point: BaseGeometry) -> None:
        x, y = np.round(np.asarray(point.coords)[0]).astype(int)
        self.commands += [9, *self._move(x, y)]

    def draw(self, points: np.ndarray, *, closed: bool) -> None:
        steps = np.round(points).astype(int)
        keep = np.r_[True, np.any(np.diff(steps, axis=0) != 0, axis=1)]
        steps = steps[keep]
        if len(steps) < (3 if closed else 2):
            return
        self.commands += [9, *self._move(*steps[0]), (len(steps) - 1) << 3 | 2]
        for x, y in steps[1:]:
            self.commands += self._move(x, y)
        if closed:
            self.commands.append(15)

    def _move(self, x: int, y: int) -> list[int]:
        moves = [_zigzag(int(x) - self.x), _zigzag(int(y) - self.y)]
        self.x, self.y = int(x), int(y)
        return moves


def _zigzag(n: int) -> int:
    return (n << 1) ^ (n >> 63)


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _packed(numbers: Iterable[int]) -> bytes:
    return b"".join(_varint(n) for n in numbers)


def _number(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _chunk(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _value(value: Any) -> bytes:
    return _chunk(1, value.encode()) if isinstance(value, str) else _number(4, value)
