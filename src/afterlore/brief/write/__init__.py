"""Write: from the articles of one event to a title, an insight and labelled facts, each with its place in a source."""
