"""What `manage.py doctor` and `/readyz` look at. Knows nothing of documents and answers: figures are handed in."""
