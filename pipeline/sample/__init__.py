"""A generated upstream: synthetic files in the publishers' layout, and a server that answers as the publishers do."""
