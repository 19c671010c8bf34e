"""Where an agent looks and what it reads: local corpora, web search services, pages, and a scripted stand-in."""
