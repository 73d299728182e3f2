"""`make demo`: the real server over TLS, on the inventory of a real cluster."""
