"""Pages walked in a real browser."""
