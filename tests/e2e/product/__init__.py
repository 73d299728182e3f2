"""The product in a real cluster, as a person who installed it meets it."""
