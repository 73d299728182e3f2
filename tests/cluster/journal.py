"""The log of the node agents: one file for each cluster, apart from the process's own logging."""

import logging
from pathlib import Path


def opened(file: Path) -> logging.Logger:
    """Return a logger that writes to a file and to nothing else."""
    logger = logging.Logger(file.stem)
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    return logger


def close(logger: logging.Logger) -> None:
    """Close its file."""
    for handler in logger.handlers:
        handler.close()
