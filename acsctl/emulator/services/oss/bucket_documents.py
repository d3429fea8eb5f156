"""What a bucket keeps as a document: each write replaces it whole, and it is read back as it was written (sheet data.md 1).

The local cloud acts upon none of them: nothing expires, is logged, or is encrypted.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from acsctl.emulator.services.oss.answer import Answer, as_xml
from acsctl.emulator.services.oss.buckets import own_bucket, own_bucket_to_change
from acsctl.emulator.services.oss.call import OssCall, malformed, oss_api
from acsctl.emulator.services.oss.refusals import OssError


@dataclass(frozen=True)
class Document:
    """name: as in GetBucket<name>. root: of the XML; empty for JSON. unset: the code for one that was never written; empty
    where there is a default. default: what is read then."""

    name: str
    root: str
    unset: str = ""
    default: str = ""
    deletable: bool = True
    check: Callable[[ElementTree.Element], None] = lambda root: None


def _check_encryption(root: ElementTree.Element) -> None:
    algorithm = root.findtext("ApplyServerSideEncryptionByDefault/SSEAlgorithm")
    if algorithm not in ("AES256", "KMS", "SM4"):
        message = "The algorithm is AES256, KMS or SM4."
        raise OssError("InvalidEncryptionAlgorithmError", message=message, status=400)


def _name_rules(root: ElementTree.Element) -> None:
    """A rule without an ID gets one, as at the real one."""
    for rule in root.findall("Rule"):
        if not rule.findtext("ID"):
            found = rule.find("ID")
            (ElementTree.SubElement(rule, "ID") if found is None else found).text = secrets.token_hex(16)


_OFF = "<Enabled>false</Enabled>"
DOCUMENTS = (
    Document("Cors", "CORSConfiguration", unset="NoSuchCORSConfiguration"),
    Document("Encryption", "ServerSideEncryptionRule", unset="NoSuchServerSideEncryptionRule", check=_check_encryption),
    Document("Lifecycle", "LifecycleConfiguration", unset="NoSuchLifecycle", check=_name_rules),
    Document("Logging", "BucketLoggingStatus"),
    Document("Policy", "", unset="NoSuchBucketPolicy"),
    Document("Website", "WebsiteConfiguration", unset="NoSuchWebsiteConfiguration"),
    Document("PublicAccessBlock", "PublicAccessBlockConfiguration", default="<BlockPublicAccess>false</BlockPublicAccess>"),
    Document(
        "Referer",
        "RefererConfiguration",
        default="<AllowEmptyReferer>true</AllowEmptyReferer><RefererList />",
        deletable=False,
    ),
    Document("RequestPayment", "RequestPaymentConfiguration", default="<Payer>BucketOwner</Payer>", deletable=False),
    Document(
        "TransferAcceleration",
        "TransferAccelerationConfiguration",
        unset="NoSuchTransferAccelerationConfiguration",
        deletable=False,
    ),
    Document("HttpsConfig", "HttpsConfiguration", default="<TLS><Enable>false</Enable></TLS>", deletable=False),
    Document("ArchiveDirectRead", "ArchiveDirectReadConfiguration", default=_OFF, deletable=False),
    Document("AccessMonitor", "AccessMonitorConfiguration", default="<Status>Disabled</Status>", deletable=False),
)


def _serve(one: Document) -> None:
    """Binds the handlers of a document."""

    @oss_api(f"Put{_bucket(one)}")
    def put(call: OssCall) -> Answer:
        text = _json(call) if not one.root else _xml(call, document=one)
        bucket = own_bucket_to_change(call)
        bucket.set(Documents={**bucket["Documents"], one.name: text})
        return Answer()

    @oss_api(f"Get{_bucket(one)}")
    def get(call: OssCall) -> Answer:
        kept = own_bucket(call)["Documents"].get(one.name)
        if kept is None and one.unset:
            raise OssError(one.unset, message=f"The bucket has no {one.name} configuration.", status=404)
        text = kept or f"<{one.root}>{one.default}</{one.root}>"
        return Answer(body=text.encode(), type="application/xml" if one.root else "application/json")

    if one.deletable:

        @oss_api(f"Delete{_bucket(one)}")
        def delete(call: OssCall) -> Answer:
            bucket = own_bucket_to_change(call)
            bucket.set(Documents={name: text for name, text in bucket["Documents"].items() if name != one.name})
            return Answer(204)


def _bucket(one: Document) -> str:
    return f"Bucket{one.name}"


def _xml(call: OssCall, *, document: Document) -> str:
    root = call.xml(document.root)
    document.check(root)
    for one in root.iter():
        if (one.text or "").lower() in ("true", "false"):  # oss2 writes True, and reads only true
            one.text = (one.text or "").lower()
    try:
        return ElementTree.tostring(root, encoding="unicode")
    except RecursionError as error:
        raise malformed() from error


def _json(call: OssCall) -> str:
    try:
        json.loads(call.request.body)
    except (ValueError, RecursionError) as error:
        raise OssError("InvalidPolicyDocument", message="The policy is not JSON.", status=400) from error
    return call.request.body.decode()


@oss_api("GetBucketResourceGroup")
def get_bucket_resource_group(call: OssCall) -> Answer:
    fields = own_bucket(call).pick("ResourceGroupId")
    return Answer(body=as_xml("BucketResourceGroupConfiguration", fields))


@oss_api("PutBucketResourceGroup")
def put_bucket_resource_group(call: OssCall) -> Answer:
    group = call.xml("BucketResourceGroupConfiguration").findtext("ResourceGroupId")
    if not group:
        raise malformed()
    own_bucket_to_change(call).set(ResourceGroupId=group)
    return Answer()


for _one in DOCUMENTS:
    _serve(_one)
