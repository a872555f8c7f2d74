"""One module for each engine beside Postgres, over its official client, imported only when it is chosen."""
