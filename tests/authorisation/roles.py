"""Who is asked, in the order of the table's columns (product §1)."""

ROLES = {
    "visitor": "访客",
    "administrator": "企业管理员账号",
    "member": "企业用户",
    "manager": "项目经理",
    "project_user": "项目用户",
    "safety": "审核员（安监）",
    "quality": "审核员（质监）",
    "chief": "站长（安监）",
    "operator": "平台运营",
    "auditor": "审计员",
}
