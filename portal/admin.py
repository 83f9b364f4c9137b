"""The admin pages of the kernel's modules, gathered for Django. One line a module."""

# ruff: noqa: F401
from portal.home import admin as notices
