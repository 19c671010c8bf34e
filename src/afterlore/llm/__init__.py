"""Model endpoints: chat and embeddings over the OpenAI wire protocol, with every attempt counted.

``chat.Chat`` and ``embeddings.Embeddings`` speak to an ``endpoint.Endpoint``; ``fake.ScriptedModel`` stands in for a
model within the process; ``check.check`` says what an endpoint can do.

Why there is no SDK below: pydantic-ai-slim 2.68 on openai 3.57 was tried first and measured (``benchmarks/models.py``,
200 requests at a time, a history of ten tool calls, one core). It took 19 ms of CPU a request where this package takes
4, and 1.9 s to import. It reads a stream that was cut off as one that finished (``stop``), and refuses whole replies
whose calls have no id or whose arguments are an object instead of text.
"""
