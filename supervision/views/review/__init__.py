"""/review/: what the stations work with. The inbox, one review with its documents, the items, the decision."""
