"""Materials and return reasons are kept by operators, and every save is recorded."""

import pytest
from django.urls import reverse, reverse_lazy

from portal.audit.models import AuditEntry
from supervision.models import Material, MaterialRule, ReturnReason
from tests import make

pytestmark = pytest.mark.django_db
ADD = reverse_lazy("admin:supervision_returnreason_add")
REASON = {"code": "R28", "section": "basics", "text": "备注与实际不符。", "basis": "", "order": 28, "is_active": "on"}


@pytest.fixture
def operator(client):
    make.reference()
    user = make.operator()
    client.force_login(user)
    return user


def rules_of(material):
    return dict(material.rules.values_list("module", "need"))


def saved(client, material, rules):
    """Post the material's page with these rules: (existing rule or None, module, need, whether it goes)."""
    given = {name: getattr(material, name) for name in ("name", "help_text", "order")}
    flags = {name: "on" for name in ("read_by_safety", "read_by_quality", "is_active")}
    total, known = len(rules), sum(1 for rule, *_rest in rules if rule)
    form = {"rules-TOTAL_FORMS": total, "rules-INITIAL_FORMS": known}
    for n, (rule, module, need, goes) in enumerate(rules):
        form |= {f"rules-{n}-id": rule.pk if rule else "", f"rules-{n}-material": material.pk}
        form |= {f"rules-{n}-module": module, f"rules-{n}-need": need} | ({f"rules-{n}-DELETE": "on"} if goes else {})
    return client.post(reverse("admin:supervision_material_change", args=[material.pk]), given | flags | form)


def test_a_new_reason_is_offered_and_recorded(client, operator):
    assert client.post(ADD, REASON).status_code == 302
    assert ReturnReason.objects.get(pk="R28").text == "备注与实际不符。"
    entry = AuditEntry.objects.get(event="dictionary.changed")
    assert (entry.actor, entry.subject_id, entry.details["created"]) == (operator, "R28", True)


def test_what_a_module_asks_is_added_changed_and_taken_away(client, operator):
    material = Material.objects.get(pk="M16")  # asked by 联合报监 and 先行介入, optional in 提前服务
    joint, early = (material.rules.get(module=module) for module in ("joint", "early_intervention"))
    rules = [(joint, "joint", "optional", False), (early, "early_intervention", "required", True)]
    rules += [(rule, rule.module, rule.need, False) for rule in material.rules.exclude(pk__in=[joint.pk, early.pk])]
    assert saved(client, material, rules).status_code == 302
    assert "early_intervention" not in rules_of(material) and rules_of(material)["joint"] == "optional"
    told = AuditEntry.objects.filter(event="dictionary.changed").last().details
    assert (told["rules_changed"], told["rules_removed"]) == (["joint"], ["early_intervention"])


def test_codes_that_rows_refer_to_are_not_changed_and_nothing_is_deleted(client, operator):
    page = client.get(reverse("admin:supervision_material_change", args=["M01"])).content.decode()
    assert 'name="code"' not in page
    assert client.post(reverse("admin:supervision_material_delete", args=["M01"]), {"post": "yes"}).status_code == 403
    assert Material.objects.filter(pk="M01").exists() and MaterialRule.objects.filter(material="M01").exists()


@pytest.mark.parametrize("who", ["officer", "applicant", "auditor"])
def test_the_dictionaries_are_the_operators(client, operator, who):
    others = {"officer": make.officer, "applicant": make.site_officer, "auditor": make.auditor}
    client.force_login(others[who]())
    assert client.post(ADD, REASON).status_code in (302, 403)
    assert not ReturnReason.objects.filter(pk="R28").exists()
