"""Modules that few requests need: each is read when something of it is first asked for, once and for all threads.

A web process would otherwise hold the libraries of workbooks, PDF files and pictures for the rare page that makes one.
Types are for the checker alone:

    if TYPE_CHECKING:
        import openpyxl
    else:
        openpyxl = Later("openpyxl")
"""

from importlib import import_module
from typing import Any


class Later:
    """Stands for the module of this name."""

    def __init__(self, name: str) -> None:
        vars(self)["module_name"] = name

    def __getattr__(self, name: str) -> Any:
        module = vars(self)["module_name"]
        try:
            return getattr(import_module(module), name)
        except AttributeError:
            return import_module(f"{module}.{name}")  # a module of a package that nobody imported yet

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(import_module(vars(self)["module_name"]), name, value)
