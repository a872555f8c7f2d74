"""Several embedding indexes side by side: begin one, fill it, switch to it, go back, remove it."""
