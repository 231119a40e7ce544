"""Run benchmarks: ``python -m benchmarks NAME ...``, or without names, list them."""

import argparse
import os
from pathlib import Path

from benchmarks import data, pages, suite


def parser_of_arguments():
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="benchmarks to run; 'all' are all, 'papers' those that reproduce a paper, 'reproduce' "
        "these without the cases that take long; 'report' measures nothing, and writes all pages "
        "from the results that are there",
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
    parser.add_argument(
        "--into",
        type=Path,
        help="folder for results and pages, instead of benchmarks/results and doc",
    )
    parser.add_argument("--fresh", action="store_true", help="measure again what has a record")
    return parser


def main(arguments=None):
    everything = suite.names()
    parser = parser_of_arguments()
    chosen = parser.parse_args(arguments)
    if chosen.data:
        if not chosen.data.is_dir():
            parser.error(f"--data: {chosen.data} is not a folder")
        os.environ[data.FOLDER] = str(chosen.data.resolve())
    if any(len(pair) != 2 for pair in chosen.only):
        parser.error("--only takes KEY=VALUE")
    if not chosen.names:
        show(everything)
        return
    papers = [name for name in everything if hasattr(suite.module(name), "summary")]
    groups = {"all": everything, "papers": papers, "reproduce": papers}
    wanted = dict.fromkeys(one for name in chosen.names for one in groups.get(name, [name]))
    unknown = set(wanted) - {*everything, "report"}
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)}; there are {', '.join(everything)}")
    measured = [name for name in wanted if name != "report"]
    if chosen.only and not any(
        suite.of_interest(suite.module(name).cases(), chosen.only) for name in measured
    ):
        pairs = " ".join("=".join(pair) for pair in chosen.only)
        parser.error(f"--only: no case of {', '.join(measured)} has {pairs}")
    for name in measured:
        suite.run(
            name,
            short="reproduce" in chosen.names,
            jobs=chosen.jobs,
            only=chosen.only,
            fresh=chosen.fresh,
            results=chosen.into or suite.RESULTS,
        )
    names = everything if "report" in wanted else list(wanted)
    if chosen.into:
        with pages.written_to(chosen.into):
            report(names, chosen.into)
    else:
        records = report(names, suite.RESULTS)
        readme = pages.ROOT / "README.md"
        readme.write_text(pages.with_headlines(readme.read_text(), records))


def show(names):
    """Print what benchmarks there are, and how long the committed results took."""
    for name in names:
        print(f"{name:24} {minutes(suite.read(name)):6.1f} min  {suite.module(name).TITLE}")
    papers = [name for name in names if hasattr(suite.module(name), "summary")]
    records = [record for name in papers for record in short_records(name)]
    print(f"{'reproduce':24} {minutes(records):6.1f} min  on one core, of all papers")


def minutes(records):
    """Return the CPU minutes of records; seconds of early ones are by the clock on the wall."""
    return sum(record.get("cpu_seconds", record.get("seconds", 0)) for record in records) / 60


def short_records(name):
    """Return the records of the cases of a benchmark that a short run has."""
    benchmark, records = suite.module(name), suite.read(name)
    is_long = getattr(benchmark, "is_long", lambda case: False)
    return [one for case in benchmark.cases() if not is_long(case) for one in records.where(**case)]


def report(names, results):
    """Write the pages of some benchmarks, and that of all papers; return all records."""
    records = {name: suite.read(name, results) for name in suite.names()}
    records = {name: found for name, found in records.items() if found}
    for name in names:
        if name in records:
            pages.write(name, records[name])
    pages.write_summary(records)
    return records


if __name__ == "__main__":
    main()
