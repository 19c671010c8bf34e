"""A daily brief of a field in which every claim points to its source sentence."""
