# ruff: noqa: E501, SIM905
# Word lists and patterns are read as a whole.
"""Closed word classes that name recognition leans on: titles, verbs of news, common nouns in front of 公司, capitals that name nothing."""

import re
from importlib.resources import files

__all__ = [
    "COMMON_CAPITALS",
    "GENERIC_PREFIX",
    "NEWS_VERBS",
    "NOT_NAMES",
    "ORG_SUFFIX",
    "PERSON_VERBS",
    "SURNAMES",
    "TITLES",
    "TITLES_AHEAD",
]


def _words(name: str) -> frozenset[str]:
    return frozenset(files("afterlore.text").joinpath("data", name).read_text("utf-8").split())


ORG_SUFFIX = tuple(
    (
        "有限公司 股份公司 研究院 研究所 实验室 俱乐部 委员会 交易所 科学院 事务所 基金会 公司 集团 科技 "
        "大学 学院 资本 基金 创投 股份 航天 动力 智行 智造 医疗 生物 制药 银行 "
        "证券 汽车 机器人 半导体 微电子 智能 数据 网络 软件 传媒 影业 文化 能源 电力 "
        "材料 仪器 光电 电子 通信 工业 重工 饮品 饮料 食品 乳业 药业 服饰 家居 "
        "出行 快运 快递 农机 航运 地产 咖啡 茶饮 电器 锂电 光伏 钢铁 化工 石化 "
        "矿业 造船 航空 租车 信托 期货 乐园 物流 商城 超市 酒店 医院 工厂 律所 "
        "投资 控股 工业园 产业园 云 "
    ).split()
)

GENERIC_PREFIX = _words("generic_prefix.txt")

TITLES = re.compile(
    r"(?:首席\S{1,3}官|创始人|联合创始人|总裁|副总裁|总经理|董事长|副?行长|主席|主任|院长|所长|校长|教授|副教授|博士|院士|研究员|科学家|分析师|工程师|负责人|发言人|主管|总监|作者|导演|记者|律师|医生|先生|女士|老师|合伙人|CEO|CTO|CFO|COO|CMO|CPO|VP|部长|局长|市长|总统|总理|首相|经理)(?:兼\S{1,6})?[，、]?\s?$"
    r"|^(?:等人|教授|博士|院士|先生|女士|老师|团队|研究员|医生)"
)
TITLES_AHEAD = re.compile(r"(?:联合)?创始人|首席|CEO|CTO|董事长|总裁|副总裁|总经理|负责人|发言人|创办人")
NEWS_VERBS = re.compile(
    r"(?:(?:此前|今日|今天|昨日|近日|日前|上周|本周|随后|曾|已|将|正|还|也|则|正式|首日|当日|计划|拟|于|在)\s?){0,3}"
    r"(?:发布|推出|宣布|表示|称|说|认为|指出|强调|透露|介绍|直言|坦言|补充|解释|写道|告诉|上线|开源|完成|获得|拿到|融资|收购|领投|跟投|参投|投资|公告|披露|展示|加入|入职|离职|担任|出任|负责|创立|成立|创办|获|拥有|启动|起诉|"
    r"回购|裁员|招聘|售价|估值|收入|营收|净利|销量|出货|交付|得分|以\d|实现|达到|计划|拟|将|正在|已经|已|预计|可识别|支持|采用|宣称|回应|否认|承认|提出|打造|研发|量产|发射|同类|任|的|平均|每|首月|首批|为|本轮|上市|新)"
)
PERSON_VERBS = re.compile(
    r"(?:此前|曾|已|将|上周|本周|近日|随后|也|则|还|于|在)?(?:表示|称|说|认为|指出|强调|透露|介绍|直言|坦言|补充|解释|写道|告诉|发帖|发文|发推|感叹|总结|打趣|打比方|调侃|评价|加盟|转投|跳槽|加入|入职|离职|离开|卸任|担任|出任|接任|接替|继任|创办|创立|负责|回应|领导|领衔|带领|任|此前|在接受|曾|博士|教授|等)"
)
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段漕钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边楚荀"
)
NOT_NAMES = _words("not_names.txt")
COMMON_CAPITALS = _words("common_capitals.txt")
