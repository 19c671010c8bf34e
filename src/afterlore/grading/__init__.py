"""What a worked answer answers: taken out of its text, brought to one form, compared and voted on. No model."""

from afterlore.grading.algebra import representatives, same
from afterlore.grading.extract import boxes, final_answer
from afterlore.grading.keys import key
from afterlore.grading.vote import Mode, Ties, Vote, read, vote

__all__ = ["Mode", "Ties", "Vote", "boxes", "final_answer", "key", "read", "representatives", "same", "vote"]
