"""Known and unknown accounts at sign-in and recovery, by the clock: python -m bench.sign_in [--rounds 40].

Against the database of the environment, with one account of each sort made for it and removed by the rollback. Known
and unknown take turns, so that a busy moment of the machine strikes both; the medians are what is compared. What must
be equal, questions and hashes, is asserted by tests/accounts/test_same_work.py.
"""

import argparse
import os
import secrets
import statistics
import time
from collections.abc import Callable, Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.actions import create_person  # noqa: E402

PASSWORD = "Bench-" + secrets.token_urlsafe(12)
KNOWN, UNKNOWN, NUMBER = "19900000001", "19900000002", "110101199003070097"
Act = Callable[[str, str], object]


def addresses() -> Iterator[str]:
    """A new address for every request: no limit is met."""
    for number in range(1, 2**16):
        yield f"10.200.{number // 250}.{number % 250 + 1}"


def sign_in(account: str, address: str) -> object:
    posted = {"side": "enterprise", "account": account, "password": "wrong-" + PASSWORD}
    return Client(HTTP_HOST="127.0.0.1").post("/", posted, REMOTE_ADDR=address)


def recover(account: str, address: str) -> object:
    posted = {"account": account, "id_tail": NUMBER[-6:]}
    return Client(HTTP_HOST="127.0.0.1").post("/recover/", posted, REMOTE_ADDR=address)


def medians(act: Act, rounds: int) -> dict[str, float]:
    """Milliseconds for the known and the unknown account."""
    took: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    places = addresses()
    for _round in range(rounds):
        for account, times in took.items():
            began = time.perf_counter()
            act(account, next(places))
            times.append((time.perf_counter() - began) * 1000)
    return {account: statistics.median(times) for account, times in took.items()}


@transaction.atomic
def report(rounds: int) -> None:
    """Print the medians; nothing stays in the database."""
    create_person(name="测试", phone=KNOWN, id_number=NUMBER, password=PASSWORD, by=None)
    for name, act, most in (
        ("sign-in, wrong password", sign_in, min(rounds, 19)),
        ("recovery", recover, min(rounds, 9)),
    ):
        found = medians(act, most)
        known, unknown = found[KNOWN], found[UNKNOWN]
        print(f"{name}: known {known:.1f} ms, unknown {unknown:.1f} ms, {known - unknown:+.1f} ms ({most} rounds each)")
    transaction.set_rollback(True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=40)
    report(arguments.parse_args().rounds)
