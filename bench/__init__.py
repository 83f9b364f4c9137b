"""A city of any size, and how long its lists take. Not part of the portal that runs."""
