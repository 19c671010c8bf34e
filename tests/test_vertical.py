"""Verticals: shipped ones load, wrong ones say which key and what is valid."""

from pathlib import Path

import pytest

from afterlore.brief.vertical import Cues, Vertical, load_vertical, shipped
from afterlore.core import ConfigError

MINIMAL = """
name = "tea"
title = "茶业日报"
emoji = "🍵"
timezone = "Asia/Shanghai"
[[categories]]
name = "市场"
[categories.words]
"拍卖" = 2
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "tea.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_vertical_loads_and_names_five_or_fewer_words_of_itself() -> None:
    assert "ai" in shipped()
    for name in shipped():
        vertical = load_vertical(name)
        assert vertical.title
        assert vertical.category_names
        assert vertical.zone.key == vertical.timezone


def test_a_vertical_of_another_field_needs_no_code(tmp_path: Path) -> None:
    vertical = load_vertical(write(tmp_path, MINIMAL))
    assert vertical.category_names == ("市场",)
    assert vertical.categories[0].cues.found("春茶拍卖开槌") == {"拍卖": 2.0}


def test_json_round_trip() -> None:
    vertical = load_vertical("ai")
    assert Vertical.from_json(vertical.to_json()) == vertical


@pytest.mark.parametrize(
    ("addition", "key", "valid"),
    [
        ('colour = "green"\n', "colour", "timezone"),
        ("[ranking]\nwieghts = {}\n", "ranking.wieghts", "entities"),
        ('[[labels]]\nname = "产地"\nwrods = {}\n', "labels.0.wrods", "words"),
    ],
)
def test_an_unknown_key_is_named_with_the_file_and_the_valid_ones(
    tmp_path: Path, addition: str, key: str, valid: str
) -> None:
    text = addition + MINIMAL if addition.startswith("colour") else MINIMAL + addition
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_vertical(path)
    assert repr(key) in str(caught.value)
    assert str(path) in str(caught.value)
    assert valid in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MINIMAL.replace("Asia/Shanghai", "Mars/Olympus"), "Mars/Olympus"),
        (MINIMAL + '[[categories]]\nname = "市场"\n', "given twice"),
        (MINIMAL.replace('title = "茶业日报"\n', ""), "'title'"),
        ("name = ", "TOML"),
    ],
)
def test_wrong_values_are_explained(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_vertical(write(tmp_path, text))


def test_a_missing_vertical_lists_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ai"):
        load_vertical("astrology")
    with pytest.raises(ConfigError, match="readable"):
        load_vertical(tmp_path / "none.toml")


def test_cues_match_words_not_parts_of_words() -> None:
    cues = Cues({"arm": 1, "不是…而是": 2, "开源": 3})
    assert cues.found("The alarm rang") == {}
    assert cues.found("ARM发布新架构") == {"arm": 1}
    assert cues.found("问题不是算力而是数据") == {"不是…而是": 2}
    assert cues.found("问题不是算力。而是数据") == {}
    assert cues.found("开源，开源，还是开源") == {"开源": 3}


def test_a_label_may_name_the_figures_that_bear_it_out(tmp_path: Path) -> None:
    label = '[[labels]]\nname = "价格"\nfigures = ["{}"]\nwithout = 0.2\n[labels.words]\n"售价" = 2\n'
    vertical = load_vertical(write(tmp_path, MINIMAL + label.format("money")))
    assert vertical.labels[0].figures == ("money",)
    with pytest.raises(ConfigError, match="percent"):
        load_vertical(write(tmp_path, MINIMAL + label.format("gold")))
