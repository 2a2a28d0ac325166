"""What can go wrong for a client. Each message is one sentence, fit for a person."""


class ClientError(Exception):
    """The meeting cannot be joined, or not be gone on with."""


class AudioFileError(ClientError):
    """A file that cannot be read as audio."""


class ConnectionRefused(ClientError):
    """The server does not take this participant (any more); trying again does not help."""

    def __init__(self, message: str, *, close_code: int) -> None:
        super().__init__(message)
        self.close_code = close_code
