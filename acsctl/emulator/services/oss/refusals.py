"""The errors of OSS: codes with their statuses (oss2 2.19.1 exceptions, the published error pages, sheet data.md 1)."""

from collections.abc import Mapping

from acsctl.emulator.errors import ApiError

STATUSES: Mapping[str, int] = {
    "AccessDenied": 403,
    "BucketAlreadyExists": 409,
    "BucketNotEmpty": 409,
    "EntityTooSmall": 400,
    "FileAlreadyExists": 409,
    "IllegalVersioningConfigurationException": 400,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidDigest": 400,
    "InvalidObjectName": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidTargetType": 400,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotModified": 304,
    "ObjectNotAppendable": 409,
    "PositionNotEqualToLength": 409,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "SecurityTokenExpired": 403,
    "InvalidSecurityToken": 403,
    "SignatureDoesNotMatch": 403,
    "SymlinkTargetNotExist": 404,
}


class OssError(ApiError):
    """An error of OSS. details: further elements of its document. headers: of its answer. Raises KeyError for a code without
    a known status."""

    def __init__(
        self,
        code: str,
        *,
        message: str,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code, message=message, status=STATUSES[code] if status is None else status)
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def invalid(name: str, value: str, *, message: str = "") -> OssError:
    """InvalidArgument, with the argument and its value."""
    details = {"ArgumentName": name, "ArgumentValue": value}
    return OssError("InvalidArgument", message=message or f"The argument {name} is not valid.", details=details)


IN_OSS_WORDS: Mapping[str, tuple[str, int]] = {
    "Throttling.User": ("TotalQpsLimitExceeded", 503),
    "Forbidden.RAM": ("AccessDenied", 403),
    "InvalidSecurityToken.Expired": ("SecurityTokenExpired", 403),
    "InvalidAccessKeyId.NotFound": ("InvalidAccessKeyId", 403),
}
"""Codes of the other products that limits and faults raise, as OSS says them."""
