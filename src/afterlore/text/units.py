# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Units of measure: spelling → (dimension, group within it, factor to the base unit)."""

__all__ = ["CURRENCIES", "DIMENSIONS", "NOUNS", "UNITS", "WORDS_OF_UNITS"]

CURRENCIES = {
    "$": "USD", "US$": "USD", "USD": "USD", "HK$": "HKD", "HKD": "HKD", "NT$": "TWD", "S$": "SGD", "A$": "AUD", "C$": "CAD",
    "¥": "CNY|JPY", "RMB": "CNY", "CNY": "CNY", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "JPY": "JPY", "₩": "KRW", "₹": "INR",
}  # fmt: skip

UNITS: dict[str, tuple[str, str, float]] = {}


def _add(dimension: str, group: str, factor: float, spellings: str) -> None:
    for spelling in spellings.split("|"):
        UNITS[spelling] = (dimension, group, factor)


DIMENSIONS = {
    "time": True,
    "bytes": True,
    "length": True,
    "weight": True,
    "energy": True,
    "power": True,
    "frequency": True,
}
"""Dimensions whose units convert into one another."""

_add("percent", "", 1, "%|percent|per cent")
_add("points", "", 1, "个百分点|百分点|percentage points|percentage point|pp|pct pts")
_add("points", "", 0.01, "个基点|基点|basis points|basis point|bps|bp")
_add("multiple", "", 1, "倍|x|X|times|-fold|fold")
for _code, _names in {
    "CNY": "元人民币|人民币元|元|人民币|块钱|yuan|renminbi|RMB|CNY",
    "USD": "美元|美金|刀|dollars|dollar|USD|US dollars",
    "HKD": "港元|港币|HKD|Hong Kong dollars",
    "EUR": "欧元|euros|euro|EUR",
    "GBP": "英镑|pounds sterling|GBP",
    "JPY": "日元|日圆|yen|JPY",
    "KRW": "韩元|won|KRW",
    "INR": "卢比|rupees|INR",
    "TWD": "新台币|台币",
    "SGD": "新加坡元|新元",
}.items():
    _add("money", _code, 1, _names)
_add("money", "CNY", 0.1, "角钱|毛钱")
_add("money", "CNY", 0.01, "分钱")
_add("money", "USD", 0.01, "美分|cents|cent")
for _factor, _names in (
    (1e-9, "纳秒|nanoseconds|ns"),
    (1e-6, "微秒|microseconds|μs|us"),
    (1e-3, "毫秒|milliseconds|millisecond|ms"),
    (1.0, "秒钟|秒|seconds|second|secs|sec|s"),
    (60.0, "分钟|minutes|minute|mins|min"),
    (3600.0, "个多小时|个小时|小时|个钟头|个工作小时|工作小时|working hours|business hours|hours|hour|hrs|hr|h"),
    (86400.0, "天|日|个工作日|工作日|working days|business days|days|day"),
    (604800.0, "周|个星期|个礼拜|星期|weeks|week"),
    (2629800.0, "个多月|个月|months|month"),
    (7889400.0, "个季度|quarters"),
    (31557600.0, "年|years|year"),
):
    _add("time", "", _factor, _names)
for _power, _prefix in enumerate(("KB", "MB", "GB", "TB", "PB", "EB", "ZB"), 1):
    _add("bytes", "", 1e3**_power, f"{_prefix}|{_prefix[0]}iB")
_add("bytes", "", 1, "字节")
_add("bytes", "", 1e9, "GB显存|G显存|G内存")
for _factor, _names in (
    (1e-9, "纳米|nm|nanometers|nanometres|nanometer"),
    (1e-6, "微米|μm|um"),
    (1e-3, "毫米|mm|millimeters|millimetres"),
    (1e-2, "厘米|cm|centimeters|centimetres"),
    (1.0, "米|m|meters|metres"),
    (1e3, "公里|千米|km|kilometers|kilometres|kilometer"),
    (1609.344, "英里|miles|mile"),
    (0.0254, "英寸|inches|inch|寸"),
):
    _add("length", "", _factor, _names)
for _factor, _names in (
    (1e-3, "毫克|mg"),
    (1.0, "克|g|grams"),
    (1e3, "公斤|千克|kg|kilograms|kilos"),
    (28.35, "盎司|ounces|ounce|oz"),
    (453.6, "磅|lbs|lb"),
    (500.0, "斤"),
    (1e6, "吨|tonnes|tons|metric tons"),
):
    _add("weight", "", _factor, _names)
for _factor, _names in (
    (1.0, "瓦时|Wh"),
    (1e3, "千瓦时|度电|kWh|kilowatt-hours|kilowatt hours"),
    (1e6, "兆瓦时|MWh|megawatt-hours"),
    (1e9, "吉瓦时|GWh|gigawatt-hours"),
    (1e12, "太瓦时|TWh|terawatt-hours|terawatt hours"),
):
    _add("energy", "", _factor, _names)
for _factor, _names in (
    (1.0, "瓦|W|watts"),
    (1e3, "千瓦|kW|kilowatts"),
    (1e6, "兆瓦|MW|megawatts|megawatt"),
    (1e9, "吉瓦|GW|gigawatts|gigawatt"),
    (1e12, "太瓦|TW|terawatts"),
):
    _add("power", "", _factor, _names)
for _factor, _names in ((1.0, "赫兹|Hz"), (1e3, "kHz"), (1e6, "MHz|兆赫"), (1e9, "GHz|吉赫")):
    _add("frequency", "", _factor, _names)
for _factor, _names in ((1e9, "GFLOPS"), (1e12, "TFLOPS|TOPS"), (1e15, "PFLOPS|PetaFLOPS"), (1e18, "EFLOPS|EOPS")):
    _add("compute", "", _factor, _names)
_add("volume", "", 1, "毫升|ml|mL")
_add("volume", "", 1e3, "升|公升|liters|litres")
_add("bits", "", 1, "比特|bits|bit")
_add("angle", "", 1, "度|degrees|degree|°")
_add("temperature", "", 1, "℃|°C|摄氏度")
_add("pixels", "", 1, "像素|pixels|px")
_add("area", "", 1, "平方米|平米|square meters|square metres")
_add("area", "", 1e6, "平方公里|square kilometers")
_add("count", "score", 1, "分|points|point")
_add("count", "token", 1, "token|tokens|Token|Tokens|TOKEN|词元|个token|个Token|个词元")
_add("count", "param", 1, "参数|个参数|parameters|parameter|params")
_add(
    "count",
    "person",
    1,
    "人|名|位|人次|people|persons|employees|staff|workers|engineers|researchers|patients|jobs|users",
)
_add("count", "org", 1, "家|companies|firms|hospitals|stores|startups")
_add("count", "machine", 1, "台|辆|架|units|robots|vehicles|cars|machines")
_add("count", "times", 1, "次|趟")
_add("count", "char", 1, "字|个字|汉字|words|characters")
_add("count", "share", 1, "股|shares")
_add(
    "count",
    "",
    1,
    "个|款|颗|张|篇|项|块|种|条|场|所|座|部|份|枚|只|片|席|套|件|门|层|轮|代|类|步|支|艘|栋|本|首|段|句|道|页|节|户|例|起|批|组|对|点|大|重|则|行|副|单|票|幅|笔|桶|箱|瓶|根|株|核|卡",
)
# After "每" these letters would be units; alone behind a figure they are far more often scales or names.
for _bare in ("m", "h", "s", "W", "g"):
    UNITS.pop(_bare, None)
UNITS["h"] = ("time", "", 3600.0)
UNITS["s"] = ("time", "", 1.0)

NOUNS = {
    **dict.fromkeys(
        [
            "people",
            "persons",
            "employees",
            "staff",
            "workers",
            "engineers",
            "researchers",
            "patients",
            "jobs",
            "users",
            "customers",
            "subscribers",
            "members",
            "developers",
            "scientists",
            "participants",
            "students",
            "teachers",
            "staffers",
        ],
        "person",
    ),
    **dict.fromkeys(["companies", "firms", "hospitals", "stores", "startups", "banks"], "org"),
    **dict.fromkeys(["units", "robots", "vehicles", "cars", "machines", "humanoids"], "machine"),
    **dict.fromkeys(["tokens", "token"], "token"),
    **dict.fromkeys(["parameters", "params", "parameter"], "param"),
    **dict.fromkeys(["words", "characters"], "char"),
    **dict.fromkeys(["shares"], "share"),
}
"""English nouns that say what a count counts; others count as things in general."""

WORDS_OF_UNITS = {
    "起": "步售拍价码点来", "家": "居电用族庭", "台": "积湾阶", "部": "署门分", "条": "件款", "层": "面级", "代": "码表理工言际", "批": "量评准",
    "组": "织合件装成", "股": "份权价东市票", "门": "店槛", "套": "餐利", "场": "景馆地均", "位": "置居列", "名": "单列称为次", "片": "上段区",
    "轮": "流胎毂岗", "类": "型似别", "例": "如外行会", "首": "席次发批日个先款轮月", "点": "评赞击播", "本": "土地次来季月年周钱金", "步": "骤行态",
    "升": "至到级值温空为", "种": "子植草", "人": "工均民类形才脸", "次": "日年方元要级", "分": "别析享布发为部支", "单": "位一独", "核": "心算查", "只": "有能需要是卖剩占用", "行": "业情动",
    "道": "路德", "度": "过假", "重": "点要新大复", "大": "家幅约概会", "对": "于比外手", "则": "是为在由将以", "项": "目",
}  # fmt: skip
"""A letter that counts things, and the letters behind it with which it begins a word of its own."""
