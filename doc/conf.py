"""Configuration of the site: ``make doc`` builds it, ``make gallery`` with examples that have run.

Nothing is fetched: what is linked to in other projects is listed in ``doc/inventories``.
"""

import tomllib
import zlib
from pathlib import Path

import sgnn

ROOT = Path(__file__).resolve().parents[1]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]

project = "sgnn"
author = "The sgnn developers"
project_copyright = "The sgnn developers, BSD 3-Clause"
version = release = sgnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "doc.repository_links",
]
exclude_patterns = ["_build", "inventories", "penalties_introduction.md", "**/*.ipynb"]
templates_path = ["_templates"]
nitpicky = True

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

autosummary_generate = True
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
# Members of these, and of what they derive from, are not repeated.
_DOCUMENTED_ELSEWHERE = "BaseException, LRScheduler, NeuralNet, Optimizer"
autodoc_default_options = {"members": True, "inherited-members": _DOCUMENTED_ELSEWHERE}
numpydoc_show_class_members = False

copybutton_exclude = ".linenos, .gp, .go"


def inventory(name):
    """Return the path of an inventory of objects, packed as Sphinx reads it."""
    listed = (ROOT / f"doc/inventories/{name}.txt").read_bytes()
    packed = ROOT / f"doc/_build/{name}.inv"
    packed.parent.mkdir(exist_ok=True)
    head = f"# Sphinx inventory version 2\n# Project: {name}\n# Version: \n"
    note = "# The remainder of this file is compressed using zlib.\n"
    packed.write_bytes((head + note).encode() + zlib.compress(listed))
    return str(packed)


PLACES = {
    "python": "https://docs.python.org/3/",
    "sklearn": "https://scikit-learn.org/stable/",
    "skorch": "https://skorch.readthedocs.io/en/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
}
intersphinx_mapping = {name: (place, inventory(name)) for name, place in PLACES.items()}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/",
    "plot_gallery": "False",
    "reference_url": {"sgnn": None},
    "doc_module": "sgnn",
    "backreferences_dir": "generated/backreferences",
    "inspect_global_variables": False,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sgnn"
html_static_path = ["_static"]
html_css_files = ["sgnn.css"]
html_show_sourcelink = False
html_theme_options = {
    "github_url": URLS["Source"],
    "logo": {"text": "sgnn"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "navigation_with_keys": False,
    "search_as_you_type": True,
}
html_sidebars = {"index": [], "install": [], "quick_start": [], "changelog": []}
