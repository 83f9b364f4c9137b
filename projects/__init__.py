"""Projects, their parties, permits and awards, project users."""
