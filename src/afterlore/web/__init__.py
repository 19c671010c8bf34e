"""The web as Afterlore sees it: one safe fetcher, and what a page says once its markup is gone."""
