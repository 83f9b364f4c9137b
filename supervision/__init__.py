"""项目报监: filings in three modules, and their review by two stations."""
