"""The working-day calendar as operators keep it: one day at a time, or a year's holiday notice at once."""
