"""What Chinese and English news prose looks like where it is no statement of fact: patterns of the extractive writer.

These are properties of the language and of news writing, not of a field; words of a field stand in its vertical. Every
pattern is a closed list of function words or fixed formulas: a sentence is refused for its form, not its topic.
"""

import re

__all__ = [
    "BEGGING",
    "BOILERPLATE",
    "CHATTY",
    "CONDITIONAL",
    "DANGLING_START",
    "DEED",
    "ELIDED_START",
    "FIRST_PERSON",
    "FORECAST",
    "LEAD_INS",
    "PRONOUN",
    "QUOTED",
    "REFERENCE",
    "SIGNIFICANCE",
    "SPEECH",
    "TERMINAL",
    "trim_start",
    "without_begging",
]

_DATE = r"(?:\d{4}\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}\s*日"

# What may stand before a statement without being part of it. Attribution ("据路透社报道，") stays: who says it matters.
LEAD_INS = re.compile(
    r"(?:[\s　]+"
    r"|[•·●■◆◇▲△►▶▸✦★☆※→➤➔*#>\-–—]+\s*"
    r"|(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[、．]\s*"
    r"|\d{1,2}[.．)）](?:\s+|(?=[^\d\s]))|[（(](?:\d{1,2}|[一二三四五六七八九十])[)）]\s*|[①-⑳❶-❿]\s*"
    r"|【[^】\n]{1,40}】\s*"
    r"|(?:《[^》\n]{2,12}》)?(?:本报|[\u4e00-\u9fff]{2,6})?记者(?:[\u4e00-\u9fff]{2,3})?(?:独家)?(?:获悉|了解到"
    r"|从[^，。\n]{2,20}(?:获悉|了解到))\s*[，,：:]\s*"
    rf"|[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9 ]{{1,13}}?\s*{_DATE}\s*(?:讯|电|消息|报道)"
    r"(?:\s*[（(][^）)\n]{0,30}[)）])?[，,：: ]*"
    r"|(?:据悉|据了解|据介绍|获悉|值得一提的是|值得注意的是|值得关注的是|需要注意的是|需要指出的是|需要说明的是"
    r"|更重要的是|更关键的是"
    r"|最重要的是|最关键的是|更值得关注的是|更值得注意的是|尤其值得注意的是|有趣的是|有意思的是|令人意外的是"
    r"|令人惊讶的是|不同的是|与此同时|与此同时的是"
    r"|具体来看|具体来说|具体而言|简单来说|简单来讲|简单说|简而言之|换句话说|换言之|也就是说|总的来说|总体来看"
    r"|总体而言|整体来看|综合来看|可以看出"
    r"|可以看到|不难看出|不难发现|可以说|事实上|实际上|显然|当然|没错|毫无疑问|众所周知|要知道|此外|另外|同时|其实"
    r"|刚刚|就在刚刚|首先|其次|再次|再者"
    r"|最后|最终|第[一二三四五六]|其[一二三四五六]|一方面|另一方面|不仅如此|除此之外|由此可见|说到底|归根结底"
    r"|一句话总结|更进一步|进一步来看|客观来说|坦率地说"
    r"|从结果来看|从数据来看|目前来看|眼下|如今|对此|不过|但是|然而|但|而且|并且|因此|所以|于是|那么|而|再加上|再比如"
    r"|比如|例如|也因此|也正因此|正因如此"
    r"|[^，。：:“「\n]{0,8}(?:转折点|关键|重点|亮点|结论|区别|背景|变化|说明问题)(?:在于|就?是)?(?=[：:])"
    r"|In addition|Moreover|Furthermore|Meanwhile|However|Notably|Also|Additionally|In short|First|Second|Third"
    r"|Finally)"
    r"\s*[，,：:]\s*"
    # A day that only the day of writing fixes; the brief carries its date.
    r"|(?:今天|今日|今早|今晨|今晚|昨天|昨日|昨晚|近日|日前|近期|最近|不久前|刚刚)(?:上午|下午|凌晨|晚间|早间)?\s*[，,]\s*)",
)
# A bare conjunction glued to its clause; only these can go without changing what the clause claims.
_GLUED = re.compile(r"(?:但是|不过|然而|而且|但(?=[A-Za-z0-9\u4e00-\u9fff“「《])(?!是|凡|愿|求|书))")

QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|\"[^\"]*\"")
TERMINAL = re.compile(r"(?:[。；;]|(?<!\.)\.)[”’」』）)】》\"'\]]*$")

FIRST_PERSON = re.compile(
    r"(?<!自)我(?!国|市|省|校|院|区|县|行业)|咱|笔者|小编|本文|本报|本篇|作者(?:认为|发现)|你|您|大家|各位|朋友们|(?:^|[：:，])请(?![求教愿示客假辞缨])"
    r"|\b(?:I|I'm|I've|we|We|We're|our|Our|my|My|you|You|your|Your|us)\b"
)

DANGLING_START = re.compile(
    r"(?:这|那(?!些年)|此(?!前|外|次)|该|其(?!实|余|中一)|它|他|她|前者|后者|两者|二者|三者|双方|彼此|各自|上述|以上"
    r"|以下|如下|如上|如图|同样|同理"
    r"|也(?!门|许)|还(?!原|款)|并(?!购|行|发|非|联|网)|却|则(?!是)|就(?!业|读|诊)|又|再(?!生|次|度|融资)|才(?!能|华"
    r"|俊)|更(?!新|换|名|改|正)|甚至|尤其|以及|及其"
    r"|包括|例如|比如|譬如|诸如|除此|对此|为此|由此|如此|至此|至于|因此|所以|于是|从而|进而|因而|随后|之后|届时|后来"
    r"|那时|其后|当时|当天|当日|同日|次日"
    r"|与之|相比之下|相较之下|相反|反过来|反之|前面|后面|下面|上面|[左右](?:图|侧|边|）|\))|[上下]图|图(?:\d|为|中|源"
    r"|注|：|片来源)|表\s*\d"
    r"|[一二两三四五六七八九十几\d]+\s*(?:个多?月|天|年|周|小时|分钟)(?:后|之后|前|以后)[，,]|然后|(?:目标|阶段|原则"
    r"|特征|方向|场景|步骤|问题|方案|路线|优势)\s*[一二三四五六\d]|画面[里中]|视频[里中]|图中|截图|照片[里中]|理由"
    r"|原因|答案|结论|逻辑|问题是|那一刻|当年那个|当然|显然|毕竟|难怪|原来|果然|总之|再看|先看|先说|来看|回到|说到"
    r"|谈到|说回|看看|注[：:]|而(?!立)|且|或者|或|是(?!否)|不是|正是|只是|无论|不仅|不只|不光|另[一有]|另外|其他|其它"
    r"|剩下"
    r"|第[一二三四五六七八九十](?:个|种|类|点|步|层|条|是|，|、)|这里|那里|这样|那样|有人|有的|有些|一个是|一是|二是"
    r"|三是|四是|五是|好在|可惜|所谓|没有(?:了)?这|紧接着|接着|接下来|下一|上一|上周末?，?他"
    r"|(?:This|That|These|Those|It|Its|He|She|They|Their|His|Her|But|And|So|Or|Yet|Then|There|Here|Such|Both|Also"
    r"|Instead|Which|Because|The (?:two|three|four|five|six|former|latter|others?|same))\b)"
)

# A pronoun that needs something before it; within a sentence it may stand once there is something for it to stand for.
PRONOUN = re.compile(
    r"这(?!么多年)|那(?:个|些|种|款|家|位|件|次|场|一|\d)|该(?!不该)|此(?:举|类|番|事)|它|他(?!们的)|(?<!其)他们|她"
    r"|其(?!实|中|他|它|余|次|一|二|三)"
)
REFERENCE = re.compile(
    r"上述|如图|下图|上图|如下|前文|前述|上文|(?<!上)下文|后文|见图|见表|如表|该图|前面(?:提到|说)|刚才|刚刚(?:提到|说)"
    r"|正如前|所示|\b(?:see below|as shown|Figure \d)\b"
)

ELIDED_START = re.compile(
    r"(?:支持|提供|采用|通过|基于|能够|能|可以|可|月入|年入|其中|实现|包含|覆盖|拥有|具备|成为|超过|达到|获得|推出|帮助|让|使|使得"
    r"|将|把|被|有|做|已|已经|会|正在|需要|用于|作为|来自"
    r"|唯一|甚|随着|针对|对于|为了|为|在(?=内|此|其)|从而|直接|完全|无需|不需要|不再|相较|相比|同比|环比|占|约|仅|均"
    r"|都|最)"
)
CONDITIONAL = re.compile(r"(?:如果|假如|倘若|若|要是|即便|即使|哪怕|虽然|尽管|不管|一旦|只要|只有|除非|当)")

CHATTY = re.compile(
    r"[吧呢啊嘛哦咯呗呀哟哈][，。！？、]|太[\u4e00-\u9fff]{1,3}了|简直|居然|竟然|堪称|妥妥|瞬间|疯狂|狂飙|暴击|硬生生"
    r"|不得不|没想到|想象一下|试想|不禁|令人(?:震惊|惊叹)|好不好"
    r"|很难想象|官方下场|说得更绝|鬼鬼祟祟|含金量|无处可逃|赛博|硬刚|徒手|火速|一通|明晃晃|折腾|花里胡哨|破防|嘲讽"
    r"|财富密码|判了?死刑|大白话|炫富|小破|有梗|动刀|抢到就是|一骑绝尘|杀疯|躺平|内卷|香不香|扛把子|家底|秀肌肉|亮剑"
    r"|扔出|烧得|被塞进|画风|抛出|砸下|甩开"
    r"|“[^”]{1,4}”[^。]*“[^”]{1,4}”|硬茬|大佬|白白|刷到|满屏|真金白银|吊足|胃口|敬畏|大手一挥|花样|无情|戳破|爆火|搞事情|一把火|底牌|抢跑|隐喻|震撼|古典时代|挤爆|画风|刻骨"
    r"|眼冒金星|野心|摆在了?台面|剧本|心智|豪赌|重磅|悄悄|悄然"
    r"|(?:回答|答案|逻辑|公式|口号|秘诀)就?是[：:]"
    r"|(?:判断|观点|态度|回答|说法|做法|答案|理由|道理)(?:很|非常|十分|相当|也很)(?:直接|简单|明确|清楚|朴素)"
    r"|怎么|什么|为何|为什么|谁(?!能|家|也)|别(?=[急说看忘])|一口气|索性|干脆|恐怕|据说|！"
)

BOILERPLATE = re.compile(
    r"扫码|二维码|阅读原文|公众号|后台回复|文末|配图|图源|图注|星标|转载|投稿|报名|购票|早鸟|抢票|优惠券|福利"
    r"|点击(?:下方|上方|链接|原文|此处|查看|关注|蓝字|预约)"
    r"|欢迎(?:关注|加入|扫码|留言|投递|报名|联系|转发|大家)|评论区|留言(?:告诉|区)|点赞|在看|三连|关注我们"
    r"|添加.{0,6}微信|加.{0,4}群|入群|交流群|社群|直播间|预约直播"
    r"|(?:论文|项目|代码|开源|体验|官网|博客|原文|GitHub|Github|模型)(?:地址|链接|主页|网址)|参考(?:链接|资料|文献)"
    r"|传送门|详见|详情|https?[:：]|www\.|\.com/|[\w.]@[\w.]"
    r"|主办的|承办|本届大会|分论坛|研讨会|议程|观众报名|敬请期待|(?:本文|文章)(?:来自|作者|转自|首发|授权)|责任?编辑"
    r"|责编|编辑[|｜丨：:]|作者[|｜丨：:]|编译[|｜丨：:]|整理[|｜丨：:]|出品[|｜丨]"
    r"|\w\.\w{2,6}/|\w_\w{1,40}\(|[;{]\s*[})]|=>|==|::|简历|招聘(?:启事|信息|热线|正在)|诚聘|应聘|(?:视频|图片|动图|截图"
    r"|图表)(?:来源|未加速|由)|未经.{0,6}授权|版权(?:所有|归)|免责声明|不构成(?:投资|医疗)|(?:^|\s)#[^\s#]{1,20}"
    r"|[▲△▼]"
    r"|\b(?:subscribe|newsletter|sign up|click here|read more|cookie|advertisement)\b",
    re.IGNORECASE,
)

# What news reports: somebody did something.
DEED = re.compile(
    r"发布|降低|提高|减少|缩短|扩大|给出|颁发|拿到|封顶|开工|启用|运抵|现身|获得|中标|采购|投产|出台|冲进|跻身|进入|入局|抢占|抢先|打出|晒出|迎来|接手|离开|退出|承认|官宣|发生|达到|提升|下降|增长|推出"
    r"|上线|开源|宣布|完成|融资|获[^，]{0,10}(?:融资|投资|批)|收购|并购|入股|递交|提交|递表|上市|成立|组建|任命|出任"
    r"|升任|离职|加盟|加入|签约|合作|达成|开放|内测|公测|接入"
    r"|升级|改版|更新|降价|涨价|免费|停止|关闭|下架|裁员|起诉|败诉|胜诉|罚|禁止|批准|通过|曝光|被曝|获奖|登顶|超越"
    r"|突破|提出|联合|证明|揭示|研发|自研|量产|交付|开售|启动|关停|整合|重组|挂帅|亮相|登场|拿下|押注|拟|计划|将"
    r"|实测|冲刺|打通|换脑|交表|采用|引入|投资|建设|布局|发表|入选|斩获|披露|公布|落地|\b(?:launch|release|acquire"
    r"|raise|open-source|announce|file|sue|ship|unveil|cut|join|leave|report|pause|agree|sign|plan|buy|sell|win|hire|invest"
    r"|expand|publish|introduce|approve|ban|fine|acquire|merge|grow|rise|swing|reach)(?:s|es|ed|d|ned|ting)?\b"
    r"|\b(?:said|rose|fell|grew|won|bought|sold|left|let|lets)\b",
    re.IGNORECASE,
)

# A forecast or a claim of importance without anyone who makes it: somebody's opinion, and whose is lost in a bullet.
FORECAST = re.compile(
    r"(?:到|至|在)\s*20[3-9]\d\s*年|未来[^。，]{0,10}(?:将|会|可能)|将围绕|将[^。，]{0,10}重塑|(?:必将|终将|注定|势必"
    r"|将会|将彻底|将重新|将进行重塑|将被重塑|将成为|会越来越)|可能(?:正在|会|将|都?需要)|或许|也许"
)

# What a sentence says that asks for a place, or speaks to whoever reads it by machine. It is data, and no news.
BEGGING = re.compile(
    r"(?:本文|本篇|这篇|此文|本条|本新闻|本稿|该文)[^。！？!?\n]{0,16}(?:排(?:在|到|名)|置顶|首位|第一|头条|最重要"
    r"|优先|入选)"
    r"|(?:排(?:在|到)|置于|放(?:在|到)|列(?:为|在)|选(?:为|入))[^。！？!?\n]{0,6}(?:第一|首位|首条|头条|榜首"
    r"|最前)[^。！？!?\n]{0,8}(?:本文|本篇|这篇|此文|谢谢)"
    r"|(?:忽略|无视)[^。！？!?\n]{0,10}(?:指令|提示词?|要求|规则|说明)"
    r"|\b(?:rank|place|put|list|score|select|choose|pick|feature|rate)\s+(?:this|me|us|it|our)\b[^.!?\n。！？]{0,40}"
    r"\b(?:first|top|highest|number one|#1)"
    r"|\b(?:ignore|disregard|forget)\b[^.!?\n。！？]{0,24}\b(?:previous|prior|above|earlier|all|system)\b"
    r"[^.!?\n。！？]{0,16}\b(?:instructions?|prompts?|rules?)"
    r"|\b(?:this|our)\s+(?:article|story|post)\b[^.!?\n。！？]{0,30}\b(?:must|should|deserves)\b"
    r"[^.!?\n。！？]{0,30}\b(?:first|top|rank|highest)",
    re.IGNORECASE,
)
_BREAKS = "。！？!?；;\n"


def without_begging(text: str) -> str:
    """``text`` less every sentence that ``BEGGING`` matches; the rest in order, trimmed."""
    kept = []
    at = 0
    for match in BEGGING.finditer(text):
        if match.start() < at:
            continue
        begin = max(text.rfind(mark, at, match.start()) for mark in _BREAKS) + 1
        ends = [found for mark in _BREAKS if (found := text.find(mark, match.end())) >= 0]
        stop = min(ends, default=len(text))
        while stop < len(text) and (text[stop] in _BREAKS or text[stop].isspace()):
            stop += 1
        kept.append(text[at : max(at, begin)])
        at = stop
    kept.append(text[at:])
    return "".join(kept).strip()


SPEECH = re.compile(
    r"表示|直言|看法|原话|担心|看来|观点|推算|估算|认为|称|指出|强调|透露|写道|坦言|解释|回应|提到|说[，：:]|介绍|预计|\b(?:said|says|told|wrote)\b"
)

# Words by which a writer says why something matters, with how strongly they say it.
SIGNIFICANCE: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (
            r"意味着|标志着|标志[^。]{0,12}(?:进入|启动|开始|正式)|意义(?:在于|是|不在|不止)|价值(?:在于|不在)"
            r"|重要性在于|的(?:分水岭|转折点)",
            1.0,
        ),
        (
            r"(?:这|也|此举|从而|由此|将)(?:让|使得?)[^。，]{2,30}(?:得以|能够|可以|不必|无需|第一次|首次|成为|变得)",
            0.7,
        ),
        (r"更(?:关键|重要|值得关注|深层|深远|大)的(?:是|变化|意义|影响|问题)|值得(?:看|关注|注意)的(?:是|不是)", 0.6),
        (r"这背后|背后的(?:逻辑|原因|信号)|本质上|本质是|本质，|实质上|根本上|归根", 0.9),
        (
            r"关键(?:在于|不在|是|变化)|核心(?:在于|逻辑|矛盾|变化|竞争力|价值|问题|思路|目标)|真正(?:的|重要|稀缺"
            r"|改变|解决|有价值)",
            0.7,
        ),
        (
            r"不再(?:是|只|局限|仅)[^。]{2,40}(?:而是|转)|不是[^。]{2,40}而是|并非[^。]{2,40}而是"
            r"|从[^。]{2,24}(?:走向|转向|变成|升级为|迈向|变为)[^。]",
            0.8,
        ),
        (r"转向|转变|范式|拐点|分水岭|转折|新阶段|进入[^。]{0,12}阶段|里程碑|分界", 0.7),
        (r"首次(?!公开)|首个|首款|首张|首家|第一次|第一(?:张|款|家|个)|率先|唯一|史上|有史以来|创纪录|创下", 0.6),
        (r"重塑|重构|改写|颠覆|打破|格局|壁垒|护城河|门槛|制高点|话语权|竞争(?:力|焦点|优势)", 0.6),
        (r"信号|趋势|方向|未来[^。]{0,16}(?:将|会|取决)|长期|战略|布局|入口|路线", 0.4),
        (r"因为|原因|由于|从而|使得|因此|取决于|解决了|证明了|验证了|表明|说明|反映|折射|揭示|暴露", 0.4),
        (r"痛点|瓶颈|难题|困境|矛盾|挑战|代价|风险|压力|隐忧", 0.4),
        (r"\b(?:would|could|will|can) (?:let|allow|enable|force|make)\b|\bfirst time\b|\bthe first\b", 0.7),
        (
            r"\b(?:means that|marks|signals?|for the first time|matters because|the key|suggests|shift(?:s|ing)?"
            r"|turning point|puts? (?:a question|pressure)|raises? (?:a )?questions?|at stake)\b",
            0.8,
        ),
    )
)


def trim_start(text: str, start: int, end: int) -> int:
    """Where the statement in ``text[start:end]`` begins once its lead-ins are left out."""
    for _ in range(6):
        match = LEAD_INS.match(text, start, end) or _GLUED.match(text, start, end)
        if match is None or match.end() >= end:
            break
        start = match.end()
    return start
