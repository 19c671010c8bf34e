"""Lines that ask the reader for something instead of telling news: follow, share, scan, join, apply, read on.

The patterns are anchored where such a call begins, because the same words stand in real sentences too:
扫码支付成为主流 is news, 扫码关注我们 is not. They were written from what WeChat accounts and news sites
commonly put behind an article.
"""

import re

__all__ = ["MORE", "asks", "decoration", "footer_start", "recruits", "tells"]

_START = r"^[\W_]*"
_ASKS = re.compile(
    _START
    + r"""(?:
    (?:欢迎|快来|快|请|可|也可|或|轻轻|记得|别忘了?|顺手|动动手指|觉得不错(?:的话)?|喜欢(?:本文|这篇|的话)?[^。]{0,12}|
       如果[^。]{0,30}|更多[^。]{0,14}|想[^。]{0,20}|感兴趣[^。]{0,14}|看完[^。]{0,10}|最后|↓+)?[，,、\s]*(?:就|
          帮忙|请|可以?|欢迎|赶紧|来|给[我你]们?)?
    (?:
      (?:点击|点|戳|猛戳|轻触|点开|点一?下)\W{0,3}(?:下方|上方|左下|右下|左上|右上|底部|文末|阅读|原文|关注|
         蓝[色字]|卡片|名片|图片|链接|标题|头像|小程序|
         这里|此处|屏幕|进入(?:小程序|直播|报名)|查看(?:更多|详情|原文|往期)|了解(?:更多|详情)|在看|好看|赞|
            个?[「“"'【]?(?:在看|赞|关注|小?星标))|
      扫码[（(]?(?:关注|添加|加|进|入|咨询|报名|领取|下载|观看|购买|了解|联系|申请|获取|预约|体验|订阅|查看|参与|
         预定|$|\W)|
      (?:微信)?(?:扫描|扫一扫|扫一下|扫下|扫)\W?(?:下方|上方|下图|上图|文末|左侧|右侧|下面|二维码|海报)|
      (?:长按|识别|按住)\W?(?:下方|上方|图中|图片|二维码|识别|扫码|关注|下图|卡片)|
      关注\W{0,4}(?:我们|本号|公众号|微信公众号|本公众号|视频号|同名|账号|[「“【][^」”】]{1,14}[」”】](?:公众号|
         视频号|\W|$)|不迷路|下方|此号|并|后|即可|$|👇|👉)|
      (?:添加|加|联系)\W?(?:小助手|客服|微信|小编|编辑|作者微信|下方|助理|工作人员)|
      (?:加入|进入?|申请加入|拉你进|邀你进|邀请你进)[^。，,]{0,12}(?:交流群|读者群|社群|群聊|粉丝群|微信群|讨论群|
         知识星球|星球|群(?:$|\W))|
      (?:设为|点亮|加个?|标为|置顶|添加)\W{0,3}(?:小?星标|置顶|⭐|🌟)|
      星标\W{0,3}(?:我们|本号|公众号|关注|置顶|$)|
      (?:给个|点个|来个|求个?|赏个)\W{0,3}(?:赞|在看|关注|星标|三连|鼓励|小心心)|
      一键(?:三连|关注|转发)|素质三连|三连(?:支持|一下|走起|$)|
      (?:点赞|在看|转发|分享|收藏|评论|推荐|喜欢)(?:\W{0,3}(?:[、，,和与及+＋/ 「」“”｜|&·和]|并|加|再|
         一?下)\W{0,3}(?:点赞|在看|转发|分享|收藏|评论|推荐|关注|喜欢|小心心|三连|星标))+|
      「(?:点赞|在看|转发|分享|收藏|小心心|推荐)」|
      (?:转发|分享|推荐)(?:给|到)(?:你的|你身边的|更多的?|身边的?|需要的)?[^。]{0,8}(?:朋友|人|同事|朋友圈|群|好友)|
         分享洞见|
      (?:欢迎|期待)[^。]{0,14}(?:留言|评论区|投稿|转发|关注|订阅|来稿|来聊|交流|扫码|加入我们|共建|勾搭|撩)|
      (?:在|到|来)?\W?(?:评论区|留言区|文末留言|后台)\W{0,2}(?:留言|聊聊|告诉|说说|见|回复|互动|和我们|参与|留下|等你)|
      (?:公众号|微信|本号)?后台(?:回复|私信|留言)|回复(?:关键词|关键字|[「“"【])|
      (?:订阅|收听|预约)\W{0,2}(?:我们|下方|直播|合集|公众号|视频号|频道|节目)
    )(?!的|数|量|率|功能|按钮|业务|企业|用户|这一|了|过|上线|人数|次数)|
    (?:👇|👉|👆|⬇️?|↓|▼)+\s*\S.{0,40}$|
    (?:更多|活动|课程|报名|了解)\W?(?:详情|信息|咨询)[^。]{0,8}(?:扫码|联系|咨询|点击|戳)[^。]{0,40}。?$|
    (?:阅读|查看)(?:英文)?原文\W*$|(?:申请|欢迎)?(?:入群|进群|加群)\W*$|
    (?:投稿|爆料|寻求报道|商务|合作|广告|媒体|市场|内容)[^。]{0,10}(?:合作|投放|联系|邮箱|微信|请|报道)?[^。]{0,6}[:：]|
    (?:投稿|商务合作|转载|开白|授权)[^。]{0,10}(?:请|须|需)[^。]{0,6}(?:联系|后台|加|添加|回复|注明)|
    (?:本文|未经|版权|©|转载)[^。]{0,22}(?:转载请|请联系|禁止转载|不得转载|谢绝转载|严禁转载|获得?授权|授权转载|
       版权所有|侵权必究|违者必究|注明出处)|
    (?:本文|文章|以上)?[^。]{0,12}(?:仅代表|观点仅为|不代表)[^。]{0,14}(?:个人|作者|本人|平台|立场|观点|所有)|
    (?:免责声明|版权声明|风险提示|特别声明|声明)\s*[:：]|
    (?:[-—－=*·.\s]*)(?:END|THE\s+END|完|全文完|本文完|未完待续)[-—－=*·.。\s]*$|©\s*THE\s+END|
    (?:科技|前沿|精彩|干货|每日|天天)[^。，]{0,14}(?:每日见|天天见|不错过|不容错过|每天见)\W*$|
    (?:锁定|关注)[^。，]{0,16}(?:极速推送|最新资讯|第一时间)|
    (?:商务|品牌|招生|课程|客服|小助手|主编|编辑部?)?(?:微信号?|邮箱|WeChat)\s*[:：]
    )""",
    re.X | re.I,
)
_ENGLISH = re.compile(
    _START
    + r"""(?:
    (?:sign|signed)[ -]up\b.{0,60}(?:newsletter|alerts?|updates|inbox|free)|
    subscribe\b.{0,60}(?:newsletter|channel|podcast|updates|inbox|today|now|here|for\b)|
    get\b.{0,60}(?:newsletter|(?:in|to) your inbox|delivered)|
    follow\b.{0,60}\bon\s+(?:twitter|facebook|instagram|x|threads|linkedin|youtube|telegram|google\s+news|bluesky)\b|
    (?:have|got)\s+a\s+(?:news\s+)?tip\b|
    (?:read|see|also\s+read|learn|watch)\s+(?:more|also|next|it)\s*[:|]|(?:related|recommended|more|
       further\s+reading|don[’']?t\s+miss|
        you\s+(?:may|might)\s+also\s+like|most\s+(?:read|popular)|up\s+next|trending)\s*(?:stories|articles|news|
           reading|coverage|videos|links|posts)?\s*(?::.*)?$|
    (?:\d+\s+)?comments?$|leave\s+a\s+(?:comment|reply)|(?:share|tweet|print|email|
       save)(?:\s+this)?(?:\s+(?:article|story|post|page))?$|
    (?:©|\(c\)|copyright\b).{0,80}$|all\s+rights\s+reserved|
    advertisement$|sponsored(?:\s+content)?$|story\s+continues\s+below|
    (?:click|tap)\s+here\b.{0,60}|download\s+(?:the|our)\b.{0,30}\bapp\b|
    (?:this\s+(?:article|story|post)\s+)?(?:was\s+)?originally\s+(?:published|appeared)\s+(?:on|in|at|by)\b.{0,60}|
    if\s+you\s+(?:enjoyed|liked|buy|purchase|click)\b.{0,120}(?:article|story|commission|links?|subscrib|proposition)|
    filed\s+under\s*:|tags?\s*:|posted\s+in\s*:|image\s+credits?\s*:|photo(?:\s+by|\s*:|\s+credits?\s*:)
    )""",
    re.X | re.I,
)
_RECRUITS = re.compile(
    _START
    + r"""(?:
    (?:招聘(?:启事|信息|公告|岗位|职位)?|诚聘(?:英才)?|加入我们|我们在招人|招人啦?|招新|热招岗位|社招|校招|内推)\W*$|
    (?:我们|编辑部|.{0,12}团队|.{0,10}(?:公司|媒体|实验室))(?:正在|现在|现)?(?:持续|长期|急)?\W?(?:招聘|诚聘|招募|招人)|
    (?:简历|作品|个人简介)[^。]{0,20}(?:投递|发送|发至|请发|发到|邮箱|@)|(?:投递|发送)(?:简历|邮箱|方式)|发简历|
    (?:岗位职责|任职要求|岗位要求|职位描述|工作地点|薪资(?:待遇|范围)?|招聘岗位|应聘方式|简历邮箱|投递邮箱|
       Base)\s*[:：\d]|
    【?(?:实习|全职|兼职)[^。]{0,12}(?:招聘|招募|岗位)
    )""",
    re.X | re.I,
)
_LONGEST = 80
"""Lines that a footer may have; what is longer is a page of something else."""
MORE = re.compile(
    _START
    + r"(?:(?:今日|本周|近期|编辑)?(?:好文)?(?:推荐阅读|好文推荐|往期(?:精彩)?(?:推荐|回顾|文章|精选|精彩)(?:推荐)?|"
    r"精彩推荐|精选文章|延伸阅读|相关阅读|相关推荐|"
    r"猜你喜欢|热门文章|热文推荐|近期文章|更多阅读|精彩回顾|会议推荐|活动推荐|课程推荐|播客上新|直播预告|活动预告|"
    r"related (?:stories|articles|posts|reading)|recommended (?:stories|reading)|more from .{1,40}))\W*$",
    re.I,
)
"""A heading behind which an account lists other articles, its events or its courses."""
_NEWS = re.compile(r"[，,].*(?:表示|宣布|认为|透露|指出|称|报道|据|亿|万|%|％)|[。！？].+[。！？]")


def asks(line: str) -> bool:
    """Whether the line, whole, is a call to the reader, a rights notice, an end mark or a contact line."""
    if len(line) > 90:
        return False
    if _ENGLISH.match(line):
        return True
    match = _ASKS.match(line)
    # A long line that reports something keeps the benefit of the doubt.
    return match is not None and not (len(line) > 45 and _NEWS.search(line[match.end() :]))


def recruits(line: str) -> bool:
    """Whether the line belongs to a recruiting notice."""
    return len(line) <= 90 and bool(_RECRUITS.match(line))


def decoration(line: str) -> bool:
    """Whether the line holds no word: dashes, dots, emoji; or a lone end mark."""
    return not re.search(r"\w", line) or re.fullmatch(r"\W*(?:完|END|The End)\W*", line, re.I) is not None


def tells(line: str) -> bool:
    """Whether the line reads like a sentence of an article."""
    if len(line) < 30 and line[-1] not in "。！？!?.”":
        return False
    return not (asks(line) or recruits(line) or decoration(line))


def footer_start(lines: list[str]) -> int:
    """Index of the first line of the closing footer; ``len(lines)`` when there is none.

    Read from the end: calls to the reader, with decoration and at most two short lines between two of them;
    before that a recruiting notice, or a list of other articles behind a heading such as 推荐阅读 in the last
    third.
    """
    end, gap = len(lines), 0
    for i in range(len(lines) - 1, max(len(lines) - _LONGEST, 0) - 1, -1):
        line = lines[i]
        if asks(line) or recruits(line) or MORE.match(line):
            end, gap = i, 0
        elif not decoration(line):
            gap += 1
            if gap > 2 or len(line) > 24 or tells(line):
                break
    return min(end, _listing_start(lines, end))


def _listing_start(lines: list[str], end: int) -> int:
    for i in range(max(len(lines) * 2 // 3, end - _LONGEST), end):
        behind = lines[i + 1 : end]
        if MORE.match(lines[i]) and not any(len(line) > 60 or line.endswith("。") for line in behind):
            return i
        if recruits(lines[i]) and sum(recruits(line) or "@" in line for line in behind) * 3 >= len(behind):
            return i
    return end
