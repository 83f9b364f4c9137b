"""Rows whose status follows a table of moves."""

from typing import Self

from django.db import models
from django.utils.translation import gettext as _

from portal.errors import Refused


class LockingQuerySet(models.QuerySet):
    def locked(self, pk):
        """The row, with everybody else who wants to change it waiting until this transaction ends."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)


class Workflow(models.Model):
    """A row whose `status` changes only by the moves that its class lists.

    MOVES maps the name of a move to (the statuses it starts from, the status
    it leads to). It is the whole state machine: read it there, draw it from
    there, ask `can()` before offering a button, call `move()` in an action.
    """

    MOVES: dict[str, tuple[set[str], str]]
    status: str

    class Meta:
        abstract = True

    def can(self, move: str) -> bool:
        sources, _target = self.MOVES[move]
        return self.status in sources

    def move(self: Self, move: str) -> None:
        """Set the status that `move` leads to; Refused if it does not start from the present one."""
        if not self.can(move):
            state = self.get_status_display()  # type: ignore[attr-defined]
            raise Refused(
                _("当前状态为“%(state)s”，不能执行此操作。可能已有人处理过，请刷新页面查看最新状态。")
                % {"state": state}
            )
        self.status = self.MOVES[move][1]
