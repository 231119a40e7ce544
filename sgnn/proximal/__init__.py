"""What the prox of a sum is, and in which metric."""
