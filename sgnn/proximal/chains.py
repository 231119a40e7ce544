"""Which terms of an objective have a joint prox, and how it is found.

A *chain* is a list of terms on nested groups, finest first, whose joint prox is applied in turn or
solved; a *cluster* is a list of chains that overlap, so that their joint prox takes splitting.
"""


def chains_of(terms):
    """Cut terms into lists of nested ones whose joint prox is known."""
    chains = []
    for term in terms:
        home = next((chain for chain in chains if _has_joint_prox([*chain, term])), None)
        chains.append([term]) if home is None else home.append(term)
    return chains


def clusters_of(chains):
    """Put chains together that penalise the same layer.

    Raises
    ------
    ValueError
        If terms of different chains overlap that are neither convex nor the two sides of "both".
    """
    clusters = []
    for chain in chains:
        overlapping = []
        for cluster in clusters:
            pairs = [(a, b) for other in cluster for a in other for b in chain if _meet(a, b)]
            if pairs:
                overlapping.append(cluster)
            for a, b in reversed(pairs):
                if not (a.shape.convex and b.shape.convex) and a.owner != b.owner:
                    raise ValueError(_no_joint_prox(a, b))
        clusters = [cluster for cluster in clusters if cluster not in overlapping]
        clusters.append([*(other for cluster in overlapping for other in cluster), chain])
    return clusters


def is_sequential(chain):
    """Whether applying the proxes in turn is exact.

    It is where no terms meet, and where a function of norms follows positively homogeneous ones.
    """
    *finer, last = chain
    if not any(_meet(term, last) for term in finer):
        return True
    return not last.shape.by_rows and all(term.shape.homogeneous for term in finer)


def _has_joint_prox(chain):
    *finer, last = chain
    if not all(t.groups.single or t.structure == last.structure for t in finer):
        return False
    if all(is_sequential(chain[:n]) for n in range(2, len(chain) + 1)):
        return True
    return len(chain) == 2 and _is_solvable(*chain)


def _is_solvable(fine, coarse):
    """Whether the solver of the joint prox of two terms is known to find the minimum."""
    if coarse.shape.by_rows or not (fine.groups.single or fine.shape.by_rows):
        return False
    if coarse.shape.convex:
        return fine.shape.convex or fine.shape.nests
    return fine.shape.nests and coarse.shape.nests


def _meet(one, other):
    """Whether two terms penalise the same layer."""
    return not set(one.layers).isdisjoint(other.layers)


def _no_joint_prox(one, other):
    return (
        f"penalty: no joint proximal operator is known for {one.shape} on {one.structure!r} and "
        f"{other.shape} on {other.structure!r}. A sum must be convex, or one of a few pairs such "
        "as a concave penalty on weights and GroupLasso."
    )


def in_order(terms):
    """Return terms sorted: finer groups first, then shapes of rows, then homogeneous ones."""

    def place(term):
        groups, shape = term.groups, term.shape
        n_coarser = sum(_is_finer(groups, other.groups) for other in terms)
        fineness = not groups.single, -n_coarser, term.structure
        return *fineness, not shape.by_rows, not shape.homogeneous

    return sorted(terms, key=place)


def _is_finer(one, other):
    return one.nests_in(other) and not other.nests_in(one)
