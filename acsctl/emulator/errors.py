"""What a service raises; the answer of the wire is made of it in one place, application.py."""


class ApiError(Exception):
    """An error answer of the cloud.

    code: literal, with the cloud's own spelling. message: worded by the local cloud. status: the HTTP status; None takes
    the one that metadata/choices.json or the published error table gives for the action. retry_after: milliseconds, sent
    as x-acs-retry-after.
    """

    def __init__(self, code: str, *, message: str, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after


class NotImplementedHere(ApiError):
    """A published action that the local cloud does not play."""

    def __init__(self, action: str) -> None:
        super().__init__("NotImplemented.LocalCloud", message=f"The local cloud does not implement {action}.", status=501)
