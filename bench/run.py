"""Both steps: python -m portal.embedded.throwaway -- python -m bench.run --filings 100000."""

import argparse

from bench.generate import generate
from bench.lists import report

if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--filings", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=30)
    given = arguments.parse_args()
    generate(given.filings)
    report(given.rounds)
