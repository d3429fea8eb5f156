from acsctl.kube.pods import selector, troubles


def pod(name, *statuses, **state):
    return {"metadata": {"name": name}, "status": {"containerStatuses": list(statuses), **state}}


def waiting(reason, message="", **more):
    return {"name": "web", "image": "x:1", "state": {"waiting": {"reason": reason, "message": message}}, **more}


def test_the_worst_comes_first_and_only_what_is_hopeless_is_definite():
    crash = waiting("CrashLoopBackOff", restartCount=1, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    often = waiting("CrashLoopBackOff", restartCount=3, lastState={"terminated": {"exitCode": 1, "reason": "Error"}})
    found = troubles([pod("a", crash), pod("b", waiting("ContainerCreating")), pod("c", often)])
    assert [(str(item), item.definite) for item in found] == [
        ("c CrashLoopBackOff (container web exits with 1)", True),
        ("a CrashLoopBackOff (container web exits with 137, OOMKilled)", False),
    ]


def test_an_image_that_is_not_there_is_definite_and_a_registry_that_does_not_answer_is_not():
    gone = waiting("ImagePullBackOff", 'Back-off pulling image "x:1": ErrImagePull: x:1: not found')
    slow = waiting("ImagePullBackOff", 'Back-off pulling image "x:1": dial tcp: i/o timeout')
    assert [item.definite for item in troubles([pod("a", gone)])] == [True]
    assert [item.definite for item in troubles([pod("a", slow)])] == [False]
    assert str(troubles([pod("a", slow)])[0]) == "a ImagePullBackOff (x:1: i/o timeout)"
    assert str(troubles([pod("a", gone)])[0]) == "a ImagePullBackOff (x:1: not found)"


def test_a_pod_that_no_node_takes_says_why():
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes: Insufficient cpu"}
    found = troubles([pod("a", phase="Pending", conditions=[condition])])
    assert [str(item) for item in found] == ["a Unschedulable (0/2 nodes: Insufficient cpu)"]


def test_a_failed_pod_tells_its_exit_code():
    ended = {"name": "m", "state": {"terminated": {"exitCode": 2}}}
    assert [str(item) for item in troubles([pod("a", ended, phase="Failed")])] == ["a Failed (container m exits with 2)"]


def test_pods_that_go_or_are_done_have_no_troubles():
    going = {**pod("a", waiting("CrashLoopBackOff")), "metadata": {"name": "a", "deletionTimestamp": "now"}}
    assert troubles([going, pod("b", waiting("CrashLoopBackOff"), phase="Succeeded")]) == []


def test_the_selector_of_pods():
    item = {"kind": "Deployment", "spec": {"selector": {"matchLabels": {"b": "2", "a": "1"}}}}
    assert selector(item) == "a=1,b=2"
    assert selector({"kind": "Service", "spec": {"selector": {"a": "1"}}}) == ""
    assert selector({"kind": "Job", "spec": {"selector": {"matchExpressions": [{}]}}}) == ""
