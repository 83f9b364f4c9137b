"""The picture of docs/architecture.md, kept true."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# An app may import from those on its right.
ORDER = ["supervision", "projects", "enterprises", "accounts", "portal"]
# The outer end of portal joins the apps, so it may know them all.
OUTER = ("portal/settings.py", "portal/urls.py", "portal/home/", "portal/console/", "portal/management/")
# Inside an app a module may import those on its right.
LAYERS = ["urls", "views", "forms", "tasks", "actions", "permissions", "models", "catalogue"]


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def sources(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "/migrations/" not in str(path)]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("app", ORDER)
def test_an_app_imports_only_from_the_apps_below_it(app):
    above = set(ORDER[: ORDER.index(app)])
    wrong = [
        (relative(path), name)
        for path in sources(app)
        if not relative(path).startswith(OUTER)
        for name in imports(path)
        if name.split(".")[0] in above
    ]
    assert wrong == []


def test_the_kernel_does_not_import_the_outer_end():
    inner = [path for path in sources("portal") if not relative(path).startswith(OUTER)]
    allowed = {"portal/models.py", "portal/admin.py", "portal/tasks.py"}  # they gather the packages
    wrong = [
        (relative(path), name)
        for path in inner
        if relative(path) not in allowed
        for name in imports(path)
        if name.startswith(("portal.home", "portal.console", "portal.management", "portal.urls"))
    ]
    assert wrong == []


def layer_of(parts: tuple[str, ...]) -> int | None:
    return LAYERS.index(parts[1]) if len(parts) > 1 and parts[1] in LAYERS else None


@pytest.mark.parametrize("app", ORDER[:-1])
def test_inside_an_app_data_flows_one_way(app):
    wrong = []
    for path in sources(app):
        here = layer_of(path.relative_to(ROOT).with_suffix("").parts)
        for name in imports(path) if here is not None else ():
            there = layer_of(tuple(name.split("."))) if name.startswith(app + ".") else None
            if there is not None and there < here:
                wrong.append((relative(path), name))
    assert wrong == []


def test_nothing_is_imported_inside_a_function():
    wrong = []
    for folder in ORDER:
        for path in sources(folder):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    wrong += [
                        f"{relative(path)}:{inner.lineno}"
                        for inner in ast.walk(node)
                        if isinstance(inner, ast.Import | ast.ImportFrom)
                    ]
    assert wrong == []


def test_every_folder_of_code_says_what_lives_there():
    packages = [path for folder in ORDER for path in (ROOT / folder).rglob("__init__.py")]
    silent = [
        relative(path)
        for path in packages
        if not {"migrations", "management", "commands", "templatetags"} & set(path.parts)
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
