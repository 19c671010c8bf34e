"""How well the parts of research do on labelled data, beside trivial baselines."""
