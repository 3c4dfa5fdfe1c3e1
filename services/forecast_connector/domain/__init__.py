"""Values and rules: no framework, no file, no network."""
