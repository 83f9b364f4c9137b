"""People of every role, stations, sign-in, passwords, codes."""
