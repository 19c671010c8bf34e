"""Headlines break between words, never before a closing mark, and lose nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.text.phrases import phrases


@given(st.text(st.sampled_from("拓步机器人W2 9.98万元，。“”《》A-4%1亿\u3000")))
def test_nothing_is_lost(text: str) -> None:
    pieces = phrases(text)
    assert "".join(pieces) == text
    assert all(piece[0] not in "，。”》%" for piece in pieces[1:])
    assert all(piece[-1] not in "“《" for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("首批120台今天运抵皖陵汽配", "120台"),
        ("霁川智能推出旗舰模型Jichuan-4", "Jichuan-4"),
        ("岑山半导体发布推理卡CS200：带宽3.2TB/s", "3.2TB/s"),
        ("AI眼镜跌破2000元", "2000元"),
    ],
)
def test_what_belongs_together_stays(text: str, kept: str) -> None:
    assert any(kept in piece for piece in phrases(text))
    assert len(phrases(text)) > 1
