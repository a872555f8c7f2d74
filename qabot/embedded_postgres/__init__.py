"""A Django database backend whose PostgreSQL comes as a Python package and starts with the first connection."""
