"""Test material for the context database: folders of Markdown in Chinese and English, the same for the same seed.

The companies, products and figures are made up. Documents have what real ones have: front matter, headings down to the
fourth level, wrapped lines, lists, tables, code with a ``#`` in it, quotations, links and a line or two of boilerplate.
"""

import random
from pathlib import Path

__all__ = ["document", "write_folder"]

_PRODUCTS = ("Kiteloom", "Jichuan", "Tessary", "Brackwater", "Orlop", "Fennel DB", "Quillon", "Marrow", "Sable", "Tarn")
_PARTS = (
    ("scheduler", "调度器"),
    ("write-ahead log", "预写日志"),
    ("query planner", "查询规划器"),
    ("access control", "访问控制"),
    ("backup service", "备份服务"),
    ("rate limiter", "限流器"),
    ("vector index", "向量索引"),
    ("event bus", "事件总线"),
    ("billing ledger", "计费账本"),
    ("plugin host", "插件宿主"),
)
_TASKS = (
    ("Install", "安装"),
    ("Configure", "配置"),
    ("Upgrade", "升级"),
    ("Monitor", "监控"),
    ("Recover", "恢复"),
    ("Tune", "调优"),
    ("Secure", "加固"),
    ("Migrate", "迁移"),
    ("Test", "测试"),
    ("Retire", "下线"),
)
_EN = (
    "The {part} of {product} keeps {n} copies of every record and answers reads from the nearest one.",
    "Operators change the limit of {n} requests per second in one file, and the {part} reads it without a restart.",
    "A failed node is replaced within {n} seconds, because the {part} holds no state of its own.",
    "Before version {v}, {product} lost up to {n} events when the disk filled up.",
    "This section describes how to {task} the {part} on a cluster of {n} machines.",
    "Every change is written to the audit trail with the name of the person and the time in UTC.",
    "The default of {n} megabytes suits machines with little memory; larger ones should double it.",
    "{product} {v} refuses to start when the {part} finds a checksum that does not match.",
    "It is safe to run the command twice.",
    "However, the {part} must be stopped first.",
)
_ZH = (
    "{product}的{part}为每条记录保留{n}份副本，并从最近的一份读取。",
    "运维人员只需修改一个文件就能调整每秒{n}次请求的上限，{part}无需重启即可生效。",
    "{part}自身不保存状态，因此故障节点可以在{n}秒内被替换。",
    "在{v}版本之前，{product}在磁盘写满时最多会丢失{n}个事件。",
    "本节介绍如何在{n}台机器的集群上{task}{part}。",
    "每次变更都会连同操作人和UTC时间一起写入审计记录。",
    "默认的{n}兆内存适合小型机器，较大的机器应当加倍。",
    "当{part}发现校验和不一致时，{product} {v}会拒绝启动。",
    "这条命令可以放心地重复执行。",
    "但是，必须先停止{part}。",
)
_CODE = '```sh\n# not a heading\n{word}ctl {part} --limit {n} --wait\n## nor this\necho "done" | tee -a run.log\n```\n'
_BOILERPLATE = (
    "[Back to top](#top) | [Edit this page](https://docs.example/edit)",
    "© 2026 Harrowgate Cloud. All rights reserved.",
    "上一篇：[概览](overview.md) 下一篇：[参考](reference.md)",
)


def document(seed: int, *, chinese: bool, size: int = 12_000) -> str:
    """One document of about ``size`` bytes of UTF-8."""
    rng = random.Random(f"{seed}-{chinese}")
    product, part, task = rng.choice(_PRODUCTS), rng.choice(_PARTS)[chinese], rng.choice(_TASKS)[chinese]
    title = f"{task}{product}的{part}" if chinese else f"{task} the {part} of {product}"
    out: list[str] = []
    if rng.random() < 0.5:
        tags = "运维, 集群" if chinese else "operations, cluster"
        out.append(f'---\ntitle: "{title}"\ntags: [{tags}]\ndate: 2026-03-{seed % 27 + 1:02d}\n---\n')
    out.append(f"# {title}\n")
    out.append(_paragraph(rng, product, part, task, chinese))
    length, numbers = sum(len(piece.encode()) for piece in out), [0, 0, 0]
    while length < size:
        depth = rng.choice((2, 2, 3, 3, 4)) if numbers[0] else 2
        numbers[depth - 2] += 1
        below, doing = rng.choice(_PARTS)[chinese], rng.choice(_TASKS)[chinese]
        heading = f"{doing}{below}" if chinese else f"{doing} the {below}"
        pieces = [f"{'#' * depth} {heading}\n", _paragraph(rng, product, below, doing, chinese)]
        pieces += _extras(rng, product, below, doing, chinese)
        out += pieces
        length += sum(len(piece.encode()) + 1 for piece in pieces)
    out.append(rng.choice(_BOILERPLATE) + "\n")
    return "\n".join(out)


def write_folder(folder: Path, *, files: int = 200, size: int = 12_000, seed: int = 0) -> int:
    """``files`` documents, twenty to a folder, every second one in Chinese; gives their bytes."""
    total = 0
    for number in range(files):
        chinese = number % 2 == 1
        text = document(seed + number, chinese=chinese, size=size)
        place = folder / f"{_TASKS[number // 20 % 10][number // 20 % 2]}-{number // 20:02d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:03d}-{'说明' if chinese else 'guide'}.md").write_text(text, encoding="utf-8")
        total += len(text.encode())
    return total


def _sentence(rng: random.Random, product: str, part: str, task: str, chinese: bool) -> str:
    pattern = rng.choice(_ZH if chinese else _EN)
    version = f"{rng.randint(1, 4)}.{rng.randint(0, 9)}"
    words = {"product": product, "part": part, "n": rng.randint(2, 900), "v": version}
    return pattern.format(task=task if chinese else task.lower(), **words)


def _paragraph(rng: random.Random, product: str, part: str, task: str, chinese: bool) -> str:
    said = [_sentence(rng, product, part, task, chinese) for _ in range(rng.randint(3, 6))]
    if chinese:
        return "".join(said) + "\n"
    text, lines = " ".join(said), [""]
    for word in text.split():
        # Hard-wrapped, as people write it.
        lines[-1] = f"{lines[-1]} {word}".strip()
        if len(lines[-1]) > 90:
            lines.append("")
    return "\n".join(line for line in lines if line) + "\n"


def _extras(rng: random.Random, product: str, part: str, task: str, chinese: bool) -> list[str]:
    said = _sentence(rng, product, part, task, chinese)
    n = rng.randint(2, 900)
    named = "**限制**" if chinese else "**Limits**"
    table = "| 键 | 值 |" if chinese else "| key | value |"
    choices = (
        [_CODE.format(word=product.split()[0].lower(), part=part.split()[0], n=n)],
        [f"{table}\n| --- | --- |\n| limit | {n} |\n| wait | {n // 2} |\n"],
        [f"- {named}: {said}\n- [{part}](./{n}.md)\n- `--wait`\n"],
        [f"> {said}\n"],
        [],
    )
    return rng.choice(choices)
