"""Figures, dates and names as they are read from sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.text.dates import dates
from afterlore.text.names import names, occurs
from afterlore.text.normalize import normalize, skeleton
from afterlore.text.quantities import chinese_number, quantities


@pytest.mark.parametrize(
    ("text", "value", "dimension", "unit"),
    [
        ("融资１２亿元人民币", 12e8, "money", "CNY"),
        ("估值1.2 trillion dollars", 1.2e12, "money", "USD"),
        ("raised $5.7bn", 5.7e9, "money", "USD"),
        ("€85m", 85e6, "money", "EUR"),
        ("共1,234,567个", 1234567, "count", ""),
        ("1亿用户", 1e8, "", ""),
        ("100 million users", 1e8, "count", "person"),
        ("占三成", 30, "percent", ""),
        ("三分之一的人", 100 / 3, "percent", ""),
        ("two-thirds of firms", 200 / 3, "percent", ""),
        ("上升2.5个百分点", 2.5, "points", ""),
        ("rose 50 basis points", 0.5, "points", ""),
        ("是原来的三倍", 3, "multiple", ""),
        ("a 3x jump", 3, "multiple", ""),
        ("翻了一番", 2, "multiple", ""),
        ("一百二十家", 120, "count", "org"),
        ("两千五百台", 2500, "count", "machine"),
        ("3个半小时", 3.5 * 3600, "time", ""),
        ("3个半月", 3.5 * 2629800, "time", ""),
        ("1小时46分钟", 6360, "time", ""),
        ("下载量突破三百万", 3e6, "", ""),
        ("连续第六周", 6 * 604800, "time", ""),
        ("每五名用户里就有一名", 20, "percent", ""),
        ("500毫升", 500, "volume", ""),
        ("60分钟", 3600, "time", ""),
        ("500km", 500000, "length", ""),
        ("0.02毫米", 2e-5, "length", ""),
        ("耗电945太瓦时", 945e12, "energy", ""),
        ("128GB显存", 128e9, "bytes", ""),
        ("1M token", 1e6, "count", "token"),
    ],
)
def test_one_figure(text: str, value: float, dimension: str, unit: str) -> None:
    (found,) = quantities(text)
    assert found.value == pytest.approx(value)
    assert (found.dimension, found.unit) == (dimension, unit)
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    ["GPT-5.4和U2", "H20芯片", "一家公司", "3D打印与5G", "7×24小时", "one of them", "2026年6月8日", "上周", "Q2"],
)
def test_what_is_no_figure(text: str) -> None:
    assert quantities(text) == ()


def test_ranges_share_their_unit() -> None:
    for text in ("3到5亿元", "3-5亿元", "3亿元至5亿元", "¥3-5亿"):
        low, high = quantities(text)
        assert (low.value, high.value, low.bound, high.bound) == (3e8, 5e8, "low", "high")
        assert low.dimension == high.dimension == "money"
    low, high = quantities("20~30%")
    assert (low.value, high.value, low.dimension) == (20, 30, "percent")


def test_complements_have_one_ratio() -> None:
    texts = ["延迟降低73%", "延迟仅为原来的27%", "latency is 27% of what it was", "latency fell by 73%"]
    assert [quantities(text)[0].ratio for text in texts] == [pytest.approx(0.27)] * 4
    assert (
        quantities("增长两倍")[0].ratio == quantities("是去年的三倍")[0].ratio == quantities("增长200%")[0].ratio == 3
    )


def test_direction_beside_a_latin_name() -> None:
    assert [(q.form, q.direction) for q in quantities("Harbor的召回较Quay提升3.4%")] == [("by", 1)]
    assert [q.direction for q in quantities("against 22% for its rival")] == [0]


def test_bounds_and_rates() -> None:
    texts = ("超过5亿元", "约5亿元", "最高5亿元", "不到5亿元", "up to $5", "5亿元左右", "7万多个")
    assert [quantities(text)[0].bound for text in texts] == [
        "over", "about", "most", "under", "most", "about", "over",
    ]  # fmt: skip
    assert quantities("每天3000次")[0].per == ("day",)
    assert quantities("$0.40 per million input tokens")[0].per == ("1e6",)


@given(st.integers(1, 9999))
def test_chinese_numerals_round_trip(number: int) -> None:
    digits = "零一二三四五六七八九"
    spelt, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            spelt += ("零" if zero and spelt else "") + digits[digit] + name
            zero = False
        else:
            zero = True
    assert chinese_number(spelt) == number


@given(st.text(max_size=80))
def test_reading_never_fails_and_spans_fit(text: str) -> None:
    assert len(normalize(text)) == len(text)
    for found in (*quantities(text), *dates(text)):
        assert text[found.start : found.end] == found.text


@given(st.integers(1, 10**6), st.sampled_from(["万", "亿"]))
def test_full_width_and_half_width_are_one(number: int, scale: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in str(number))
    assert [q.value for q in quantities(f"共{wide}{scale}元")] == [q.value for q in quantities(f"共{number}{scale}元")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2026年6月8日", (2026, 6, 8, None, None, None)),
        ("March 14, 2027", (2027, 3, 14, None, None, None)),
        ("14 March 2027", (2027, 3, 14, None, None, None)),
        ("6月8日", (None, 6, 8, None, None, None)),
        ("2028年上半年", (2028, None, None, None, 1, None)),
        ("H1 2028", (2028, None, None, None, 1, None)),
        ("the first half of 2028", (2028, None, None, None, 1, None)),
        ("三季度", (None, None, None, 3, None, None)),
        ("the fourth quarter", (None, None, None, 4, None, None)),
        ("周三", (None, None, None, None, None, 3)),
        ("on Wednesday", (None, None, None, None, None, 3)),
    ],
)
def test_dates(text: str, parts: tuple[int | None, ...]) -> None:
    assert dates(text)[0].parts == parts


def test_relative_dates_hold_their_word() -> None:
    assert [d.relative for d in dates("昨日发布，last week 也有")] == ["昨日", "last week"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("谷歌与英伟达合作", {"谷歌", "英伟达"}),
        ("Google and NVIDIA agreed", {"谷歌", "英伟达"}),
        ("据悉，凌波智行完成融资", {"凌波"}),
        ("砺石机器人联合创始人周牧野说", {"砺石", "周牧野"}),
        ("Elon Musk 周二说", {"马斯克"}),
    ],
)
def test_names(text: str, keys: set[str]) -> None:
    assert keys <= {name.key for name in names(text)}


@pytest.mark.parametrize(
    "text",
    [
        "研究人员认为这项技术可以提升速度",
        "人工智能公司正在扩张",
        "该公司表示",
        "Revenue climbed sharply",
        "AI和CEO谈API",
        "公司仍未上市",
    ],
)
def test_ordinary_words_are_no_names(text: str) -> None:
    assert names(text) == ()


def test_a_name_occurs_under_any_spelling() -> None:
    (name,) = names("微软宣布")
    assert occurs(name, "microsoft said", frozenset({"microsoft", "said"}))
    assert not occurs(name, "oracle said", frozenset({"oracle", "said"}))


def test_skeleton_keeps_what_changes_a_figure() -> None:
    assert skeleton("提升3.2%！") == "提升3.2%"
    assert skeleton("“我们，不会”") == skeleton("我们不会")


@given(st.integers(1, 23), st.integers(1, 59))
def test_hours_and_minutes_are_one_figure(hours: int, minutes: int) -> None:
    (q,) = quantities(f"全程用时{hours}小时{minutes}分钟。")
    assert q.value == hours * 3600 + minutes * 60


def test_two_or_three_is_a_range() -> None:
    low, high = quantities("要两三个小时")
    assert (low.value, low.bound, high.value, high.bound) == (7200, "low", 10800, "high")


def test_the_number_of_a_list_item_is_no_figure() -> None:
    assert [q.value for q in quantities("2.新版内存占用12GB")] == [12e9]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("杭城银行副行长李炯在会上称进展顺利", "李炯"),
        ("霍启明博士加入实验室", "霍启明"),
        ("由程砚之换成潘以宁", "程砚之"),
        ("由云杉创投领投", "云杉创投"),
    ],
)
def test_names_hidden_by_the_cut_into_words(text: str, name: str) -> None:
    assert name in {found.text for found in names(text)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("新模型Kestrel-4：3000亿参数", [3e11]),
        ("眼镜Air 2重38克", [38.0]),
        ("from about 800,000 to 5 million users", [800_000.0, 5_000_000.0]),
        ("a 1.2-trillion-parameter model", [1.2e12]),
        ("单颗螺钉的成本降到4.6分钱", [0.046]),
        ("试产持续了一个半月", [45 * 86400.0]),
        ("近九成的客户续约", [90.0]),
    ],
)
def test_figures_that_are_easily_misread(text: str, values: list[float]) -> None:
    read = [quantity.value for quantity in quantities(text)]
    assert read == pytest.approx(values, rel=0.02), [q.text for q in quantities(text)]


def test_a_day_of_the_month_in_chinese_numerals_is_no_duration() -> None:
    assert [(day.month, day.day) for day in dates("六月五日股价下跌")] == [(6, 5)]
    assert [day.month for day in dates("2024年9.9万元的机型")] in ([], [None])
