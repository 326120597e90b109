"""Resident units and public service points: office-like places, no persons and no telephone numbers."""

from collections import defaultdict
from typing import NamedTuple

from shapely import Point

from .areas import Community
from .blocks import Block
from .footprints import Building
from .frame import chance
from .network import Network


class Place(NamedTuple):
    name: str
    kind: str
    address: str
    community: str
    spot: Point
    hours: str = ""


OFFICE_HOURS = "周一至周五 08:30-12:00、13:30-17:30"
CENTRE_HOURS = "周一至周五 08:30-20:00(中午不休息);周六、周日 09:00-17:00 预约办理"
ALWAYS = "全天 00:00-24:00"
# kind -> what it is called, its hours, and how many communities of ten have one.
POINT_KINDS: dict[str, tuple[str, str, int]] = {
    "party_mass_centre": ("党群服务中心", CENTRE_HOURS, 10),
    "community_office": ("居委会", OFFICE_HOURS, 10),
    "clinic": ("社区卫生服务站", "周一至周日 08:00-17:30", 8),
    "aed": ("自动体外除颤器(AED)", ALWAYS, 9),
    "police_post": ("警务室", "周一至周日 08:30-20:30", 8),
    "fire_micro": ("微型消防站", ALWAYS, 9),
    "elder_care": ("养老服务站", "周一至周六 08:30-17:00", 7),
    "canteen": ("助餐点", "周一至周日 10:30-13:00、16:30-18:30", 7),
    "childcare": ("托育点", "周一至周五 07:40-18:00", 4),
    "library": ("社区图书室", "周二至周日 09:00-20:00;周一闭馆", 5),
    "mediation": ("人民调解室", OFFICE_HOURS, 5),
    "legal": ("法律援助工作点", "每周三 14:00-17:00,其余时间预约", 3),
    "rest_station": ("户外劳动者驿站", "周一至周日 07:00-21:00", 6),
    "cooling_point": ("纳凉点", "6月15日至9月15日 10:00-22:00", 5),
    "accessible_toilet": ("无障碍公共厕所", ALWAYS, 8),
    "recycling": ("再生资源回收点", "周一至周日 07:00-10:00、17:00-20:00", 7),
    "charging": ("电动自行车充电站", ALWAYS, 8),
    "supply_store": ("应急物资点", "值守电话见门牌;汛期全天", 5),
    "noticeboard": ("社区公示栏", ALWAYS, 10),
}
UNIT_WORDS = {
    "school": ("学校", "school"), "hospital": ("医院", "hospital"), "market": ("市场", "market"),
    "industrial": ("企业", "enterprise"), "office": ("单位", "office"),
}  # fmt: skip
OFFICE_NAMES = [
    ("设计院", "office"), ("规划测绘院", "office"), ("水务所", "office"), ("供电营业厅", "enterprise"),
    ("邮政支局", "office"), ("税务服务厅", "office"), ("档案馆", "office"), ("文化馆", "office"),
    ("银行支行", "enterprise"), ("信息技术公司", "enterprise"), ("物流公司", "enterprise"), ("检测中心", "enterprise"),
    ("园林养护所", "office"), ("公交场站", "enterprise"), ("出版社", "enterprise"), ("人才服务中心", "office"),
]  # fmt: skip


def resident_units(communities: list[Community], buildings: list[Building]) -> list[Place]:
    """The school, hospital, market, works and offices of each community: one unit to an estate."""
    names = {c.code: c for c in communities}
    groups: dict[tuple[str, str, str], list[Building]] = defaultdict(list)
    for building in buildings:
        if building.kind in UNIT_WORDS:
            groups[(building.community, building.kind, building.estate)].append(building)
    found: list[Place] = []
    for (community, kind, estate), members in sorted(groups.items()):
        main = max(members, key=lambda b: (b.shape.area, b.code))
        address = main.street_address.split("附")[0]
        if kind != "office":
            found.append(
                Place(estate, UNIT_WORDS[kind][1], address, community, main.shape.point_on_surface())
            )
            continue
        for building in members[:2]:
            word, sort = OFFICE_NAMES[len(found) % len(OFFICE_NAMES)]
            name = f"临江区{names[community].name.removesuffix('社区')}{word}"
            address = building.street_address.split("附")[0]
            found.append(Place(name, sort, address, community, building.shape.point_on_surface()))
    return found


def service_points(
    net: Network, blocks: list[Block], communities: list[Community], buildings: list[Building]
) -> list[Place]:
    found: list[Place] = []
    for community in communities:
        mine = [b for b in buildings if b.community == community.code]
        found += _of_community(community, mine)
        found += _of_buildings(community, mine)
        found += _of_open_ground(community, blocks)
    return found + _flood_posts(net, communities)


def _of_community(community: Community, mine: list[Building]) -> list[Place]:
    rng = chance("points", community.code)
    rooms = [b for b in mine if b.kind == "public" and b.title != "亭"]
    fronts = [b for b in mine if b.kind in ("commercial", "residential", "lane_house")]
    middle = community.outline.centroid
    rooms.sort(key=lambda b: (b.shape.distance(middle), b.code))
    hosts = [*rooms[:3], *rng.sample(fronts, min(22, len(fronts)))]
    found = []
    short = community.name.removesuffix("社区")
    for i, (kind, (word, hours, of_ten)) in enumerate(POINT_KINDS.items()):
        if rng.random() * 10 >= of_ten:
            continue
        host = hosts[0] if i < 3 else hosts[i % len(hosts)]
        spot = _doorstep(host, i)
        name = f"{community.name}{word}" if kind == "community_office" else f"{short}{word}"
        found.append(Place(name, kind, host.street_address or host.title, community.code, spot, hours))
    return found


def _doorstep(host: Building, nth: int) -> Point:
    """Inside the building, a few metres apart when several points share it."""
    spot = host.shape.point_on_surface()
    moved = Point(spot.x + 3.0 * (nth % 3 - 1), spot.y)
    return moved if host.shape.contains(moved) else spot


def _of_buildings(community: Community, mine: list[Building]) -> list[Place]:
    found = []
    for building in mine:
        spot = building.shape.point_on_surface()
        if building.kind == "market" and building.title.endswith("交易大厅"):
            found.append(
                Place(
                    building.estate,
                    "grain_food",
                    building.street_address,
                    community.code,
                    spot,
                    "周一至周日 05:30-19:00",
                )
            )
        if building.kind == "school" and building.title.endswith("体育馆"):
            found.append(
                Place(
                    f"{building.estate}避难场所",
                    "shelter",
                    building.street_address,
                    community.code,
                    spot,
                    "启用时全天开放",
                )
            )
        if building.kind == "hospital" and building.title.endswith("门诊楼"):
            found.append(Place(f"{building.estate}门诊", "clinic", building.street_address, community.code, spot,
                               "门诊 周一至周日 08:00-17:30;急诊全天"))  # fmt: skip
    return found


def _of_open_ground(community: Community, blocks: list[Block]) -> list[Place]:
    parks = [blocks[i] for i in community.blocks if blocks[i].use == "park"]
    if parks:
        spot = max(parks, key=lambda b: b.ground.area).ground.representative_point()
    else:
        grounds = [blocks[i].ground for i in community.blocks if not blocks[i].ground.is_empty]
        spot = min(
            (g.representative_point() for g in grounds), key=lambda p: p.distance(community.outline.centroid)
        )
    short = community.name.removesuffix("社区")
    return [
        Place(f"{short}应急集合点", "evac_point", f"{community.name}内", community.code, spot, ALWAYS),
        Place(
            f"{short}健身点",
            "sport",
            f"{community.name}内",
            community.code,
            Point(spot.x + 18, spot.y - 12),
            "周一至周日 06:00-22:00",
        ),
    ]


def _flood_posts(net: Network, communities: list[Community]) -> list[Place]:
    """A post every kilometre or so on the levee, in the flood season only."""
    found = []
    for chainage in range(500, int(net.levee.length), 1000):
        spot = net.levee.interpolate(chainage)
        home = next(c for c in communities if c.outline.contains(spot))
        stake = f"K{chainage // 1000}+{chainage % 1000:03d}"
        found.append(
            Place(
                f"安澜堤{stake}防汛值守点",
                "flood_post",
                f"临江安澜堤{stake}",
                home.code,
                spot,
                "5月1日至9月30日 全天",
            )
        )
    return found
