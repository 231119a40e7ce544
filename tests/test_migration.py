"""The scripts of the migration pages run, and print what the pages say they print."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGES = sorted((Path(__file__).resolve().parents[1] / "doc").glob("from_*.md"))
PEERS, SLOW = ("boruta", "lassonet", "skorch"), ("boruta", "lassonet")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def uses(code, peers):
    """Return which of some packages a script imports."""
    return [peer for peer in peers if re.search(rf"^from {peer}\b", code, re.MULTILINE)]


def scripts():
    """Yield each script of a page with its output; those that take a minute are slow."""
    pattern = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
    for page in PAGES:
        for code, output in pattern.findall(page.read_text(encoding="utf-8")):
            marks = [pytest.mark.slow] if uses(code, SLOW) else []
            name = "-".join([page.stem, *uses(code, PEERS)])
            yield pytest.param(code, output, marks=marks, id=name)


def lines(output):
    """Return of each line its words, without times, and its numbers."""
    timeless = [re.sub(r"\d+\.\d s$", "", line) for line in output.splitlines()]
    numbers = [[float(n.replace(",", "")) for n in NUMBER.findall(line)] for line in timeless]
    return [NUMBER.sub("#", line) for line in timeless], numbers


@pytest.mark.parametrize(("code", "output"), list(scripts()))
def test_the_script_of_a_migration_page_prints_what_the_page_says(code, output, capsys):
    for peer in uses(code, PEERS):
        pytest.importorskip(peer)
    exec(code, {"__name__": "page"})
    (words, numbers), (expected_words, expected) = map(lines, (capsys.readouterr().out, output))
    assert words == expected_words
    for found, wanted in zip(numbers, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0.2, atol=0.05)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_migration_page_has_a_table_of_counterparts(page):
    rows = re.findall(r"^\| .+ \| .+ \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) >= 6


def test_there_is_a_script_for_each_package_that_is_named():
    told = {one.id for one in scripts()}
    assert told == {
        *("from_lassonet-lassonet", "from_mlpclassifier", "from_skorch-skorch"),
        *("from_selectors", "from_selectors-boruta"),
    }


def test_there_is_a_page_for_each_package_that_is_named():
    assert {page.stem for page in PAGES} == {
        *("from_lassonet", "from_mlpclassifier", "from_selectors", "from_skorch")
    }
