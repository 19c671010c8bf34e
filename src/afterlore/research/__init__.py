"""Deep search: an agent that looks for an answer, reads what it finds, and says where each part of it stands."""
