"""Deep search: an agent that searches, reads and answers with evidence, within a budget, whatever goes wrong."""
