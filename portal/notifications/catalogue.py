"""docs/messages.md: every kind of message, from the registry."""

from portal.notifications.kinds import Kind, all_kinds
from portal.notifications.models import Delivery

HEAD = """# Messages

Printed from the registry (`*/notices.py`) by `manage.py kinds > docs/messages.md`; a test compares the two. The text of each is
`templates/messages/<event>.txt`, its first line the subject. Everything is in the inbox; texts and e-mails as the columns say,
unless the reader turned them off (消息设置). *gathered*: in the e-mails of DIGEST_TIMES. *always*: cannot be off, knows no quiet hours.
*badge*: stays on that word of the menu until somebody did what it asks for.

| event | called | to | text | e-mail | badge |
|---|---|---|---|---|---|
"""


def page_of_kinds() -> str:
    return HEAD + "".join(f"| {' | '.join(cells(kind))} |\n" for kind in all_kinds())


def cells(kind: Kind) -> list[str]:
    always = "always" if kind.security else "yes"
    text = always if Delivery.Channel.SMS in kind.channels else "–"
    mail = "–" if Delivery.Channel.EMAIL not in kind.channels else ("gathered" if kind.digest else always)
    badge = str(kind.asks.label) if kind.asks else "–"
    return [f"`{kind.event}`", str(kind.label), str(kind.to.label), text, mail, badge]
