"""The demo's invented city: its data, its files, and how they come in through the real actions."""
