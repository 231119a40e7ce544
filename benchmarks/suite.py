"""Runs the cases of a benchmark that are not measured yet, and writes down what is found.

A benchmark is a folder with a ``README.md``, which is its protocol, and ``benchmark.py``, with

``TITLE``
    Title of its page in ``doc/``.
``cases(toy)``
    The measurements to make, a list of flat dicts that JSON can hold, such as :func:`grid` makes;
    the key "data" names a data set of `data.py`. With ``toy`` they take seconds, on data that
    scikit-learn ships.
``measure(case)``
    What one of them gives, a dict whose keys are not those of the case.
``report(records)``
    The parts of the page, in Markdown; pictures go to :func:`pages.save`. A record is a case and
    what was measured, with its CPU ``seconds``; they come as `Records`, which chooses, groups and
    averages them.

and, if they apply, ``ALONE = True`` where times are compared, so that nothing runs beside it;
``is_long(case)``, true of cases that `run` leaves out when it is to be short;
``summary(records)``, the parts of its section of ``doc/results.md``; and ``headline(records)``, its
row of the table in ``README.md``.
"""

import importlib
import importlib.metadata
import json
import os
import platform
import time
import warnings
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import torch
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from benchmarks import data
from benchmarks.peers import timed
from benchmarks.records import Records

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PACKAGES = ("numpy", "scikit-learn", "torch", "skorch", "lassonet", "torch-pruning", "pytabkit")


def names():
    """Return the names of all benchmarks."""
    return sorted(path.parent.name for path in HERE.glob("*/benchmark.py"))


def module(name):
    """Return the module of a benchmark."""
    return importlib.import_module(f"benchmarks.{name}.benchmark")


def grid(**values):
    """Return a case for each combination of values, the last key varying fastest."""
    return [dict(zip(values, choice, strict=True)) for choice in product(*values.values())]


def read(name, results=RESULTS):
    """Return the records of a benchmark, each with the ``environment`` that it was made in."""
    path = results / f"{name}.json"
    if not path.exists():
        return Records()
    stored = json.loads(path.read_text())
    return Records(
        {**record, "environment": stored["environments"][record["environment"]]}
        for record in stored["records"]
    )


def run(
    name,
    *,
    toy=False,
    short=False,
    jobs=1,
    only=(),
    fresh=False,
    results=RESULTS,
    say=print,
):
    """Measure the cases of a benchmark that have no record yet.

    Parameters
    ----------
    name : str
    toy : bool, default=False
        Whether to measure toy cases.
    short : bool, default=False
        Whether to leave out cases that take long.
    jobs : int, default=1
        Cases at a time.
    only : sequence of (key, text), default=()
        Measure only cases whose values, as text, are these.
    fresh : bool, default=False
        Whether to measure cases again that have a record.
    results : Path
        Folder of the JSON files.
    say : callable
        Told of progress, line by line.

    Returns
    -------
    Records
        All records that belong to a case, in the order of the cases.
    """
    benchmark = module(name)
    cases = benchmark.cases(toy)
    chosen = of_interest(cases, only)
    if short:
        is_long = getattr(benchmark, "is_long", lambda case: False)
        chosen = [case for case in chosen if not is_long(case)]
    known = read(name, results)
    if fresh:
        old = _in_order(known, chosen)
        known = Records(record for record in known if record not in old)
    missing = [case for case in chosen if not known.where(**case)]
    missing = _with_data(missing, say)
    say(f"{name}: {len(missing)} to measure, {len(chosen) - len(missing)} done or without data")
    clock = time.perf_counter()
    parallel = Parallel(
        n_jobs=1 if getattr(benchmark, "ALONE", False) else jobs, return_as="generator_unordered"
    )
    for number, record in enumerate(
        parallel(delayed(_measured)(name, case) for case in missing), start=1
    ):
        known = _in_order(Records([*known, {**record, "environment": environment()}]), cases)
        _write(results / f"{name}.json", known)
        minutes = (time.perf_counter() - clock) / 60
        say(f"{name} {number}/{len(missing)}, {minutes:.1f} min: {_brief(record)}")
    return known


def of_interest(cases, only):
    """Return the cases whose values, as text, are those of the pairs of key and text."""
    return [case for case in cases if all(str(case.get(key)) == text for key, text in only)]


def environment():
    """Return what the figures depend on, apart from the case."""
    versions = {}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    if torch.cuda.is_available():
        versions["GPU"] = torch.cuda.get_device_name()
    return {"python": platform.python_version(), **versions, "machine": platform.machine()}


@contextmanager
def one_thread():
    """One thread for everybody, and no warnings."""
    torch.set_num_threads(1)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _measured(name, case):
    with one_thread():
        found, seconds = timed(module(name).measure, case)
    both = set(case) & set(found)
    if both:
        raise ValueError(f"{name}: {sorted(both)} are keys of the case and of what it gives.")
    record = {**case, **found, "seconds": round(seconds, 2)}
    return json.loads(json.dumps(record, default=float))


def _in_order(records, cases):
    """Return the records that belong to a case, in the order of the cases."""
    return Records(record for case in cases for record in records.where(**case))


def _with_data(cases, say):
    """Return the cases whose data are to be had."""
    there = {None: True}
    for name in dict.fromkeys(case.get("data") for case in cases):
        if name in data.SOURCES:
            try:
                data.load(name)
            except data.DataUnavailableError as error:
                say(f"Left out: {error}")
                there[name] = False
    return [case for case in cases if there.get(case.get("data"), True)]


def _write(path, records):
    environments = []
    for record in records:
        if record["environment"] not in environments:
            environments.append(record["environment"])
    rows = [
        {**record, "environment": environments.index(record["environment"])} for record in records
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"environments": {json.dumps(environments, indent=1)},\n"records": [\n{lines}\n]}}\n'
    partial = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(text)
    os.replace(partial, path)


def _brief(record):
    shown = {key: value for key, value in record.items() if not isinstance(value, list | dict)}
    return ", ".join(
        f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in shown.items()
    )
