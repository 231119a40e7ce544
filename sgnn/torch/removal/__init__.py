"""Which units of a module nothing depends on, and the module without them."""
