"""Tell other programs what happens: signed requests, retried, and never to addresses that are none of theirs."""
