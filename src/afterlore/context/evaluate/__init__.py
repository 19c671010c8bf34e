"""What is found, measured against labelled data: conversations with evidence, and Chinese headings."""
