"""Physics parts of laboratory instruments: small and composable, each with the analytic law that it is tested with."""
