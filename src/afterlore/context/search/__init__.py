"""From a query to hits: scores from term statistics, propagation over folders, and the trace of both."""
