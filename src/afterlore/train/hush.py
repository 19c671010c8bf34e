"""Quiets the libraries below: their progress bars and notices would stand between our own."""

import warnings

from transformers.utils import logging

__all__ = ["hush"]


def hush() -> None:
    """For the rest of the process; errors are still said."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # TRL 1.16 asks for names that transformers 5.24 has renamed; goes with the next minor version of TRL.
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning)
