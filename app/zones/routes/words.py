"""Words of the workbench's script, in the reader's language; named places are filled in the browser."""

from flask_babel import gettext as _


def page_words() -> dict[str, str]:
    """Key -> text."""
    return {
        "failed": _("没有成功，请稍后重试。"), "offline": _("连不上服务器，请检查网络后重试。"),
        "noMap": _("地图没有加载成功，请刷新页面。"),
        "undo": _("撤销"), "redo": _("重做"), "nothingToUndo": _("没有可以撤销的步骤。"),
        "undone": _("已撤销：%(step)s"), "redone": _("已重做：%(step)s"),
        "unassigned": _("未划入"), "pressKey": _("按 %(key)s 键选"), "allAssigned": _("全部楼栋都已划入责任区。"),
        "buildingsHouseholds": _("%(n)s 栋 · %(h)s 户"), "buildingsN": _("%(n)s 栋"), "householdsN": _("%(h)s 户"),
        "given": _("%(n)s 栋（%(h)s 户）已划入%(zone)s。"), "takenOut": _("%(n)s 栋（%(h)s 户）已移出责任区。"),
        "movedFrom": _("%(n)s 栋来自第 %(zone)s 责任区。"),
        "movedFromMany": _("%(n)s 栋来自另外 %(zones)s 个责任区。"), "outside": _("另有 %(n)s 栋属于别的社区，没有动。"),
        "lockedAside": _("另有 %(n)s 栋在锁定的责任区，没有动。"),
        "lock": _("锁定"), "unlock": _("解锁"), "locked": _("已锁定"),
        "zoneLocked": _("%(zone)s已锁定，圈选和自动划分都不会动它。"), "zoneUnlocked": _("%(zone)s已解锁。"),
        "nothingInside": _("圈里没有这个社区的楼栋。"), "alreadyThere": _("圈里的楼栋都已在%(zone)s。"),
        "notInAny": _("这些楼栋本来就没有划入责任区。"), "inThisZone": _("这栋楼已在%(zone)s。"), "takeOut": _("移出"),
        "elsewhere": _("这栋楼不属于这个社区。"), "chooseZone": _("先新建一个责任区，再划入楼栋。"),
        "pickedNoZone": _("圈中 %(n)s 栋（%(h)s 户）。"), "newFromPicked": _("划入新责任区"),
        "zoneMade": _("已新建%(zone)s，点楼栋或圈选来划入。"), "zoneRemoved": _("已删除%(zone)s，%(n)s 栋变为未划入。"),
        "renumbered": _("已重新编号，%(n)s 个责任区换了编号。"), "numberedAlready": _("编号已经是从西到东、从北到南。"),
        "changedElsewhere": _("方案已被别人更新，现在显示的是最新内容。"),
        "remaining": _("还有 %(n)s 栋未划入"), "covered": _("已划入 %(n)s / %(all)s 栋"),
        "share": _("%(share)s 的住户已划入"), "deviation": _("各区户数与平均值最大相差 %(share)s"),
        "households": _("户数"), "target": _("当前"), "band": _("%(low)s–%(high)s 户为宜"),
        "zoomTo": _("在地图上看"), "rename": _("改名或换编号"), "remove": _("删除责任区"), "more": _("%(zone)s的更多操作"),
        "removeSure": _("删除%(zone)s？其中 %(n)s 栋会变为未划入。可以撤销。"),
        "noZones": _("还没有责任区。按 N 新建一个，再点楼栋或圈选。"), "noZonesView": _("这个方案还没有责任区。"),
        "selected": _("已选 %(n)s 栋"), "found": _("共 %(n)s 栋 · %(h)s 户"), "page": _("第 %(page)s / %(pages)s 页"),
        "previous": _("上一页"), "next": _("下一页"), "nobody": _("没有符合条件的楼栋。"),
        "selectOne": _("选择%(name)s"), "unnamed": _("未命名楼栋"), "all": _("全部楼栋"), "zone": _("责任区"),
        "giveTo": _("划入%(zone)s"), "pickFirst": _("请先勾选楼栋。"), "building": _("楼栋"), "address": _("地址"),
        "lassoOn": _("圈选：按住画一圈。松手后圈里的楼栋划入%(zone)s；按住 Alt 画则移出。"),
        "lassoTouch": _("用手指画一圈，圈里的楼栋划入%(zone)s。"), "giveNow": _("划入"),
        "saving": _("正在保存…"), "saved": _("已保存"), "notSaved": _("没有保存"), "close": _("关闭"),
    }  # fmt: skip
