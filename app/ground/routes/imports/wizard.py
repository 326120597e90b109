"""One address per import: what it shows follows the state the import is in."""

from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.guard import LOOKS, PLANS, allow, current_account
from app.ground.boundary_import import DATED, STATE_WORDS, sentence_of
from app.ground.queries.areas import area_tree, ground_bounds
from app.ground.queries.imports import (
    all_findings,
    finding_counts,
    import_detail,
    import_progress,
    remembered_mapping,
)
from app.ground.routes.days import today
from app.ground.routes.imports import choices, pictures
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import (
    FINDING_TITLES,
    KIND_WORDS,
    SEVERITY_STYLES,
    SEVERITY_WORDS,
    STATE_STYLES,
    VERDICT_WORDS,
    both,
    crs_title,
    finding_title,
)
from app.ground.rules import parent_level
from app.web.error_pages import wants_json
from app.web.language import sentence, told

RUNNING = ("uploaded", "inspecting", "checking", "publishing")
# The four steps on top of every page, and which states belong to each.
STEP_OF_STATE = {
    "uploaded": 1, "inspecting": 1, "inspected": 2, "checking": 3, "checked": 3, "publishing": 4, "published": 4,
    "undone": 4,
}  # fmt: skip


@imports.get("/imports/<int:import_id>")
@allow(*LOOKS)
def show(import_id: int) -> ResponseReturnValue:
    with db.reading() as session:
        detail = import_detail(session, import_id)
        if wants_json():
            return jsonify(import_progress(session, import_id))
        common = common_facts(detail)
        state = detail["state"]
        if state in RUNNING:
            return render_template("ground/imports/running.html", **common)
        again = request.args.get("step") == "choose" and detail["may"]["check"] and common["may_change"]
        if again or (state == "inspected" and common["may_change"]):
            return show_choices(session, detail, common)
        if state == "checked":
            return show_review(session, detail, common)
        if state in ("published", "undone"):
            return show_end(session, detail, common)
    return render_template("ground/imports/stopped.html", **common)


@imports.get("/imports/<int:import_id>/progress")
@allow(*LOOKS)
def progress(import_id: int) -> ResponseReturnValue:
    with db.reading() as session:
        standing = import_progress(session, import_id)
    return jsonify(
        state=standing["state"],
        stage=sentence(standing["stage_words"] or ""),
        done=standing["done"],
        total=standing["total"],
        percent=standing["percent"],
        version=standing["version"],
    )


@imports.get("/imports/<int:import_id>/columns")
@allow(*PLANS)
def columns(import_id: int) -> ResponseReturnValue:
    """The part of the form that depends on the kind and the layer, as a piece of the page."""
    with db.reading() as session:
        detail = import_detail(session, import_id)
        facts = column_facts(session, detail, request.args.get("layer"), request.args.get("kind"))
    return render_template("ground/imports/columns.html", **facts)


def common_facts(detail: dict[str, Any]) -> dict[str, Any]:
    account = current_account()
    error = detail["error"] or {}
    return {
        "one": detail,
        "step": STEP_OF_STATE.get(detail["state"])
        or (3 if detail["options"] else 2 if detail["inspection"] else 1),
        "may_change": account is not None and account.may(*PLANS),
        "kinds": KIND_WORDS,
        "crs_title": crs_title,
        "states": STATE_WORDS,
        "styles": STATE_STYLES,
        "verdicts": VERDICT_WORDS,
        "problem": told(error["sentence"], error.get("facts")) if error.get("sentence") else "",
        "words": page_words(),
    }


def show_choices(session: Any, detail: dict[str, Any], common: dict[str, Any]) -> str:
    inspection, options = detail["inspection"] or {}, detail["options"] or {}
    layer = choices.layer_of(inspection, request.args.get("layer") or options.get("layer"))
    if layer is None:
        return render_template("ground/imports/stopped.html", **common)
    candidates = choices.with_twins(layer.get("crs_candidates") or [])
    return render_template(
        "ground/imports/choose.html",
        **common,
        **column_facts(session, detail, layer["name"], options.get("kind")),
        layers=inspection.get("layers") or [],
        kind_cards=choices.kinds_for(layer, options.get("kind")),
        crs=layer.get("crs") or {},
        candidates=candidates,
        chosen=options,
        datum=choices.datum_choices(
            suspicions(session, detail), detail["state"] != "inspected", options.get("datum")
        ),
        encodings=choices.encodings_of(layer, options.get("encoding")),
        remarks=remarks_of(inspection),
        swapped=any(finding["code"] == "axis_swapped" for finding in inspection.get("findings") or []),
        has_shapes=bool(layer.get("geometry_types")),
        map=pictures.candidates_map(session, candidates) if candidates else None,
        ground=ground_bounds(session),
    )


def column_facts(
    session: Any, detail: dict[str, Any], layer_name: str | None, kind: str | None
) -> dict[str, Any]:
    options = detail["options"] or {}
    layer = choices.layer_of(detail["inspection"] or {}, layer_name) or {"columns": [], "name": ""}
    chosen_kind = kind if kind in KIND_WORDS else layer.get("kind_guess")
    if chosen_kind is None:
        return {
            "kind": None,
            "rows": [],
            "columns": [],
            "parents": [],
            "parent_level": None,
            "new_parents": [],
            "layer": layer,
            "into": "",
            "new_area": {},
        }
    names = [column["name"] for column in layer["columns"]]
    same = options.get("kind") == chosen_kind and (options.get("layer") or layer["name"]) == layer["name"]
    level = choices.PARENT_LEVELS.get(chosen_kind)
    tree = area_tree(session, today()) if level else []
    stem = choices.stem_of(detail["file_name"])
    return {
        "kind": chosen_kind,
        "rows": choices.column_rows(
            layer,
            chosen_kind,
            remembered_mapping(session, chosen_kind, names),
            options.get("columns") if same else None,
        ),
        "columns": [
            {"name": column["name"], "samples": choices.samples_of(column)}
            for column in layer["columns"]
            if column["filled_share"] > 0 and not column.get("personal")
        ],
        "parents": [line for line in tree if line.level == level],
        "parent_level": level,
        "new_parents": [line for line in tree if line.level == parent_level(level)] if level else [],
        "dated": chosen_kind in DATED,
        "from_day": options.get("from_day") or today().isoformat(),
        "named_here": chosen_kind in choices.NAMED_HERE,
        "given_name": options.get("name") or stem,
        "stem": stem,
        "layer": layer,
        "into": options.get("into") or "",
        "new_area": options.get("new_area") or {},
    }


def remarks_of(inspection: dict[str, Any]) -> list[dict[str, str]]:
    """What the first look found, except what the form asks about anyway."""
    asked = {"crs_missing", "axis_swapped", *choices.SUSPICIONS}
    return [
        {
            "style": SEVERITY_STYLES[finding["severity"]],
            "word": sentence(SEVERITY_WORDS[finding["severity"]][0]),
            "text": told(sentence_of(finding["code"]), finding.get("facts")),
        }
        for finding in inspection.get("findings") or []
        if finding["code"] not in asked
    ]


def suspicions(session: Any, detail: dict[str, Any]) -> list[str]:
    """What speaks for shifted coordinates: seen in the file itself, or by comparing with what is stored."""
    seen = [
        one for one in (detail["inspection"] or {}).get("findings") or [] if one["code"] in choices.SUSPICIONS
    ]
    seen += all_findings(session, detail["id"], choices.SUSPICIONS)
    return list(dict.fromkeys(told(sentence_of(one["code"]), one["facts"]) for one in seen))


def show_review(session: Any, detail: dict[str, Any], common: dict[str, Any]) -> str:
    groups = [
        {
            **group,
            "title": finding_title(group["code"], group["sentence"]),
            "style": SEVERITY_STYLES[group["severity"]],
        }
        for group in finding_counts(session, detail["id"])
    ]
    return render_template(
        "ground/imports/review.html",
        **common,
        groups=groups,
        check=(detail["summary"] or {}).get("check") or {},
        shifted=suspicions(session, detail)
        if (detail["options"] or {}).get("datum", "wgs84") == "wgs84"
        else [],
        severities={key: both(words) for key, words in SEVERITY_WORDS.items()},
        communities=[line for line in area_tree(session, today()) if line.level == "community"],
        map=pictures.review_map(session, detail),
    )


def show_end(session: Any, detail: dict[str, Any], common: dict[str, Any]) -> str:
    bounds = (detail["summary"] or {}).get("bounds")
    return render_template("ground/imports/end.html", **common, bounds=bounds, titles=FINDING_TITLES)


def page_words() -> dict[str, str]:
    """Words of the wizard's scripts."""
    return {
        "failed": _("没有成功，请稍后重试。"),
        "offline": _("连不上服务器，请检查网络后重试。"),
        "rows": _("第 %(done)s / %(total)s 行"),
        "changedElsewhere": _("有人刚刚在别处继续了这次导入，这一页已经不是最新的。"),
        "reload": _("看最新情况"),
        "row": _("第 %(row)s 行"),
        "wholeFile": _("整个文件"),
        "unnamed": _("没有名称"),
        "noneFound": _("没有符合条件的内容。"),
        "more": _("再显示 %(n)s 条"),
        "shownOf": _("显示 %(shown)s 条，共 %(total)s 条"),
        "position": _("第 %(i)s 条，共 %(n)s 条"),
        "noPlace": _("没有位置"),
        "pickCommunity": _("选择社区"),
        "settled": _("已指定 %(n)s 行"),
        "settledOne": _("第 %(row)s 行已指定到“%(name)s”"),
        "allSettled": _("都指定好了。"),
        "communityNone": _("不在任何社区内"),
        "communitySeveral": _("同时落在：%(names)s"),
        "takeBack": _("收回"),
        "choose": _("请选择"),
        "accept": _("确认导入 %(n)s 条"),
        "acceptNone": _("没有可以导入的内容"),
        "before": _("修复前"),
        "after": _("修复后"),
        "both": _("对照"),
        "previous": _("上一条"),
        "next": _("下一条"),
        "tooManyDrawn": _("内容很多，地图上先画出需要看的 %(n)s 个，其余的点开时再画。"),
        "noMap": _("地图没有加载成功，但下面的列表可以照常使用。"),
        "refuse": _("不能导入"),
        "warn": _("请核对"),
        "note": _("说明"),
        "create": _("新增"),
        "change": _("更新"),
        "same": _("不变"),
        "refused": _("不导入"),
        "name": _("名称"),
        "address": _("地址"),
        "code": _("编码"),
        "parent": _("上级"),
        "community": _("社区"),
        "what": _("问题"),
        "rowNumber": _("行"),
        "result": _("结果"),
        "columnTwice": _("这一列已经用在“%(field)s”上了。"),
        "chooseFirst": _("请先选择：%(what)s"),
        "fillFirst": _("请先填写：%(what)s"),
    }
