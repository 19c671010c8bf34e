"""The editor's desk as a local web page: ``afterlore brief review DIR``."""
