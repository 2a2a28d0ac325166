"""The wire contract as plain synchronous code over values. `PROTOCOL.md` describes it for people."""
