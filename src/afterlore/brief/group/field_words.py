"""Words that the field uses in stories of all kinds, and how common they are in it. Dictionaries of general usage think
them rare; written by hand from what the field talks about.
"""

from functools import lru_cache

from afterlore.text.names import aliases
from afterlore.text.ngrams import rarity_prior

__all__ = ["everyday", "usage"]

# In every second article.
_TRADE_WORDS = """
发布 推出 宣布 上线 模型 公司 企业 用户 产品 技术 能力 数据 系统 平台 应用 任务 工具 团队 行业 市场 未来 支持
实现 提供 核心 全球 国内 人工智能 智能 智能体 生成 代码 场景 效率 成本 开发 开发者 训练 推理 服务 报道 消息 编辑
作者 记者 创始人 合作 生态 升级 ai agent gpt llm token app ceo pc agents model models company users product data
new said
"""
_TRADE_SHARE = 0.4
# Names of topics: two stories of one day that share such words are of one topic. One article in twenty, because rarer
# words of general usage are given about as much, and events of a topic still share what else it is spoken of with.
_TOPIC_WORDS = """
大模型 多模态 开源 闭源 框架 基准 评测 测评 榜单 评选 年度 强化 学习 强化学习 思维 思考 视觉 语言 图像 视频 语音
音频 文本 文档 长文本 上下文 参数 权重 算法 架构 注意力 蒸馏 微调 预训练 数据集 对齐 幻觉 检索 记忆 规划 世界
空间 仿真 机器人 人形 具身 自动驾驶 智驾 汽车 芯片 算力 显卡 显存 服务器 数据中心 云计算 带宽 功耗 浏览器 搜索
助手 插件 编程 程序员 软件 硬件 眼镜 耳机 手机 电脑 办公 协同 协作 客服 营销 电商 广告 支付 金融 银行 风控 医疗
药物 教育 游戏 短剧 内容 创作 创作者 社交 流量 融资 估值 领投 跟投 轮次 投资 投资人 投资者 收购 并购 上市 招股书
营收 收入 利润 净利润 亏损 毛利率 财报 同比 环比 增长 市值 股价 估算 定价 降价 涨价 付费 订阅 免费 价格 预算
商业化 变现 创业 创业者 初创 独角兽 巨头 大厂 高管 首席 科学家 研究员 工程师 员工 裁员 离职 加入 组织 事业部
战略 布局 转型 重构 重塑 落地 赋能 数字化 智能化 自动化 自研 自主 国产 出海 合规 监管 安全 隐私 漏洞 攻击 版权
诉讼 论文 实验室 大学 高校 清华 北大 研究院 大会 峰会 论坛 发布会 展会 预告 报名 内测 公测 灰度 体验 实测 上手
交互 入口 范式 闭环 赛道 突破 领先 超越 首个 首款 首次 全新 旗舰 新一代 全栈 端到端 端侧 本地 部署 云端 接口
调用 输入 输出 性能 速度 延迟 吞吐 解码 缓存 精度 准确率 规模 万亿 千亿 百亿 亿元 亿美元 亿美金 万元 agi aigc
api rag rl moe mcp skill skills gpu cpu tpu npu kv sota benchmark arr ipo saas cto cfo coo vp ui ide cli sdk
icml iclr nips neurips cvpr acl aaai pro max plus mini ultra air lite preview beta web ios android windows mac
token tokens chatbot chat billion million percent startup funding round revenue customers price market launch
cloud open source training inference chip chips which when while last their would could after before first year
month week monday tuesday wednesday thursday friday
"""
_TOPIC_SHARE = 0.05
# Companies and products that everyone knows are named in stories of every kind.
_PUBLIC_SHARE = 0.05
_FIELD = dict.fromkeys(_TOPIC_WORDS.split(), _TOPIC_SHARE) | dict.fromkeys(_TRADE_WORDS.split(), _TRADE_SHARE)


def everyday(word: str) -> bool:
    """Whether the field uses the word, in lower case, in stories of all kinds."""
    return word in _FIELD


@lru_cache(maxsize=100_000)
def usage(word: str) -> float:
    """The share of the field's articles that hold ``word``, in lower case, by general usage."""
    public = _PUBLIC_SHARE if word in aliases()[0] else 0.0
    return max(_FIELD.get(word, 0.0), public, rarity_prior(word))
