"""What the documents say is so."""

import inspect
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from sgnn.penalties import available, get_penalty

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_of_the_penalties_is_what_the_docstrings_say():
    page = runpy.run_path(str(ROOT / "doc/make_penalties.py"))["page"]()
    assert (ROOT / "doc/penalties.md").read_text() == page
    assert all(f"## `{name}`" in page for name in available())


@pytest.mark.parametrize("name", available())
def test_the_sections_of_a_docstring_begin_in_the_first_column(name):
    text = inspect.getdoc(type(get_penalty(name)[0]))
    assert {"References", "Examples"} <= set(re.findall(r"^(\w+)\n-+$", text, re.MULTILINE))


def test_the_table_of_the_readme_names_every_penalty():
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r'`"(\w+)"`', readme[readme.index("## Penalties") :]))
    assert not set(available()) - named, "not in the table of README.md"


def test_the_output_of_the_readme_is_that_of_its_example(capsys):
    readme = (ROOT / "README.md").read_text()
    code, output = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", readme, re.DOTALL
    ).groups()
    exec(code, {})
    found = capsys.readouterr().out
    assert found.splitlines()[0] == output.splitlines()[0]
    kept = [
        [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) of", text)]
        for text in (found, output)
    ]
    np.testing.assert_allclose(kept[0], kept[1], rtol=0.1, atol=1)
