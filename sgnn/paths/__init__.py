"""Networks of all sizes at once: paths over the strength of the penalty, and choosing from them."""
