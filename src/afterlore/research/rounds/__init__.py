"""Deep search in rounds: what each round found is compressed into a typed state, which the next one starts from."""
