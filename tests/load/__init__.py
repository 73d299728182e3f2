"""Many reviews at once while the cluster changes below them."""
