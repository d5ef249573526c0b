"""Characters that look like others, or like nothing: what of a text can be tidied, what only a person can judge, and
what two spellings of one name have in common.

It does not know what a text stands for and never changes a name's own characters: a variant such as 呂 may be what the
identity card says. The table of variants holds common characters of names, not all of Unicode's: what is missing
there makes two spellings look like two names.

Sources: Unicode's names and categories (``unicodedata``); the pairs of variants from the tables of traditional and
variant forms behind the 通用规范汉字表 (2013), as far as they are common in names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from inspection_app.errors import N_, Message

INTERPUNCT = "·"
_INTERPUNCTS = "•‧∙⋅・･‐·᛫ᐧ●．.。"
_HAN = r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff]"
_BETWEEN = re.compile(rf"(?<={_HAN})\s*[{re.escape(_INTERPUNCTS)}]\s*(?={_HAN})")
_APART = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that show nothing
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")

INVISIBLE = N_("invisible characters taken out")
FULL_WIDTH = N_("full-width or compatibility forms replaced")
SPACES = N_("spaces taken out")
POINT = N_("the point between the parts of a name written as ·")


def tidy(text: str) -> tuple[str, tuple[Message, ...]]:
    r"""Return a text without what nobody meant to write, and what was done to it.

    >>> tidy("王\u200b伟 ")
    ('王伟', ('invisible characters taken out',))
    >>> tidy("１３８００")[0], tidy("⽼王")[0], tidy(" a  b ")[0]
    ('13800', '老王', 'a b')
    """
    seen = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text if not _invisible(one))
    plain = unicodedata.normalize("NFC", "".join(_plain(one) for one in seen))
    tidied = " ".join(plain.split())
    done = [(INVISIBLE, len(seen) != len(text)), (FULL_WIDTH, plain != seen)]
    return tidied, tuple(why for why, so in done if so)


def tidy_name(text: str) -> tuple[str, tuple[Message, ...]]:
    """Return a name as ``tidy`` does, besides with one kind of point and without spaces between ideographs.

    >>> tidy_name("买买提•阿不都"), tidy_name("王　伟")[0], tidy_name("Anna  Li")[0]
    (('买买提·阿不都', ('the point between the parts of a name written as ·',)), '王伟', 'Anna Li')
    """
    tidied, done = tidy(text)
    pointed = _BETWEEN.sub(INTERPUNCT, tidied)
    joined = _APART.sub("", pointed)
    return joined, (*done, *([POINT] if pointed != tidied else []), *([SPACES] if joined != pointed else []))


def oddities(name: str) -> Iterator[tuple[Message, Message, str]]:
    """Yield what only a person can judge of a tidied name: what it is, what to do, and the characters it is about."""
    private = [one for one in name if unicodedata.category(one) in ("Co", "Cn")]
    if private:
        yield (
            N_("{characters}: a character of a private font; other machines show another one or none."),
            N_("Enter it anew from the identity card, or its pinyin."), _codes(private),
        )  # fmt: skip
    lost = [one for one in name if one in "?？�□■○〇*＊#" or one.isdigit()]
    if lost:
        yield (
            N_("{characters}: hardly part of a name; perhaps a character was lost."),
            N_("Compare it with the identity card."), "".join(lost),
        )  # fmt: skip
    foreign = [one for one in name if one.isalpha() and not re.match(_HAN, one)]
    scripts = {unicodedata.name(one, "?").split()[0] for one in foreign}
    if (foreign and re.search(_HAN, name)) or len(scripts) > 1:
        yield (
            N_("{characters}: a letter of another script that looks like one of this."),
            N_("Compare the name with the identity card."), _codes(foreign),
        )  # fmt: skip
    variants = [one for one in name if one in _VARIANT and one not in _IN_USE]
    if variants:
        yield (
            N_("{characters}: a variant form of a common character."),
            N_("Leave it if the identity card says so."), "、".join(f"{one}（{_VARIANT[one]}）" for one in variants),
        )  # fmt: skip


def visible(text: str) -> str:
    r"""Return a text with its invisible characters told by their numbers.

    >>> visible("李\u200b娜")
    '李‹U+200B›娜'
    """
    return "".join(f"‹U+{ord(one):04X}›" if _invisible(one) else one for one in text)


def folded(text: str) -> str:
    r"""Return what two spellings of the same text have in common; for comparing only, never shown or stored.

    >>> folded("呂　伟") == folded("吕\u200b伟"), folded("Х") == folded("x"), folded("张三") == folded("张山")
    (True, True, False)
    """
    plain = unicodedata.normalize("NFKC", tidy(text)[0]).casefold()
    return "".join(
        _VARIANT.get(one) or _LETTER.get(one, one) for one in plain if not one.isspace() and one not in _INTERPUNCTS
    )


def _invisible(one: str) -> bool:
    """Say whether a character shows nothing, not even a space: controls of format, fillers, variation selectors."""
    return (
        unicodedata.category(one) == "Cf" or one in _BLANK or "\ufe00" <= one <= "\ufe0f"
        or "\U000e0100" <= one <= "\U000e01ef"
    )  # fmt: skip


def _plain(one: str) -> str:
    """Return the plain form of a full-width sign, or of an ideograph that stands in Unicode twice."""
    twice = "！" <= one <= "～" or "\u2f00" <= one <= "\u2fdf" or "\uf900" <= one <= "\ufaff" or one >= "\U0002f800"
    return unicodedata.normalize("NFKC", one) if twice else _RADICAL.get(one, one)


def _codes(characters: list[str]) -> str:
    return "、".join(f"{one} U+{ord(one):04X}" for one in dict.fromkeys(characters))


def _pairs(text: str) -> dict[str, str]:
    """Read ``呂吕 張张``: what stands before the last character of a group is another form of it."""
    return {variant: group[-1] for group in text.split() for variant in group[:-1]}


_RADICAL = _pairs(
    "⺠民 ⺟母 ⻓长 ⻔门 ⻢马 ⻩黄 ⻘青 ⻝食 ⻄西 ⻁虎 ⻋车 ⻅见 ⻉贝 ⻛风 ⻜飞 ⻥鱼 ⻦鸟 ⻨麦 ⻬齐 ⻰龙 ⺩王 "
    "⺮竹 ⺼月"
)
_LETTER = _pairs(
    "аαa вβb сc еεe нh іιi кκk мm оοo рρp ѕs тτt уυy хχx јj ԁd ԛq ԝw һh ոn ӏl"
)  # Cyrillic, Greek and Armenian small letters and the Latin ones they look like
_VARIANT = _pairs(
    "呂吕 吳呉吴 黃黄 張张 劉刘 陳陈 楊杨 趙赵 孫孙 馬马 羅罗 鄭郑 謝谢 許许 韓韩 馮冯 鄧邓 蕭肖萧 葉叶 蘇苏 蔣蒋 "
    "賈贾 鄒邹 閻闫阎 盧卢 鍾鐘钟 譚谭 陸陆 範范 薑姜 龍龙 萬万 錢钱 湯汤 賴赖 龔龚 龐庞 蘭兰 顏颜 莊庄 聶聂 嶽岳 "
    "齊齐 嚴严 溫温 關关 魯鲁 韋韦 畢毕 賀贺 紀纪 項项 應应 繆缪 鄔邬 齡龄 歐欧 陽阳 諸诸 聞闻 東东 單单 衛衞卫 "
    "車车 連连 費费 貝贝 樂乐 時时 傳传 喬乔 譽誉 寶寳宝 國囯国 華华 偉伟 強彊强 軍军 傑杰 麗丽 艷艶豔艳 紅红 "
    "鳳凤 蓮莲 榮荣 貴贵 愛爱 瓊琼 瑩莹 穎颖 靜静 淸清 靑青 眞真 濤涛 鵬鹏 飛飞 輝煇辉 義义 禮礼 誠诚 賢贤 儁俊 "
    "勳勛勋 勝胜 興兴 業业 學学 書书 遠远 達达 運运 進进 維维 緒绪 紹绍 綱纲 經经 緯纬 結结 給给 績绩 純纯 纓缨 "
    "銘铭 鋒锋 鋼钢 錦锦 鎮镇 鐵鉄铁 鈺钰 鈞钧 銀银 銳锐 鑑鑒鉴 語语 詩诗 誼谊 諾诺 謙谦 講讲 護护 讓让 記记 訓训 "
    "詠咏 論论 調调 課课 議议 譯译 讚赞 贊赞 資资 賓賔宾 賦赋 質质 贏赢 風风 雲云 電电 靈灵 霧雾 順顺 頌颂 預预 "
    "領领 頤颐 題题 顧顾 顯显 顥颢 駿骏 騰腾 驊骅 驍骁 驥骥 魚鱼 鮑鲍 鳴鸣 鴻鸿 鵑鹃 鶴鹤 鷹鹰 鸞鸾 麥麦 點点 "
    "齋斋 慶庆 懷怀 憲宪 戰战 戲戏 戶戸户 揚扬 撫抚 擇择 擁拥 據据 攝摄 敎教 數数 於于 昇陞升 晉晋 曉晓 曄晔 會会 "
    "朧胧 條条 棟栋 楓枫 楨桢 樑梁 樓楼 樹树 橋桥 機机 檢检 權权 歡欢 歲岁 歷曆历 歸归 氣气 沖冲 決决 沒没 況况 "
    "淩凌 淨净 減减 淵渊 渾浑 湧涌 準准 滄沧 滿满 漢汉 漁渔 潔洁 潤润 澤泽 濟济 濱滨 瀟潇 瀾澜 灣湾 煉炼 煒炜 "
    "煥焕 熱热 燁烨 鷰燕 燦灿 爍烁 爲為为 爾尔 牆墙 獻献 獎奖 現现 琺珐 瑤瑶 瑪玛 璽玺 環环 瓏珑 產産产 畫画 異异 "
    "疊叠 發髮发 盡尽 盤盘 眾衆众 叡睿 碩硕 確确 祿禄 禎祯 種种 稱称 穌稣 積积 穩稳 窮穷 競竞 筆笔 節节 簡简 籌筹 "
    "粵粤 羣群 翹翘 習习 聖圣 聲声 聰聪 聯联 職职 肅肃 脈脉 腦脑 膽胆 臨临 舉举 艦舰 蓋盖 蔭荫 蔥葱 薈荟 藍蓝 "
    "藝艺 藥药 蘊蕴 蘆芦 虛虚 號号 蟬蝉 補补 裝装 裏裡里 複復复 見见 規规 親亲 覺觉 覽览 觀观 訂订 計计 託托 詳详 "
    "誌志 說説说 誰谁 請请 諒谅 談谈 豐豊丰 貞贞 財财 責责 貽贻 賜赐 賽赛 趕赶 趨趋 躍跃 軒轩 輔辅 輕轻 輪轮 辭辞 "
    "農农 迴回 這这 還还 邊边 邨村 鄉乡 醫医 釋释 鈴铃 錄录 錫锡 鍵键 鎧铠 鑰钥 長长 門门 閃闪 開开 閑閒闲 間间 "
    "閔闵 閣阁 闊阔 陰阴 階阶 隊队 際际 隨随 險险 隱隐 雋隽 雙双 雞鷄鸡 離离 難难 雖虽 響响 頂顶 頓顿 額额 顆颗 "
    "飄飘 養养 餘余 館舘馆 駒驹 驗验 驚惊 體体 髙高 鬥斗 黨党 龜龟 峯峰 巖岩 島岛 崗岗 嵐岚 嶺岭 巒峦 師师 帥帅 "
    "帶带 幫帮 庫库 廣广 廠厂 廬庐 彌弥 彎弯 彥彦 彙汇 後后 徑径 從从 恆恒 恥耻 悅悦 愨悫 憶忆 懃勤 勵励 勞劳 "
    "動动 務务 劍剑 劃划 創创 剛刚 則则 別别 冊册 內内 兩两 優优 億亿 儉俭 僑侨 備备 侶侣 俠侠 來来 倫伦 倉仓 "
    "個个 佇伫 亞亚 並併并 叢丛 吶呐 員员 問问 啓啟启 喚唤 嘆叹 嘯啸 圓圆 團团 園园 圖图 執执 堅坚 堯尧 報报 塵尘 "
    "壇坛 壽夀寿 夢梦 夥伙 奧奥 奪夺 妝妆 姍姗 婦妇 嫻娴 嬌娇 嬋婵 嬰婴 嫵妩 寧甯宁 實实 審审 寫写 寬宽 將将 專专 "
    "尋寻 對对 導导 屆届 層层 屬属 岡冈 喆哲 堃坤 綺绮 緣缘 縱纵 織织 繼继 續续 絲丝 綠绿 綿绵 綸纶 練练 緹缇 "
    "縈萦 縉缙 纖纤 玨珏 塗涂 傢家 甦苏 龢和 椀碗 湻淳 濬浚 洩泄 蒞莅 遊游 週周 脩修 僊仙 儘尽 曬晒 棲栖 栢柏 "
    "槑梅 櫻樱 氷冰 涼凉 灑洒 煙烟 琹琴 皞皓 暠皓 皜皓 秊年 穀谷"
)
_IN_USE = "肖昇喆堃甯於"
"""Forms that are taken for another when names are compared, but are common enough to need no remark."""
