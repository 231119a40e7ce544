"""Run cases by their seeds and print what is wrong: python -m tests.fuzz fits 0 4000."""

import argparse
import sys
import time

from tests.fuzz.cases import KINDS, run


def main():
    """Read the command line; the exit status is 1 if there were faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("first", type=int, help="the first seed")
    parser.add_argument("last", type=int, help="the seed after the last one")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="time at most")
    arguments = parser.parse_args()
    start, counts = time.monotonic(), [0, 0, 0, 0]
    for seed in range(arguments.first, arguments.last):
        if time.monotonic() - start > arguments.seconds:
            break
        judge = run(arguments.kind, seed)
        found = [1, judge.n_calls, judge.n_refused, bool(judge.faults)]
        counts = [a + b for a, b in zip(counts, found, strict=True)]
        if judge.faults:
            print(f"seed {seed}: {'; '.join(judge.draw.words)}")
            print("".join(f"    {fault}\n" for fault in judge.faults), end="", flush=True)
    n_cases, n_calls, n_refused, n_faulty = counts
    print(f"{n_cases} cases from {arguments.first}, {n_calls} calls, {n_refused} refused")
    print(f"{n_faulty} cases with faults")
    return n_faulty > 0


if __name__ == "__main__":
    sys.exit(main())
