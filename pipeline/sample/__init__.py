"""A stand-in upstream: made-up files laid out and served on loopback as the publishers lay out and serve theirs."""
