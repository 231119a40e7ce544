"""Run benchmarks: ``python -m benchmarks NAME ...``, or without names, list them."""

import argparse
import os
from pathlib import Path

from benchmarks import data, pages, suite


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="benchmarks to run; 'all' are all, 'papers' those that reproduce a paper; 'report' "
        "measures nothing, and writes all pages from the results that are there",
    )
    parser.add_argument("--data", type=Path, help=f"folder of the data; or set {data.FOLDER}")
    parser.add_argument("--jobs", type=int, default=2, help="measurements at a time (default: 2)")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        type=lambda text: tuple(text.split("=", 1)),
        metavar="KEY=VALUE",
        help="measure only cases with these values, such as data=mnist",
    )
    parser.add_argument("--fresh", action="store_true", help="measure again what has a record")
    chosen = parser.parse_args(arguments)
    if chosen.data:
        if not chosen.data.is_dir():
            parser.error(f"--data: {chosen.data} is not a folder")
        os.environ[data.FOLDER] = str(chosen.data.resolve())
    if any(len(pair) != 2 for pair in chosen.only):
        parser.error("--only takes KEY=VALUE")
    everything = suite.names()
    if not chosen.names:
        for name in everything:
            minutes = sum(record.get("seconds", 0) for record in suite.read(name)) / 60
            print(f"{name:24} {minutes:6.1f} CPU min  {suite.module(name).TITLE}")
        return
    groups = {
        "all": everything,
        "papers": [name for name in everything if hasattr(suite.module(name), "summary")],
    }
    wanted = dict.fromkeys(one for name in chosen.names for one in groups.get(name, [name]))
    unknown = set(wanted) - {*everything, "report"}
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)}; there are {', '.join(everything)}")
    for name in wanted:
        if name != "report":
            suite.run(name, jobs=chosen.jobs, only=chosen.only, fresh=chosen.fresh)
    report(everything if "report" in wanted else list(wanted))


def report(names):
    """Write the pages of some benchmarks, and those that show all."""
    records = {name: suite.read(name) for name in suite.names()}
    records = {name: found for name, found in records.items() if found}
    for name in names:
        if name in records:
            pages.write(name, records[name])
    pages.write_summary(records)
    readme = pages.ROOT / "README.md"
    readme.write_text(pages.with_headlines(readme.read_text(), records))


if __name__ == "__main__":
    main()
