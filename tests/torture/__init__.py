"""Tests that take minutes and need a control plane: `make torture`."""
