"""What a bucket keeps: written, read back, deleted; what is read before it was written."""

import oss2
import pytest
from oss2 import models

from tests.emulator.oss.conftest import code_of


def test_lifecycle(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchLifecycle):
        bucket.get_bucket_lifecycle()
    rule = models.LifecycleRule("logs", "log/", expiration=models.LifecycleExpiration(days=30))
    nameless = models.LifecycleRule("", "tmp/", expiration=models.LifecycleExpiration(days=1))
    bucket.put_bucket_lifecycle(models.BucketLifecycle([rule, nameless]))
    rules = bucket.get_bucket_lifecycle().rules
    assert [(one.prefix, one.expiration.days) for one in rules] == [("log/", 30), ("tmp/", 1)]
    assert rules[0].id == "logs"
    assert rules[1].id
    bucket.delete_bucket_lifecycle()
    with pytest.raises(oss2.exceptions.NoSuchLifecycle):
        bucket.get_bucket_lifecycle()


def test_cors(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchCors):
        bucket.get_bucket_cors()
    rule = models.CorsRule(["https://a.example"], ["GET"], ["x-a"], ["x-b"], 60)
    bucket.put_bucket_cors(models.BucketCors([rule]))
    found = bucket.get_bucket_cors().rules[0]
    assert (found.allowed_origins, found.allowed_methods, found.max_age_seconds) == (["https://a.example"], ["GET"], 60)
    bucket.delete_bucket_cors()
    with pytest.raises(oss2.exceptions.NoSuchCors):
        bucket.get_bucket_cors()


def test_website(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchWebsite):
        bucket.get_bucket_website()
    bucket.put_bucket_website(models.BucketWebsite("index.html", "error.html"))
    assert bucket.get_bucket_website().index_file == "index.html"
    bucket.delete_bucket_website()


def test_encryption(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchServerSideEncryptionRule):
        bucket.get_bucket_encryption()
    rule = models.ServerSideEncryptionRule()
    rule.sse_algorithm = "KMS"
    rule.kms_master_keyid = "key-1"
    bucket.put_bucket_encryption(rule)
    assert (bucket.get_bucket_encryption().sse_algorithm, bucket.get_bucket_encryption().kms_master_keyid) == ("KMS", "key-1")
    assert bucket.get_bucket_info().bucket_encryption_rule.sse_algorithm == "KMS"
    rule.sse_algorithm = "ROT13"
    with pytest.raises(oss2.exceptions.InvalidEncryptionAlgorithmError):
        bucket.put_bucket_encryption(rule)
    bucket.delete_bucket_encryption()
    with pytest.raises(oss2.exceptions.NoSuchServerSideEncryptionRule):
        bucket.get_bucket_encryption()


def test_logging(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_logging().target_bucket == ""
    bucket.put_bucket_logging(models.BucketLogging(bucket.bucket_name, "log/"))
    found = bucket.get_bucket_logging()
    assert (found.target_bucket, found.target_prefix) == (bucket.bucket_name, "log/")
    bucket.delete_bucket_logging()
    assert bucket.get_bucket_logging().target_bucket == ""


def test_referer(bucket: oss2.Bucket) -> None:
    assert (bucket.get_bucket_referer().allow_empty_referer, bucket.get_bucket_referer().referers) == (True, [])
    bucket.put_bucket_referer(models.BucketReferer(False, ["http://a.example"]))
    found = bucket.get_bucket_referer()
    assert (found.allow_empty_referer, found.referers) == (False, ["http://a.example"])


def test_policy(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()
    bucket.put_bucket_policy('{"Version": "1", "Statement": []}')
    assert bucket.get_bucket_policy().policy == '{"Version": "1", "Statement": []}'
    with pytest.raises(oss2.exceptions.ServerError) as failure:
        bucket.put_bucket_policy("no JSON")
    assert code_of(failure) == (400, "InvalidPolicyDocument")
    bucket.delete_bucket_policy()
    with pytest.raises(oss2.exceptions.NoSuchBucketPolicy):
        bucket.get_bucket_policy()


def test_tags(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {}
    rule = models.TaggingRule()
    rule.add("acsctl:stack", "shop")
    rule.add("b", "2")
    bucket.put_bucket_tagging(models.Tagging(rule))
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"acsctl:stack": "shop", "b": "2"}
    bucket.delete_bucket_tagging(params={"tagging": "b"})
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"acsctl:stack": "shop"}
    bucket.delete_bucket_tagging()
    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {}


def test_small_ones(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_request_payment().payer == "BucketOwner"
    bucket.put_bucket_request_payment("Requester")
    assert bucket.get_bucket_request_payment().payer == "Requester"
    bucket.put_bucket_resource_group("rg-mine")
    assert bucket.get_bucket_resource_group().resource_group_id == "rg-mine"
    assert bucket.get_bucket_info().resource_group_id == "rg-mine"
    bucket.put_bucket_public_access_block(True)
    assert bucket.get_bucket_public_access_block().block_public_access
    bucket.delete_bucket_public_access_block()
    assert not bucket.get_bucket_public_access_block().block_public_access
    bucket.put_bucket_transfer_acceleration("true")
    assert bucket.get_bucket_transfer_acceleration().enabled == "true"
    assert bucket.get_bucket_access_monitor().access_monitor.status == "Disabled"
    assert not bucket.get_bucket_https_config().tls_enabled
    assert not bucket.get_bucket_archive_direct_read().enabled


def test_what_is_no_document_is_refused(bucket: oss2.Bucket) -> None:
    for body in ("no XML", "<Other/>", "<BucketLoggingStatus>"):
        with pytest.raises(oss2.exceptions.MalformedXml):
            bucket._Bucket__do_bucket("PUT", data=body, params={"logging": ""})


def test_what_is_not_played_says_so(bucket: oss2.Bucket) -> None:
    for call in (
        lambda: bucket._Bucket__do_bucket("POST"),
        bucket.get_bucket_worm,
        bucket.get_bucket_replication,
        bucket.list_bucket_cname,
    ):
        with pytest.raises(oss2.exceptions.ServerError) as failure:
            call()
        assert code_of(failure) == (501, "NotImplemented.LocalCloud")
