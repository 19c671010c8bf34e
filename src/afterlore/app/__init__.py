"""The command line. It wires the parts together and is the only place that reads the environment."""
