"""A simulated searcher over generated pages: it tests the book-keeping of rounds, not anybody's reasoning."""
