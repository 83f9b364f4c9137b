"""Lists that people make their own: columns to choose, views to keep. Apps register their lists in lists.py."""
