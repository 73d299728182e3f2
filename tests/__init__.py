"""The tests, laid out as webhook/ and certs/ are."""
