"""Small real projects, one a package manager, from their lock file to a landed change."""
