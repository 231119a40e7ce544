"""The scripts of the migration pages run, and print what the pages say they print."""

import re
from pathlib import Path

import numpy as np
import pytest

LONG = "from_lassonet"
PAGES = sorted((Path(__file__).resolve().parents[1] / "doc").glob("from_*.md"))
PEERS = "lassonet", "skorch"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def script(page):
    """Return the script of a page and its output."""
    pattern = r"```python\n(.*?)```\n\n```text\n(.*?)```"
    [found] = re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL)
    return found


def lines(output):
    """Return of each line its words, without times, and its numbers."""
    timeless = [re.sub(r"\d+\.\d s$", "", line) for line in output.splitlines()]
    numbers = [[float(n.replace(",", "")) for n in NUMBER.findall(line)] for line in timeless]
    return [NUMBER.sub("#", line) for line in timeless], numbers


def marked(page):
    return pytest.param(page, marks=pytest.mark.slow if page.stem == LONG else (), id=page.stem)


@pytest.mark.parametrize("page", [marked(page) for page in PAGES])
def test_the_script_of_a_migration_page_prints_what_the_page_says(page, capsys):
    code, output = script(page)
    for peer in PEERS:
        if re.search(rf"^from {peer}\b", code, re.MULTILINE):
            pytest.importorskip(peer)
    exec(code, {"__name__": page.stem})
    (words, numbers), (expected_words, expected) = map(lines, (capsys.readouterr().out, output))
    assert words == expected_words
    for found, wanted in zip(numbers, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0.2, atol=0.05)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_migration_page_has_a_table_of_counterparts(page):
    rows = re.findall(r"^\| .+ \| .+ \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) >= 6


def test_there_is_a_page_for_each_package_that_is_named():
    assert {page.stem for page in PAGES} == {
        *("from_lassonet", "from_mlpclassifier", "from_selectors", "from_skorch")
    }
