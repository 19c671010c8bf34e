"""Pure text helpers: sentences, language, numbers and units. No I/O."""
