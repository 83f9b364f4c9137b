"""Enterprises: registration, systems, people."""
