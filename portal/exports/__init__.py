"""Lists as Excel files, made in the background: a row asks, a worker writes, its owner fetches within a week."""
