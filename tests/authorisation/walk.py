"""Every named address of the portal, and whose object stands in it."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.authorisation.world import LIST, World

Arguments = dict[str, Any]
Fill = Callable[[World, Any, str], Arguments]


class Address(NamedTuple):
    """A named address: `variables` are the parts of it that name something."""

    name: str
    variables: tuple[str, ...]


def addresses(patterns: Any = None, space: str = "", above: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        variables = (*above, *pattern.pattern.converters, *pattern.pattern.regex.groupindex)
        variables = tuple(dict.fromkeys(variables))
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner, variables)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Address(space + pattern.name, variables)


def all_addresses() -> list[Address]:
    """Each once, in the order of their names."""
    return sorted(set(addresses()))


def thing(name: str, argument: str = "pk", **more: Any) -> Fill:
    """The object of this name on the side."""
    return lambda world, side, role: {argument: side.things[name].pk} | more


def mine(name: str, argument: str = "pk", **more: Any) -> Fill:
    """The object of this name that belongs to the person."""
    return lambda world, side, role: {argument: side.of_person[role][name].pk} | more


def common(name: str, argument: str = "pk", **more: Any) -> Fill:
    return lambda world, side, role: {argument: world.shared[name].pk} | more


def fixed(**values: Any) -> Fill:
    return lambda world, side, role: values


def both(*fills: Fill) -> Fill:
    return lambda world, side, role: {name: value for fill in fills for name, value in fill(world, side, role).items()}


def document(world: World, side: Any, role: str) -> Arguments:
    return {"document": side.attachment.document_id}


def attached(world: World, side: Any, role: str) -> Arguments:
    return {"pk": side.attachment.document_id}


# What stands in an address that names something nobody owns; the same for everybody.
COMMON: dict[str, Fill] = {
    "app": fixed(code="filing"),
    "notice": common("notice"),
    "notice-hide": common("notice"),
    "notice-kept": common("notice"),
    "notice-edit": common("notice"),
    "notice-end": common("notice"),
    "accounts:agreement": common("agreement"),
    "accounts:agreement-withdraw": common("agreement"),
    "officer": common("officer"),
    "post-new": common("officer"),
    "post-move": common("post"),
    "post-end": common("post"),
    "calendar-year": fixed(year=2026),
    "calendar-day": fixed(day=date(2026, 12, 1)),
    "audit:entry": common("entry"),
    "accounts:account-reveal": fixed(field="phone"),
    "accounts:operator": fixed(token="x"),
    "accounts:activate": fixed(token="x"),
    "mfa_edit_webauthn": fixed(pk=1),  # the password is asked for before anybody learns whose it is
    "mfa_remove_webauthn": fixed(pk=1),
    "accounts:recover-apply": fixed(kind="phone"),
    "accounts:recover-file": fixed(field="id_photo"),
    "accounts:recover-ticket-stop": fixed(number="x"),
    "accounts:data-request": fixed(kind="close"),
    "accounts:data-request-file": fixed(kind="correct"),
    "accounts:lock-lift": common("lock"),
    "accounts:ticket": common("ticket"),
    "accounts:ticket-move": both(common("ticket"), fixed(name="propose")),
    "accounts:ticket-reveal": common("ticket", field="new_phone"),
    "console-document-again": common("stuck"),
    "delivery-resend": common("delivery"),
    "enterprises:register-step": fixed(step=1),
    "enterprises:register-keep": fixed(step=1),
    "enterprises:register-file": fixed(field="license"),
    "projects:user-register-file": fixed(field="id_photo"),
    "projects:found": fixed(what="enterprises"),
    "projects:join-file": fixed(field="letter"),
    "projects:handover": common("handover"),
    "projects:handover-move": common("handover", move="decline"),
    "projects:feed-run": common("run"),
    "projects:feed-release": common("run"),
    "projects:feed-drop": common("run"),
    "projects:feed-row-drop": common("row"),
    "projects:feed-request": fixed(feed="permits"),
    "projects:feed-import": fixed(feed="permits"),
    "projects:feed-template": fixed(feed="permits"),
    "filing:material-blank": fixed(code="x"),
    "filing:list": fixed(slug="joint"),
    "filing:new": fixed(slug="advance"),
    "lists:columns": fixed(code=LIST),
    "lists:views": fixed(code=LIST),
    "console:projects": fixed(),
    "console:project": common("project"),
    "console:project-close": common("project"),
    "console:project-reopen": common("project"),
    "console:merge-find": common("project"),
    "console:merge-new": both(common("project"), common("other", "other")),
    "console:merge-cancel": common("merge"),
    "receipt-verify": lambda world, side, role: {"code": side.receipt.code},
}

# What stands in an address that names somebody's own: once theirs, once the other side's.
OWNED: dict[str, Fill] = {
    "message-open": mine("message"),
    "accounts:data-copy": mine("copy"),
    "accounts:device-end": mine("device"),
    "accounts:ticket-stop": mine("ticket"),
    "accounts:data-request-withdraw": mine("request"),
    "accounts:data-request-page": mine("request"),
    "accounts:data-request-reveal": mine("request", field="id_number"),
    "accounts:data-request-grant": mine("request"),
    "accounts:data-request-decline": mine("request"),
    "exports:file": mine("export"),
    "lists:view-rename": mine("view", code=LIST),
    "lists:view-default": mine("view", code=LIST),
    "lists:view-delete": mine("view", code=LIST),
    "enterprises:invitation-answer": mine("invitation", move="accept"),
    "enterprises:system-revoke": both(thing("enterprise"), thing("grant", "grant")),
    "enterprises:administrator-remove": both(thing("enterprise"), thing("appointed", "member")),
    "enterprises:agent-withdraw": both(thing("enterprise"), thing("agency", "change")),
    "enterprises:agency-answer": thing("agency", move="accept"),
    "enterprises:member-file": thing("enterprise", field="id_photo"),
    "enterprises:join-withdraw": mine("asking"),
    "enterprises:request-admit": both(thing("enterprise"), thing("asking_person", "asked")),
    "enterprises:request-dismiss": both(thing("enterprise"), thing("asked", "asked")),
    "enterprises:member-state": both(thing("enterprise"), thing("staff_member", "member", move="disable")),
    "projects:handover-new": thing("enterprise"),
    "projects:application": thing("application"),
    "projects:application-file": thing("application", field="letter"),
    "projects:withdraw": thing("application"),
    "projects:nudge": thing("waiting"),
    "projects:delegation": thing("project"),
    "projects:delegation-end": both(thing("project"), thing("deputy", "grant")),
    "projects:standstill": thing("project"),
    "projects:leave": thing("application"),
    "projects:approval": thing("waiting"),
    "projects:approve": thing("waiting"),
    "projects:reject": thing("waiting"),
    "projects:end": thing("application"),
    "projects:reveal": thing("waiting", field="id_number"),
    "projects:acting": thing("party", "party"),
    "projects:acting-end": thing("party", "party"),
    "projects:detail": thing("project"),
    "projects:parts": thing("project"),
    "filing:correct": thing("returned"),
    "filing:resubmit": thing("returned"),
    "filing:detail": thing("submitted"),
    "filing:done": thing("submitted"),
    "filing:withdraw": thing("submitted"),
    "filing:versions": thing("submitted"),
    "filing:print": thing("submitted"),
    "filing:coordinate": thing("submitted"),
    "filing:copy": thing("submitted"),
    "filing:copy-pdf": thing("submitted"),
    "filing:paper": both(thing("submitted"), document),
    "filing:receipt": thing("filed"),
    "filing:documents-zip": thing("submitted"),
    "filing:letters": thing("submitted"),
    "filing:notice": both(thing("returned"), thing("paper", "notice")),
    "filing:change-blank": both(thing("filed"), thing("change", "change", code="letter")),
    "filing:supplement": thing("filed"),
    "filing:promise": thing("filed"),
    "filing:addenda": thing("filed"),
    "filing:changes": thing("filed"),
    "filing:change-begin": thing("filed", party_type="supervisor"),
    "filing:attachment": both(thing("submitted"), document),
    "filing:blank": thing("draft", code="x"),
    "review:changes": fixed(),
    "review:change": thing("change"),
    "review:change-reveal": thing("change", field="id_number"),
    "review:change-decide": thing("change", role="safety"),
    "review:acting": thing("party"),
    "review:absence-end": thing("absence"),
    "review:tie-end": thing("tie"),
    "review:phrase": thing("phrase"),
    "review:phrase-drop": thing("phrase"),
    "review:reveal-officer": thing("review", nth=0),
    "review:reveal": thing("review", place="x", field="head_phone"),
    "console:merge": common("merge"),
    "console:filing-void": thing("submitted"),
}
BY_PREFIX: list[tuple[str, Fill]] = [
    ("enterprises:member-", both(thing("enterprise"), thing("staff_member", "member"))),
    ("enterprises:", thing("enterprise")),
    ("filing:addendum", both(thing("filed"), thing("addendum", "addendum"))),
    ("filing:change", both(thing("filed"), thing("change", "change", field="letter"))),
    ("filing:", thing("draft")),
    ("review:", both(thing("review"), thing("item", "item"))),
    ("documents:", attached),
]


def fill_of(name: str) -> tuple[Fill, bool] | None:
    """How the address is filled in, and whether there is an own and a foreign object; None if nobody said."""
    if name in COMMON:
        return COMMON[name], False
    if name in OWNED:
        return OWNED[name], True
    return next(((fill, True) for start, fill in BY_PREFIX if name.startswith(start)), None)


def path_of(address: Address, world: World, side: Any, role: str) -> str | None:
    """The address with the object of this side and person in it; None where nobody said what belongs there."""
    if not address.variables:
        return reverse(address.name)
    if address.name.startswith("admin:"):
        return admin_path(address)
    filled = fill_of(address.name)
    if filled is None:
        return None
    values = filled[0](world, side, role)
    return reverse(address.name, kwargs={name: values[name] for name in address.variables if name in values})


def admin_path(address: Address) -> str:
    """A dictionary's page with its first row."""
    if address.name == "admin:view_on_site":
        return reverse(address.name, args=[1, 1])
    if "object_id" in address.variables:
        label, model = address.name.removeprefix("admin:").rsplit("_", 1)[0].split("_", 1)
        row = apps.get_model(label, model).objects.first()
        return reverse(address.name, args=[row.pk if row else 1])
    if address.name == "admin:app_list":
        return reverse(address.name, kwargs={"app_label": "accounts"})
    return "/dictionaries/x/"


def has_sides(address: Address) -> bool:
    filled = fill_of(address.name) if address.variables else None
    return bool(filled and filled[1])
