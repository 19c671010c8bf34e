"""docs/verticals.md describes every key, and its example is a vertical that builds a brief."""

import json
import re
from pathlib import Path

from afterlore.app import cli
from afterlore.brief.vertical import CategorySpec, FormLabels, LabelSpec, Ranking, Vertical, load_vertical

PAGE = (Path(__file__).parents[1] / "docs" / "verticals.md").read_text(encoding="utf-8")

ARTICLES = {
    "a": (
        "储能前沿",
        "朔川能源中标青陇200兆瓦时储能电站，单价0.46元每瓦时",
        "朔川能源3月10日中标青陇储能电站，项目规模为200兆瓦时，中标单价0.46元每瓦时。\n\n"
        "朔川能源表示，电站将于9月投运，首年可为当地电网提供6次调峰服务。\n\n"
        "这意味着储能系统的单价一年内下降了23%，独立电站第一次不靠补贴也能收回成本。",
    ),
    "b": (
        "电网观察",
        "云砂电池发布钠离子电芯：循环寿命1.2万次，零下30度仍有八成容量",
        "云砂电池3月10日发布第二代钠离子电芯，循环寿命达到1.2万次，是上一代的1.5倍。\n\n"
        "在零下30度的环境里，电芯仍能放出82%的容量，热失控温度提高到310度。\n\n"
        "云砂电池首席技术官林屹说：“我们不与锂电比重量，只比二十年的总成本。”",
    ),
    "c": (
        "电网观察",
        "岭西省公布储能容量补偿电价：每千瓦每年180元，5月起执行",
        "岭西省3月10日公布独立储能的容量补偿电价，标准为每千瓦每年180元，5月1日起执行。\n\n"
        "新规要求电站连续放电不少于4小时，达不到的按比例扣减。\n\n"
        "岭西省能源部门预计，全省今年将新增储能装机2.4吉瓦。",
    ),
}
TRUTH = {"a": "项目与招标", "b": "技术与产品", "c": "政策与市场"}


def test_every_key_is_described() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M))
    for model in (Vertical, CategorySpec, LabelSpec, FormLabels, Ranking):
        assert set(model.model_fields) <= rows, model.__name__
    kinds = LabelSpec.model_fields["figures"].annotation
    assert {kind for kind in re.findall(r"'(\w+)'", str(kinds)) if f"`{kind}`" not in PAGE} == set()


def test_the_example_builds_a_brief(tmp_path: Path) -> None:
    vertical = tmp_path / "storage.toml"
    [text] = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    vertical.write_text(text, encoding="utf-8")
    assert load_vertical(vertical).title == "储能行业速递"
    day = tmp_path / "day"
    day.mkdir()
    for name, (outlet, title, body) in ARTICLES.items():
        front = (
            f'url: https://{name}.example/1\ntitle: "{title}"\noutlet: {outlet}\npublished: 2026-03-10T09:00:00+08:00'
        )
        (day / f"{name}.md").write_text(f"---\n{front}\n---\n# {title}\n\n{body}\n", encoding="utf-8")
    out = tmp_path / "out"
    words = ["brief", "build", str(day), "--out", str(out), "--date", "2026-03-10", "--offline", "--quiet"]
    assert cli.run([*words, "--vertical", str(vertical)]) == 0
    assert cli.run(["brief", "verify", str(out)]) == 0
    page = out / "2026-03-10" / "brief.md"
    assert page.read_text(encoding="utf-8").startswith("# 🔋 储能行业速递 - 2026年03月10日\n")
    assert cli.run(["brief", "lint", str(page), "--roundtrip"]) == 0
    ledger = json.loads((out / "2026-03-10" / "brief.json").read_text(encoding="utf-8"))
    outlet_of = {article["id"]: article["url"].split("//")[1][0] for article in ledger["articles"]}
    assert {outlet_of[story["articles"][0]]: story["category"] for story in ledger["stories"]} == TRUTH
