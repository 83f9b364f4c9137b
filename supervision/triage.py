"""该选哪个模块？ Three questions lead to the module (guide §四.1, §四.5, §四.6). The table decides, nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supervision.catalogue import Module

YES, NO = "yes", "no"
Text = str | Promise


@dataclass(frozen=True)
class Question:
    """One question with its two answers."""

    code: str
    text: Text
    yes: Text
    no: Text
    help_text: Text = ""

    @property
    def choices(self) -> list[tuple[str, Text]]:
        return [(YES, self.yes), (NO, self.no)]


QUESTIONS = (
    Question("permit", _("项目有施工许可证了吗？"), _("有施工许可证"), _("没有施工许可证")),
    Question(
        "bidding",
        _("项目走完招投标流程了吗？"),
        _("已走完招投标流程"),
        _("没有走完招投标流程"),
        _("施工、监理单位都已确定，有中标通知书或直接发包证明。"),
    ),
    Question(
        "papers",
        _("报监所需的手续齐全吗？"),
        _("手续齐全"),
        _("手续不齐全"),
        _("先行介入的附件有必填要求，提前服务没有。拿不准时选“手续不齐全”。"),
    ),
)


@dataclass(frozen=True)
class Way:
    """The module that these answers lead to, and why in one sentence."""

    answers: Mapping[str, str]
    module: Module
    why: Text


WAYS = (
    Way({"permit": YES}, Module.JOINT, _("有施工许可证的项目优先在联合报监模块内进行报监。")),
    Way({"bidding": NO}, Module.ADVANCE, _("没有走完招投标流程的项目，在提前服务模块里手动新建。")),
    Way({"papers": NO}, Module.ADVANCE, _("手续不齐全的项目，在提前服务模块里手动新建。")),
    Way({"papers": YES}, Module.EARLY, _("走完招投标流程的项目，可以在先行介入模块的新建里面找到。")),
)

# What the printed guide says, word for word.
ONCE = _("项目在任意模块报监就行，无需在多个模块重复报监")
PERMIT_FIRST = _("有施工许可证的项目优先在联合报监模块内进行报监")
GUIDE: dict[str, Text] = {
    Module.JOINT: _("对于有施工许可证的项目会自动被拉取到联合报监列表内无需手动创建"),
    Module.EARLY: _("走完招投标流程的项目，可以先行介入模块里的新建里面找到项目，项目报监的时候附件有必填要求。"),
    Module.ADVANCE: _(
        "针对于没有走完招投标流程或者手续不齐全的项目，以及联合报监、先行介入模块都没有的项目，"
        "可以在提前服务模块里手动新建项目，在该模块报监项目没有文件必填权限。"
    ),
}


def read_answers(given: Mapping[str, str]) -> dict[str, str]:
    """The answers among what an address holds, as far as they follow one another; anything else is as if not said."""
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        if way_of(answers) or given.get(question.code) not in (YES, NO):
            break
        answers[question.code] = given[question.code]
    return answers


def way_of(answers: Mapping[str, str]) -> Way | None:
    """The first way that the answers meet; None while another question is needed."""
    return next((way for way in WAYS if way.answers.items() <= answers.items()), None)


def next_question(answers: Mapping[str, str]) -> Question | None:
    """What is still to be asked; None when the way is clear."""
    if way_of(answers):
        return None
    return next((question for question in QUESTIONS if question.code not in answers), None)
