"""Names and numbers as others may see them: 张**, 138****0001, 420***********0015 (security 2.4)."""


def mask_name(name: str | None) -> str:
    """The first character and at most two stars: 张三丰 becomes 张**, 李四 becomes 李*."""
    name = str(name or "").strip()
    return "*" if len(name) == 1 else name[:1] + "*" * min(len(name) - 1, 2)


def mask_phone(phone: str | None) -> str:
    """The first three and the last four digits; of anything shorter than a mobile number only the last two."""
    return _keep(phone, 3, 4) if len(str(phone or "").strip()) >= 11 else _keep(phone, 0, 2)


def mask_id(number: str | None) -> str:
    """The first three and the last four characters; of other, shorter documents the first and the last two."""
    return _keep(number, 3, 4) if len(str(number or "").strip()) >= 15 else _keep(number, 1, 2)


def _keep(text: str | None, head: int, tail: int) -> str:
    text = str(text or "").strip()
    hidden = len(text) - head - tail
    if hidden < 2:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[-tail:]


def mask_address(address: str | None) -> str:
    """Roughly where from: the first half of an IPv4 address, the first three groups of an IPv6 one."""
    address = str(address or "").strip()
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":*"
    return ".".join(address.split(".")[:2]) + ".*.*" if address.count(".") == 3 else ""


def mask_email(address: str) -> str:
    """The first letter and the host: z***@example.com; "" stays ""."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}***@{host}" if host else ""
