"""Selection of features: by size along a path, and by stability over subsamples."""
