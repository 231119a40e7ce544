"""Links from scikit-learn's HTML representation to the page of a class, with tooltips."""

import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from itertools import accumulate


class Documented:
    """Is linked to the reference, at the address of the documentation that was installed."""

    _doc_link_module = "sgnn"

    @property
    def _doc_link_template(self):
        address = _address()
        return f"{address}/generated/{{name}}.html" if address else ""

    def _doc_link_url_param_generator(self):
        return {"name": public_name(type(self))}


def public_name(cls):
    """Return the shortest name that a class is known by, such as "sgnn.penalties.MCP"."""
    for place in accumulate(cls.__module__.split("."), "{}.{}".format):
        if getattr(sys.modules.get(place), cls.__name__, None) is cls:
            return f"{place}.{cls.__name__}"
    return f"{cls.__module__}.{cls.__qualname__}"


@cache
def _address():
    """Return the address of the documentation; None where sgnn is not installed."""
    try:
        urls = metadata("sgnn").get_all("Project-URL", [])
    except PackageNotFoundError:
        return None
    return dict(url.split(", ", 1) for url in urls).get("Documentation")
