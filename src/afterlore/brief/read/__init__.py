"""Extract: from an item to an article's text, outlet and kind, or to the reason why it is none."""
