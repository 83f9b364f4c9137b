"""Enterprises, their members, business systems and who may use them."""
