"""The words that the map's modules show. The page translates them and hands them over as JSON."""

from typing import Final

from app.errors import N_

# Named places such as %(n)s are filled in the browser.
WORDS: Final[dict[str, str]] = {
    "map": N_("地图"),
    "keys_hint": N_("地图：方向键移动，加减号缩放，按回车逐栋查看楼栋。"),
    "keys_started": N_("逐栋查看，共 %(n)s 栋。方向键找旁边的楼，Tab 看下一栋，回车打开，Esc 退出。"),
    "keys_none": N_("这里没有可选的楼栋，请放大或移动地图。"),
    "keys_left": N_("已退出逐栋查看。"),
    "keys_building": N_("%(name)s，第 %(i)s 栋，共 %(n)s 栋"),
    "keys_building_group": N_("%(name)s，%(group)s，第 %(i)s 栋，共 %(n)s 栋"),
    "building": N_("楼栋"),
    "buildings_n": N_("%(n)s 栋"),
    "households_n": N_("%(n)s 户"),
    "legend": N_("图例"),
    "zoom_in": N_("放大"),
    "zoom_out": N_("缩小"),
    "zoom_all": N_("回到全图"),
    "locate": N_("我的位置"),
    "locate_refused": N_("没有取得位置。请在浏览器里允许定位，位置只在本机使用。"),
    "full_screen": N_("全屏"),
    "print": N_("打印"),
    "colour_by": N_("着色"),
    "lasso_add": N_("圈选：画一圈选中楼栋。Shift 追加，Alt 去掉，Esc 取消。"),
    "lasso_small": N_("圈得太小，请再画一次。"),
    "tiles_failed": N_("有些图块没有取到。"),
    "retry": N_("重试"),
    "sign_in": N_("登录"),
    "close": N_("关闭"),
    "north": N_("北"),
    "name": N_("名称"),
    "code": N_("编码"),
    "address": N_("地址"),
    "kind": N_("用途"),
    "floors": N_("层数"),
    "units": N_("单元"),
    "households": N_("户数"),
    "zone": N_("责任区"),
    "zone_list": N_("责任区一览"),
}
