"""The seven business systems and the dictionary of posts: what every installation starts with."""

from enterprises.models import BusinessSystem, Position
from portal.reference import add_missing

# code, name in 系统授权 and 应用中心, name on 首页, purpose (guide §三.3, decisions 24)
SYSTEMS = [
    ("filing", "项目报监", "项目报监", "办理联合报监、先行介入、提前服务，向安监站、质监站报监并查看审核进度。"),
    (
        "safety_supervision",
        "安全监督",
        "安全监管",
        "接收监督交底、检查记录、整改通知和停工通知，在线回复整改，申请复工与安全评价。",
    ),
    ("patrol", "督查巡查", "督查巡查", "查看双随机抽查和重点督查的安排，接收督查结果，反馈问题整改情况。"),
    (
        "hazardous_works",
        "危大工程",
        "危大工程",
        "登记危险性较大的分部分项工程，管理专项方案、专家论证、交底、监测和验收。",
    ),
    ("project_evaluation", "项目评价", "项目评价", "按安全生产标准化要求对项目进行自评、考评并查看评价结果。"),
    ("personnel_evaluation", "人员评价", "人员评价", "记录项目关键岗位人员的履职和记分情况，查看评价结果。"),
    ("credit", "信用监管", "信用监管", "查看企业和人员的信用信息，办理异议申诉与信用修复。"),
]
OPEN = {"filing": "filing:list"}  # the systems that work, with the name of their first page

# code, name (domain §3.7); the order of the list is the order on the page
POSITIONS = [
    ("1009", "项目经理"),
    ("2001", "建设单位项目负责人"),
    ("1001", "总监理工程师"),
    ("3001", "勘察项目负责人"),
    ("4001", "设计项目负责人"),
    ("1014", "项目副经理"),
    ("1011", "项目技术负责人"),
    ("1008", "项目总工程师"),
    ("1018", "安全员"),
    ("1017", "质量员"),
    ("1016", "施工员"),
    ("1023", "资料员"),
    ("1020", "材料员"),
    ("1021", "机械员"),
    ("1019", "标准员"),
    ("1022", "劳务员"),
    ("1025", "测量员"),
    ("1026", "试验员"),
    ("1027", "造价员"),
    ("1029", "安全负责人"),
    ("1028", "质量负责人"),
    ("1030", "技术负责人"),
    ("1031", "生产经理"),
    ("1010", "工程经理"),
    ("1012", "项目工程师"),
    ("1013", "项目管理员"),
    ("1032", "物资材料工程师"),
    ("1024", "总监代表"),
    ("1002", "副总监"),
    ("1003", "安全监理工程师"),
    ("1004", "专业监理工程师"),
    ("1005", "监理工程师"),
    ("1006", "监理员"),
    ("1007", "监理安全员"),
    ("2002", "建设单位工程师"),
    ("2003", "建设单位安全负责人"),
    ("1015", "项目总监"),
    ("1099", "其它"),
]
LEADING = {"1001", "1009", "2001", "3001", "4001"}
ALIASES = {"1015"}  # 项目总监 is how people call 总监理工程师: known from other systems' data, not offered


def load() -> int:
    """Add the systems and posts that are missing; returns how many rows were new."""
    return add_missing(BusinessSystem, systems()) + add_missing(Position, positions())


def systems() -> list[BusinessSystem]:
    return [
        BusinessSystem(
            code=code,
            name=name,
            home_name=home_name,
            purpose=purpose,
            icon=code,
            order=place,
            is_open=code in OPEN,
            url_name=OPEN.get(code, ""),
        )
        for place, (code, name, home_name, purpose) in enumerate(SYSTEMS, 1)
    ]


def positions() -> list[Position]:
    return [
        Position(code=code, name=name, order=place, leads=code in LEADING, is_active=code not in ALIASES)
        for place, (code, name) in enumerate(POSITIONS, 1)
    ]
