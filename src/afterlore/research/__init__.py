"""Deep search: an agent that works in rounds and carries a typed, verified state between them."""
