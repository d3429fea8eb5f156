"""Seven objects as any tutorial writes them: applied as they stand, with nothing left to do, on both control planes."""

from __future__ import annotations

import pytest

from tests.e2e import test_workload
from tests.e2e.test_workload import WEB, config, there
from tests.support.lab import Lab

PAGES = """\
apiVersion: v1
kind: Pod
metadata:
  name: nginx
  labels:
    app: alone
spec:
  containers:
  - name: nginx
    image: nginx:1.14.2
    ports:
    - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  selector:
    app: nginx
  ports:
    - protocol: TCP
      port: 80
      targetPort: 80
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.14.2
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: example-service
spec:
  selector:
    app: nginx
  ports:
    - port: 8765
      targetPort: 80
  type: LoadBalancer
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: game-demo
data:
  player_initial_lives: "3"
  game.properties: |
    enemy.types=aliens,monsters
    player.maximum-lives=5
---
apiVersion: v1
kind: Secret
metadata:
  name: mysecret
type: Opaque
data:
  username: YWRtaW4=
  password: MWYyZDFlMmU2N2Rm
---
apiVersion: batch/v1
kind: Job
metadata:
  name: pi
spec:
  template:
    spec:
      containers:
      - name: pi
        image: perl:5.34.0
        command: ["perl",  "-Mbignum=bpi", "-wle", "print bpi(2000)"]
      restartPolicy: Never
  backoffLimit: 4
"""


@pytest.fixture
def lab(either: Lab) -> Lab:
    return either


def test_seven_objects_as_they_stand(lab: Lab) -> None:
    test_workload.write(lab, config("web"))
    lab.write(PAGES, "k8s/web.yaml")
    lab.apply()
    outputs = lab.thing(WEB)["outputs"]
    assert outputs["objects"] == 7
    (ingress,) = there(lab, "Service", "example-service")["status"]["loadBalancer"]["ingress"]
    assert ingress["ip"] == outputs["load_balancer"]
    assert there(lab, "Deployment", "nginx-deployment", api="apps/v1")["status"]["readyReplicas"] == 3
    assert there(lab, "Job", "pi", api="batch/v1")["status"]["succeeded"] == 1
    assert there(lab, "Pod", "nginx")["status"]["phase"] == "Running"
    lab.still()
    lab.destroy()
    assert lab.world("cluster") == []
