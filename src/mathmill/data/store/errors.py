"""What a request to a store failed of: whether it passes, and what a person can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ABSENT, CHANGED, PASSES, LASTS = "absent", "changed", "passes", "lasts"

_PASSING = frozenset(
    {"SlowDown", "Throttling", "RequestTimeout", "RequestLimitExceeded", "InternalError", "OperationAborted"}
)
_CREDENTIALS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)
_SETTINGS = (
    "check the address, AWS_ENDPOINT_URL if it is set (it begins with http:// or https://), and the other settings of "
    "the client"
)
_AGAIN = "run the same command again when it answers; what is done is kept"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Its kind (ABSENT: no such file; CHANGED: another file; PASSES; LASTS), in words, and what to do next."""

    kind: str
    said: str
    advice: str


def trouble_of(error: Exception) -> Trouble:
    """What an exception of fsspec's client means; one that is none of a request's is raised again."""
    said = " ".join(str(error).split())[:300] or type(error).__name__
    answer = _answer(error)
    if answer is None:
        return _without_answer(error, said)
    code, status = str(answer.get("Error", {}).get("Code", "")), _status(answer)
    if code == "NoSuchBucket":
        return Trouble(LASTS, said, "make the bucket first, or check its name")
    if code in ("NoSuchKey", "404") or (status == 404 and code != "NoSuchUpload"):
        return Trouble(ABSENT, said, "check the address")
    if status in (304, 412):
        return Trouble(CHANGED, said, "run the same command again")
    if code in _PASSING or status in (409, 429) or status >= 500:
        return Trouble(PASSES, said, _AGAIN)
    if code in _CREDENTIALS:
        return Trouble(LASTS, said, "check the credentials, such as those of AWS_PROFILE")
    if status == 403:
        return Trouble(
            LASTS, said, "have the right given to read, write, list and remove there, or name another profile"
        )
    return Trouble(LASTS, said, "check the address, and AWS_ENDPOINT_URL and the region if they are set")


def _without_answer(error: Exception, said: str) -> Trouble:
    from aiohttp import ClientError
    from botocore import exceptions as boto  # type: ignore[import-untyped]
    from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]
    from fsspec.exceptions import FSTimeoutError

    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.ProfileNotFound):
        return Trouble(LASTS, said, "give credentials, such as with AWS_PROFILE or AWS_ACCESS_KEY_ID")
    passing = (
        boto.HTTPClientError,
        boto.ConnectionError,
        ResponseParserError,
        boto.IncompleteReadError,
        boto.ResponseStreamingError,
        ClientError,
        FSTimeoutError,
        OSError,
    )
    if isinstance(error, passing):
        return Trouble(PASSES, said, f"check the connection and AWS_ENDPOINT_URL if it is set; {_AGAIN}")
    # The client has no error of its own for an endpoint without scheme or host.
    if isinstance(error, boto.BotoCoreError) or (isinstance(error, ValueError) and said.startswith("Invalid endpoint")):
        return Trouble(LASTS, said, _SETTINGS)
    raise error


def _answer(error: BaseException | None) -> dict[str, Any] | None:
    """What the server answered; fsspec's client hands it on in the cause of its own errors."""
    while error is not None:
        found = getattr(error, "response", None)
        if isinstance(found, dict):
            return found
        error = error.__cause__
    return None


def _status(answer: dict[str, Any]) -> int:
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
