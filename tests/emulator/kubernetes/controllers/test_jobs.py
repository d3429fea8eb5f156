"""Jobs and CronJobs: counting, limits, ends."""

import copy

import pytest

from acsctl.emulator.kubernetes.builtin.controllers.indexes import parsed, written
from acsctl.emulator.kubernetes.client import CRON_JOBS, EVENTS, JOBS, PODS, stamp
from acsctl.emulator.kubernetes.conditions import find, is_true

FINALIZER = "batch.kubernetes.io/job-tracking"


def spec(command=None, policy="Never", **fields):
    container = {"name": "c", "image": "task:1", **({"command": command} if command else {})}
    pod = {"metadata": {"labels": {"job-name": "task"}}, "spec": {"restartPolicy": policy, "containers": [container]}}
    limits = {"completions": 1, "parallelism": 1, "backoffLimit": 6}
    return {**limits, "selector": {"matchLabels": {"job-name": "task"}}, "template": pod, **fields}


def job(cluster, **fields):
    return cluster.api.make(JOBS, "task", spec=spec(**fields))


def test_a_job_runs_to_completion(cluster) -> None:
    made = job(cluster)
    cluster.run(2)
    assert made["status"]["active"] == 1 and made["status"]["startTime"]
    assert cluster.pods()[0]["metadata"]["finalizers"] == [FINALIZER]
    cluster.run(20)
    status = made["status"]
    assert status["succeeded"] == 1 and "active" not in status and "failed" not in status
    assert find(status, "Complete")["reason"] == "CompletionsReached" and is_true(status, "SuccessCriteriaMet")
    assert status["completionTime"] >= status["startTime"] and status["uncountedTerminatedPods"] == {}
    assert cluster.pods()[0]["status"]["phase"] == "Succeeded", "the pod stays for its logs"
    assert "finalizers" not in cluster.pods()[0]["metadata"] or cluster.pods()[0]["metadata"]["finalizers"] == []
    assert [one["reason"] for one in cluster.api.all(EVENTS) if one["involvedObject"]["kind"] == "Job"] == [
        "SuccessfulCreate",
        "Completed",
    ]


def test_completions_are_made_in_parallel_up_to_the_bound(cluster) -> None:
    made = job(cluster, completions=5, parallelism=2)
    most = 0
    for _ in range(60):
        cluster.run(1)
        most = max(most, made["status"].get("active", 0))
    assert most == 2 and made["status"]["succeeded"] == 5 and is_true(made["status"], "Complete")
    assert len(cluster.pods()) == 5


def test_without_completions_one_success_is_enough(cluster) -> None:
    made = job(cluster, completions=None, parallelism=3)
    cluster.run(30)
    assert is_true(made["status"], "Complete") and made["status"]["succeeded"] == 3


def test_an_indexed_job_counts_its_indexes(cluster) -> None:
    made = job(cluster, completions=4, parallelism=4, completionMode="Indexed")
    cluster.run(30)
    assert is_true(made["status"], "Complete")
    assert (made["status"]["completedIndexes"], made["status"]["succeeded"]) == ("0-3", 4)
    hosts = sorted(pod["spec"]["hostname"] for pod in cluster.pods())
    assert hosts == ["task-0", "task-1", "task-2", "task-3"]
    assert cluster.pods()[0]["spec"]["containers"][0]["env"][0]["name"] == "JOB_COMPLETION_INDEX"


def test_failures_are_retried_later_and_later_up_to_the_limit(cluster) -> None:
    made = job(cluster, command=["false"], backoffLimit=2)
    cluster.run(15)
    assert made["status"]["failed"] == 1
    cluster.run(100)
    failed = find(made["status"], "Failed")
    assert (failed["reason"], failed["message"]) == (
        "BackoffLimitExceeded",
        "Job has reached the specified backoff limit",
    )
    assert made["status"]["failed"] == 3 and "completionTime" not in made["status"]
    assert len(cluster.pods()) == 3


def test_restarts_in_place_count_too(cluster) -> None:
    made = job(cluster, command=["false"], policy="OnFailure", backoffLimit=1)
    cluster.run(60)
    assert find(made["status"], "Failed")["reason"] == "BackoffLimitExceeded"


def test_a_job_past_its_deadline_fails_and_its_pods_end(cluster) -> None:
    made = job(cluster, command=["sleep", "1000"], activeDeadlineSeconds=30)
    cluster.run(25)
    assert made["status"]["active"] == 1
    cluster.run(20)
    assert find(made["status"], "Failed")["reason"] == "DeadlineExceeded"
    assert "active" not in made["status"] and cluster.pods() == []


def test_a_suspended_job_waits(cluster) -> None:
    made = job(cluster, suspend=True)
    cluster.run()
    assert cluster.pods() == [] and is_true(made["status"], "Suspended") and "startTime" not in made["status"]
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), "suspend": False})
    cluster.run(30)
    assert is_true(made["status"], "Complete") and find(made["status"], "Suspended")["reason"] == "JobResumed"


def test_a_finished_job_goes_when_its_time_is_over(cluster) -> None:
    made = job(cluster, ttlSecondsAfterFinished=60)
    cluster.run(30)
    assert is_true(made["status"], "Complete")
    cluster.run(70)
    assert cluster.api.all(JOBS) == [] and cluster.pods() == []


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_deleting_a_job_takes_its_pods_along(cluster, policy) -> None:
    made = job(cluster, command=["sleep", "1000"])
    cluster.run()
    cluster.api.remove(made, policy=policy)
    cluster.run()
    assert [*cluster.api.all(JOBS), *cluster.pods()] == []


def test_a_pod_that_was_deleted_counts_as_failed_and_is_replaced(cluster) -> None:
    made = job(cluster, command=["sleep", "1000"])
    cluster.run()
    cluster.api.remove(cluster.pods()[0])
    cluster.run(30)
    assert made["status"]["failed"] == 1 and made["status"]["active"] == 1


def test_every_pod_is_counted_once_however_often_the_process_dies(cluster) -> None:
    made = job(cluster, completions=4, parallelism=2)
    for _ in range(60):
        cluster.clock.time += 1
        cluster.kubelets.tick()
        cluster.controllers._round()  # and no further: killed between two rounds
        cluster.restart()
    assert made["status"]["succeeded"] == 4 and is_true(made["status"], "Complete") and len(cluster.pods()) == 4


def cron(cluster, **fields):
    template = {"spec": spec()}
    fields = {"schedule": "*/5 * * * *", "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1, **fields}
    return cluster.api.make(CRON_JOBS, "nightly", spec={"jobTemplate": template, **fields})


def test_a_cron_job_starts_jobs_by_its_schedule(cluster) -> None:
    made = cron(cluster)
    start = cluster.clock.time
    cluster.run(620)
    jobs = sorted(one["metadata"]["name"] for one in cluster.api.all(JOBS))
    first = (int(start) // 300 + 1) * 300
    assert jobs == [f"nightly-{first // 60}", f"nightly-{(first + 300) // 60}"]
    assert made["status"]["lastScheduleTime"] == stamp(first + 300)
    assert made["status"]["lastSuccessfulTime"] > made["status"]["lastScheduleTime"] and "active" not in made["status"]
    assert all(is_true(one["status"], "Complete") for one in cluster.api.all(JOBS))


def test_history_limits_and_suspension(cluster) -> None:
    made = cron(cluster, schedule="* * * * *", successfulJobsHistoryLimit=2)
    cluster.run(400)
    assert len(cluster.api.all(JOBS)) == 2
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), "suspend": True})
    before = [one["metadata"]["name"] for one in cluster.api.all(JOBS)]
    cluster.run(200)
    assert [one["metadata"]["name"] for one in cluster.api.all(JOBS)] == before


@pytest.mark.parametrize(("policy", "running"), [("Allow", 3), ("Forbid", 1), ("Replace", 1)])
def test_what_may_run_at_once(cluster, policy, running) -> None:
    made = cron(cluster, schedule="* * * * *", concurrencyPolicy=policy)
    endless = {"spec": spec(command=["sleep", "100000"])}
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), "jobTemplate": endless})
    cluster.run(190)
    assert len(made["status"]["active"]) == running
    assert len(cluster.api.all(PODS)) == running


def test_what_is_left_out_is_told_once(cluster) -> None:
    made = cron(cluster, schedule="* * * * *", concurrencyPolicy="Forbid")
    cluster.api.change(made, spec={**copy.deepcopy(made["spec"]), "jobTemplate": {"spec": spec(command=["sleep", "100000"])}})
    cluster.run(190)
    told = [one for one in cluster.api.all(EVENTS) if one["reason"] == "JobAlreadyActive"]
    assert [one["count"] for one in told] == [2], "of three times, the first one was started"
    late = cron_that_is_late(cluster)
    cluster.run(5)
    revision = cluster.api.revision
    cluster.run(30)
    assert cluster.api.revision - revision < 10 and "lastScheduleTime" not in late.get("status", {})
    missed = [one for one in cluster.api.all(EVENTS) if one["reason"] == "MissSchedule"]
    assert [one["count"] for one in missed] == [1]


def cron_that_is_late(cluster):
    """Should have run a while ago, and may start no later than ten seconds after its time."""
    made = cluster.api.make(
        CRON_JOBS, "late", spec={"jobTemplate": {"spec": spec()}, "schedule": "0 * * * *", "startingDeadlineSeconds": 10}
    )
    cluster.api.change(made, metadata={**made["metadata"], "creationTimestamp": stamp(cluster.clock.time - 7200)})
    return made


def test_a_schedule_that_cannot_be_read_is_told(cluster) -> None:
    cron(cluster, schedule="every day")
    cluster.run()
    assert [one["reason"] for one in cluster.api.all(EVENTS) if one["involvedObject"]["kind"] == "CronJob"] == [
        "UnparseableSchedule"
    ]


@pytest.mark.parametrize(("indexes", "text"), [({0, 1, 2, 5}, "0-2,5"), ({0, 1}, "0,1"), (set(), ""), ({7}, "7")])
def test_indexes_are_written_as_ranges(indexes, text) -> None:
    assert written(indexes) == text and parsed(text) == indexes
