"""Collect: from feeds, sitemaps, pages, folders and files to items, with the health of each source."""
