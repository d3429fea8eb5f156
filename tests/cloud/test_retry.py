"""Codes and what they ask for. Sheet behaviour.md 3, and codes of the published API metadata."""

from __future__ import annotations

import pytest

from acsctl.cloud import Retry, classify, is_absent
from acsctl.errors import CloudError

CODES = {
    Retry.DRY_RUN: "DryRunOperation",
    Retry.THROTTLED: """Throttling Throttling.User Throttling.Api Throttling.ConcurrentLimitExceeded
        Throttling.DeepPageSkip Rejected.Throttling""",
    Retry.SAME_TOKEN: """IdempotentProcessing LastTokenProcessing OperationFailed.LastTokenProcessing
        Idempotence.Processing OperationFailed.IdempotentTokenProcessing
        OperationFailed.TokenIsProcessing TOKEN_PROCESSING SignatureNonceUsed""",
    Retry.SERVER: "ServiceUnavailable InternalError InternalError.Dispatch UnknownError InvalidAction.NotFound",
    Retry.NO_STOCK: "OperationDenied.NoStock NoStock Invalid.PrivatePoolOptions.NoStock",
    Retry.DENIED: """Forbidden Forbidden.RAM Forbidden.SubUser NoPermission NoPermission.Tag SignatureDoesNotMatch
        InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive InvalidTimeStamp.Expired IncompleteSignature
        InvalidSecurityToken.Malformed MissingSecurityToken RAM.PermissionDenied""",
    Retry.EXPIRED: "InvalidSecurityToken.Expired SecurityTokenExpired SecurityToken.Expired ExpiredToken InvalidToken.Expired",
    Retry.ABSENT: """InvalidVpcId.NotFound InvalidVpcID.NotFound InvalidVSwitchId.NotFound Forbidden.VpcNotFound
        INSTANCE_NOT_EXISTS NATGW_NOT_EXIST ResourceNotFound.NatGateway ResourceNotFound
        InvalidRouteEntry.NotFound InvalidInstanceId.NOT_FOUND InvalidResourceId.NotFound
        InvalidResourceGroup.NotFound OperationFailed.VpcNotExist InvalidSecurityGroupRule.RuleNotExist
        EntityNotExist.Role InvalidAllocationId.NotFound Instance.NotExist ErrorClusterNotFound
        ErrorNodePoolNotFound AddonNotFound NAMESPACE_NOT_EXIST REPO_NOT_EXIST INSTANCE_ACCESS_NOT_EXIST""",
    Retry.EXISTS: """KeyPair.AlreadyExist InvalidIpAddress.AlreadyExist RouterEntryConflict.Duplicated
        InvalidCIDRBlock.Duplicate RuleExist NAMESPACE_ALREADY_EXIST ErrorClusterNameAlreadyExist""",
    Retry.DELETE_ONLY: """DependencyViolation DependencyViolation.VSwitch DependencyViolation.SnatEntry RspoolVipExist
        InstanceInUse OperationDenied.NatgwExist""",
    Retry.WAIT_STATE: """IncorrectVpcStatus IncorrectVSwitchStatus IncorrectRouteEntryStatus
        IncorrectInstanceStatus.Initializing IncorrectStatus.NATGW IncorrectStatus VswitchStatusError
        VpcStatusError InvalidVPCStatus VpnGateway.Configuring ServiceIsConfiguring
        IncorretSnatEntryStatus OperationDenied.CreatingConflict OperationDenied.OtherSubnetProcessing
        InstanceNotReady OperationFailed.EipInMiddleStatus InvalidPrivateIpAddress.Duplicated
        ErrorClusterState InvalidNodePoolStatus.Forbidden INSTANCE_STATUS_NOT_SUPPORT SLB_SERVICE_ERROR""",
    Retry.NEW_TOKEN: """IdempotentFailed TaskConflict OperationConflict Operation.Conflict VpnTask.CONFLICT
        Operation.Blocking SystemBusy OperationBusy LastOrderProcessing""",
    Retry.NEVER: """InvalidParameter MissingParameter.ResourceType QuotaExceeded.Vpc QuotaExceed.ElasticQuota
        InsufficientBalance Account.Arrearage IdempotentParameterMismatch IdempotenceParamNotMatch
        InvalidDisk.InUse Forbidden.OperateShareResource InvalidRegionId.NotFound
        InvalidZoneId.NotFound InvalidInstanceType.NotFound InvalidParameter.KMSKeyId.NotFound
        InvalidDiskCategory.NotFound InvalidRegion.NotExist InvalidAccount.NotFound
        InvalidApi.NotFound InvalidProduct.NotFound InvalidVersion.NotFound InvalidAction NoSuchVersion
        InvalidStatus.NotFound Duplicate.TagKey InvalidDesiredSizeOrCount.NotNull
        ErrManagedKuberneteRoleNotAttach MissingAuth.AliyunOOSLifecycleHook4CSRole QuotaExceeded.Cluster""",
}


@pytest.mark.parametrize(("retry", "code"), [(retry, code) for retry, codes in CODES.items() for code in codes.split()])
def test_classes_of_codes(retry, code):
    assert classify(code) is retry


def test_the_status_counts_only_for_unknown_codes():
    assert classify("Something.New", status=500) is Retry.SERVER
    assert classify("Something.New", status=429) is Retry.THROTTLED
    assert classify("Something.New", status=501) is Retry.NEVER
    assert classify("Something.New", status=404) is Retry.NEVER
    assert classify("InvalidDescription.Malformed", status=500) is Retry.NEVER
    assert classify("InstanceNotReady", status=500) is Retry.WAIT_STATE


def test_what_is_said_counts_only_for_unknown_codes():
    assert classify("ErrorLimit", status=400, said="QPS Limit Exceeded, slow down") is Retry.THROTTLED
    assert classify("InvalidVpcId.NotFound", status=400, said="QPS Limit Exceeded") is Retry.ABSENT


@pytest.mark.parametrize(
    ("code", "status", "absent"),
    [
        ("InvalidVpcID.NotFound", 404, True),
        ("Forbidden.VpcNotFound", 400, True),
        ("InvalidRegionId.NotFound", 404, False),
        ("OperationDenied.CreatingConflict", 404, False),
        ("InvalidDisk.InUse", 404, False),
        ("IncorrectStatus", 404, False),
        ("HTTP 404", 404, False),
    ],
)
def test_absence_is_decided_by_code(code, status, absent):
    assert is_absent(CloudError(code, action="vpc.DeleteVpc", status=status)) is absent


def test_other_errors_are_no_absence():
    assert not is_absent(KeyError("InvalidVpcID.NotFound"))
