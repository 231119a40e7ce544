"""A Sphinx extension: links that work in the repository work on the site, too.

Pages and the files of the root that they include link to each other by path. On the site a link to
a page stays one, one to an example leads to the gallery, and one to any other file to the
repository.
"""

import re
import tomllib
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "CHANGELOG.md": "/changelog.md",
    "CONTRIBUTING.md": "/contributing.md",
    "README.md": "/index.md",
    "examples": "/auto_examples/index.rst",
}
_LINK = re.compile(r"(?<=\]\()(?!\w+:|[#/])([^)#\s]+)")


def _source():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["urls"]["Source"]


def resolved(path, folder):
    """Return the file that a link leads to, as a path in the repository.

    Parameters
    ----------
    path : str
        As it stands in the link.
    folder : str
        Of the file that has the link, in the repository; "" is the root.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    target = (ROOT / folder / path).resolve()
    if not target.exists():
        raise FileNotFoundError(f"a link in {folder or 'the root'} leads to {path}: no such file")
    return target.relative_to(ROOT).as_posix()


def on_site(path, folder):
    """Return what a link leads to on the site; parameters are those of `resolved`."""
    target = PurePosixPath(resolved(path, folder))
    if str(target) in PAGES:
        return PAGES[str(target)]
    if target.parts[0] == "doc" and target.suffix in (".md", ".png", ".svg"):
        return f"/{target.relative_to('doc')}"
    if target.parts[0] == "examples":
        return f"/auto_examples/{target.stem}.rst"
    return f"{_source()}/blob/main/{target}"


def rewrite(text, folder):
    """Return Markdown with its links as they are on the site."""
    return _LINK.sub(lambda match: on_site(match[1], folder), text)


def _read(app, name, source):
    if app.env.doc2path(name).suffix == ".md":
        source[0] = rewrite(source[0], "doc")


def _include(app, path, name, source):
    if path.suffix == ".md":
        source[0] = rewrite(source[0], "")


def setup(app):
    """Register the extension."""
    app.connect("source-read", _read)
    app.connect("include-read", _include)
    return {"parallel_read_safe": True}
