"""A scripted model at the network's edge, in the four forms that agent programs speak.

`anthropic` (Messages), `responses` and `chat` (OpenAI's two), `gemini`. A form turns what it is
asked into one conversation, the Messages API's, in which a recording of `factory.agents.recording`
finds its place; what the recorded model says next goes back in the form that was asked for, with
the asking program's own tools (`tools`). `server` serves all four on the loopback.
"""
