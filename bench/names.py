"""Names of works, estates, roads and enterprises as they sound in Wuhan; the same seed makes the same city."""

import random

SIGNS = "安永长宏大新华中东南西北江河山水龙凤金银玉宝福禄喜康宁和平盛世荣昌达通顺利兴旺瑞祥吉庆明光辉煌天地人仁义礼智信德文武英豪志远致诚恒泰嘉美景春夏秋冬梅兰竹菊松柏青绿翠紫云霞月星辰朝阳晨曦卓越创科"
TAILS = "花园 家园 名苑 广场 大厦 新城 公馆 府 里 小区 工业园 科技园 产业园 中心 学校 医院".split()
PARTS = ["", "", "", "一期", "二期", "三期", "A地块", "B3-07地块", "（南区）", "1#楼"]
KINDS = (
    "住宅建设工程 商业办公楼工程 厂房建设工程 学校教学楼工程 医院改扩建工程 道路工程 排水管网工程 桥梁工程 绿化景观工程 "
    "地基与基础工程 装修改造工程 幕墙工程 消防改造工程 综合整治工程 轨道交通工程 还建房工程 给水工程 燃气管道工程"
).split()
FAMILIES = "王李张刘陈杨黄吴赵周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国志文海燕红宇鹏飞晨曦"
TRADES = "建设 建筑 建工 市政 装饰 安装 置业 监理 设计".split()


def person_name(dice: random.Random) -> str:
    return dice.choice(FAMILIES) + "".join(dice.choices(GIVEN, k=dice.choice([1, 2, 2])))


class Names:
    def __init__(self, seed: int, enterprises: int) -> None:
        self.dice = random.Random(seed)
        self.roads = [self.word() + "路" for _ in range(900)]
        self.estates = [self.word() + self.dice.choice(TAILS) for _ in range(6000)]
        self.enterprises = [self.enterprise() for _ in range(enterprises)]

    def word(self) -> str:
        return "".join(self.dice.sample(SIGNS, self.dice.choice([2, 2, 2, 3])))

    def enterprise(self) -> str:
        place = self.dice.choice(["武汉", "武汉", "武汉", "湖北", "中建", "中铁"])
        return f"{place}{self.word()}{self.dice.choice(TRADES)}{self.dice.choice(['工程', '集团', '', ''])}有限公司"

    def works(self, district: str) -> tuple[str, str]:
        """(project, works): 江岸区宏松路12号宏松府二期, and the same with what is built there."""
        dice = self.dice
        place = f"{district}{dice.choice(self.roads)}{dice.randrange(1, 1999)}号"
        project = place + dice.choice(self.estates) + dice.choice(PARTS)
        return project, project + dice.choice(KINDS)
