"""The servers that ./run and ./test start themselves: PostgreSQL and Valkey, as children that die with their launcher."""
