"""The site: it lists all there is, its links lead somewhere, docstrings and words are in order."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

from doc.repository_links import resolved, rewrite

ROOT = Path(__file__).resolve().parents[1]
MODULES = ["sgnn", *(f"sgnn.{wing}" for wing in ("display", "groups", "linked", "losses"))]
MODULES += ["sgnn.penalties", "sgnn.torch"]
PAGES = sorted({*(ROOT / "doc").glob("*.md")} - {ROOT / "doc/penalties_introduction.md"})
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *PAGES, *sorted(ROOT.glob("benchmarks/**/README.md"))]


def public():
    """Yield the full name and the object of everything public that is no module."""
    for name in MODULES:
        module = import_module(name)
        for inner in module.__all__:
            thing = getattr(module, inner)
            if not inspect.ismodule(thing) and not inner.startswith("__"):
                yield f"{name}.{inner}", thing


def listed():
    """Return the full names that the reference lists."""
    names, module = set(), ""
    for line in (ROOT / "doc/api.rst").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\.\. module:: (\S+)", line):
            module = match[1]
        elif match := re.match(r"   (\w[\w.]*)$", line):
            names.add(f"{module}.{match[1]}")
    return names


# What there is


def test_the_reference_lists_everything_public():
    assert not {name for name, _ in public()} - listed()


def test_the_reference_lists_nothing_that_is_not_there():
    for name in listed():
        module, _, inner = name.removeprefix("sgnn.").rpartition(".")
        assert hasattr(import_module(f"sgnn.{module}".rstrip(".")), inner), name


def test_every_page_is_in_a_table_of_contents():
    entries = {"index", "penalties_introduction"}
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            entries |= {line for line in block.splitlines() if line and line[0] != ":"}
    assert not {page.stem for page in PAGES} - entries


# Links


def anchors(text):
    """Return the anchors of the headings of a Markdown file, as GitHub and MyST make them."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    found = []
    for heading in re.findall(r"^#+ (.*)$", outside, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return set(found)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_document_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    folder = page.parent.relative_to(ROOT).as_posix()
    for path, anchor in re.findall(r"\]\((?!\w+:|/)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        place = ROOT / resolved(path, folder) if path else page
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), (path, anchor)


@pytest.mark.parametrize(
    ("link", "folder", "expected"),
    [
        ("doc/modules.md#cost", "", "/modules.md#cost"),
        ("modules.md", "doc", "/modules.md"),
        ("images/path.png", "doc", "/images/path.png"),
        ("../examples/plot_path.py", "doc", "/auto_examples/plot_path.rst"),
        ("CHANGELOG.md", "", "/changelog.md"),
        ("#cost", "doc", "#cost"),
        ("https://doi.org/x", "doc", "https://doi.org/x"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(link, folder, expected):
    assert rewrite(f"See [it]({link}).", folder) == f"See [it]({expected})."


def test_links_to_other_files_lead_to_the_repository():
    link = rewrite("[suite](../benchmarks/suite.py)", "doc")
    assert re.fullmatch(r"\[suite\]\(https://\S+/blob/main/benchmarks/suite\.py\)", link)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        rewrite("[x](nowhere.md)", "doc")


# Docstrings


def documented():
    """Yield the names of public objects and methods; what overrides says only what is different."""
    seen = set()
    for name, thing in public():
        if not callable(thing):
            continue
        yield name
        if not inspect.isclass(thing):
            continue
        for inner in dir(thing):
            owner, *others = [cls for cls in thing.__mro__ if inner in vars(cls)]
            member = vars(owner)[inner]
            function = member.__func__ if isinstance(member, classmethod) else member
            is_ours = inspect.isfunction(function) and owner.__module__.startswith("sgnn.")
            if is_ours and inner[0] != "_" and not others and function not in seen:
                seen.add(function)
                yield f"{name}.{inner}"


def is_in_order(name):
    """Return whether what may be given by position is documented in that order."""
    thing = Validator._load_obj(name)
    documented = Validator(get_doc_object(thing)).doc_all_parameters
    parameters = inspect.signature(thing).parameters.values()
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return [one for one in documented if one in by_position] == by_position


def faults(name):
    """Return what numpydoc finds: GL is on sections, PR on parameters, RT on what is returned.

    RT02 does not allow scikit-learn's ``self : object``.
    """
    found = [fault for fault in validate(name)["errors"] if fault[0][:2] in {"GL", "PR", "RT"}]
    return [
        (code, text)
        for code, text in found
        if code != "RT02" and not (code == "PR03" and is_in_order(name))
    ]


@pytest.mark.parametrize("name", sorted(documented()))
def test_a_docstring_is_valid(name):
    assert not faults(name)


@pytest.mark.parametrize(("name", "thing"), list(public()))
def test_everything_public_says_what_it_is(name, thing):
    if callable(thing):
        members = [inner for inner in dir(thing) if inner[0] != "_" and inner[-1] != "_"]
        own = [m for m in members if getattr(getattr(thing, m), "__module__", "x")[:4] == "sgnn"]
        assert not [m for m in own if not inspect.getdoc(getattr(thing, m))]
        assert inspect.getdoc(thing)


# Words, and the whole of it


def test_words_are_spelt_as_in_the_dictionary():
    folders = ["benchmarks", "doc", "examples", "sgnn", "tests", *map(str, ROOT.glob("*.md"))]
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import codespell_lib as c; raise SystemExit(c._script_main())",
            *folders,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "doc", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "generated/sgnn.SparseMLPClassifier.html").exists()
