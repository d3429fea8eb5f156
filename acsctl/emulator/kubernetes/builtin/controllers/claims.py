"""PersistentVolumeClaims: bound to a volume that is there, or made for them (pkg/controller/volume/persistentvolume).

Volumes of the cloud's own drivers (drivers.py) are the cloud's to make and to take away. Any other class with a provisioner is
provided for here, as if its driver ran; nothing is behind such a volume.
"""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.matching import matches
from acsctl.emulator.kubernetes.builtin.controllers.quantities import quantity
from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import CLAIMS, PODS, STORAGE_CLASSES, VOLUMES, Object, message
from acsctl.emulator.kubernetes.drivers import DRIVERS, PROVISIONED, SELECTED, STORAGE_PROVISIONER, is_clouds

NONE = "kubernetes.io/no-provisioner"
DEFAULT = "storageclass.kubernetes.io/is-default-class"
IN_USE = "kubernetes.io/pvc-protection"
BOUND = "pv.kubernetes.io/bind-completed"
BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
PROTECTION = "kubernetes.io/pv-protection"
OLD_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"


class Claims:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._client = work.client

    def reconcile(self) -> None:
        self._work.each(self._client.listed(CLAIMS), self._tend)
        self._work.each(self._client.listed(VOLUMES), self._tend_volume)

    def _tend(self, claim: Object) -> None:
        if claim["metadata"].get("deletionTimestamp"):
            self._release(claim)
        elif (claim.get("status") or {}).get("phase") != "Bound":
            self._bind(claim)
        else:
            self._grow(claim)

    def _release(self, claim: Object) -> None:
        """A claim that is being deleted stays while a pod uses it."""
        finalizers = claim["metadata"].get("finalizers") or []
        if IN_USE not in finalizers or self._is_used(claim):
            return
        kept = [one for one in finalizers if one != IN_USE]
        self._client.update(CLAIMS, {**claim, "metadata": {**claim["metadata"], "finalizers": kept}})

    def _is_used(self, claim: Object) -> bool:
        meta = claim["metadata"]
        volumes = (
            volume
            for pod in self._client.listed(PODS, namespace=meta["namespace"])
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
            for volume in pod["spec"].get("volumes") or ()
        )
        return any((one.get("persistentVolumeClaim") or {}).get("claimName") == meta["name"] for one in volumes)

    def _bind(self, claim: Object) -> None:
        volume = self._fitting(claim) or self._provisioned(claim)
        if volume is None:
            status = claim.get("status") or {}
            self._client.set_status(CLAIMS, claim, status={**status, "phase": "Pending"})
            return
        meta = claim["metadata"]
        reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": meta["name"]}
        reference |= {"namespace": meta["namespace"], "uid": meta["uid"]}
        if (volume["spec"].get("claimRef") or {}).get("uid") != meta["uid"]:
            bound = {**volume, "spec": {**volume["spec"], "claimRef": reference}}
            if not self._client.update(VOLUMES, bound):
                return
        notes = {**(meta.get("annotations") or {}), BOUND: "yes", BY_CONTROLLER: "yes"}
        name = volume["metadata"]["name"]
        changed = {**claim, "metadata": {**meta, "annotations": notes}, "spec": {**claim["spec"], "volumeName": name}}
        if not self._client.update(CLAIMS, changed):
            return
        found = self._client.get(CLAIMS, namespace=meta["namespace"], name=meta["name"])
        if found is not None:
            modes = {"accessModes": volume["spec"]["accessModes"], "capacity": volume["spec"]["capacity"]}
            self._client.set_status(CLAIMS, found, status={**(found.get("status") or {}), "phase": "Bound", **modes})

    def _fitting(self, claim: Object) -> Object | None:
        """The smallest volume that is free, or kept for this claim."""
        spec, meta = claim["spec"], claim["metadata"]
        asked = _asked(claim)
        fitting = []
        for one in self._client.listed(VOLUMES):
            reference = one["spec"].get("claimRef")
            if reference and (reference["namespace"], reference["name"]) != (meta["namespace"], meta["name"]):
                continue
            if reference and reference.get("uid") not in (None, "", meta["uid"]):
                continue
            named = spec.get("volumeName") in (None, "", one["metadata"]["name"])
            selected = not spec.get("selector") or matches(spec["selector"], one["metadata"].get("labels"))
            classed = (one["spec"].get("storageClassName") or "") == (spec.get("storageClassName") or "")
            large = quantity(one["spec"]["capacity"]["storage"]) >= asked
            modes = set(spec.get("accessModes") or ()) <= set(one["spec"].get("accessModes") or ())
            if named and selected and classed and large and modes and not one["metadata"].get("deletionTimestamp"):
                fitting.append(one)
        return min(fitting, key=lambda one: quantity(one["spec"]["capacity"]["storage"]), default=None)

    def _provisioned(self, claim: Object) -> Object | None:
        """A new volume of the claim's class, or None with the reason told."""
        name = claim["spec"].get("storageClassName")
        found = next((one for one in self._client.listed(STORAGE_CLASSES) if one["metadata"]["name"] == name), None)
        if not self._work.may_create(claim):
            return None
        if found is None or found["provisioner"] == NONE:
            self._work.refused(claim)
            lack = "no persistent volumes available for this claim and no storage class is set"
            known = name and found is None
            note = f'storageclass.storage.k8s.io "{name}" not found' if known else lack
            self._client.event(claim, reason="ProvisioningFailed" if known else "FailedBinding", note=note, warning=bool(known))
            return None
        waits = found.get("volumeBindingMode") == "WaitForFirstConsumer"
        if waits and SELECTED not in (claim["metadata"].get("annotations") or {}):
            note = "waiting for first consumer to be created before binding"
            self._work.tell_once(claim, reason="WaitForFirstConsumer", note=note)
            return None
        if found["provisioner"] in DRIVERS:
            self._leave_to_driver(claim, found)
            return None
        return self._create(claim, found)

    def _leave_to_driver(self, claim: Object, storage_class: Object) -> None:
        """Tells the driver that it may begin, and the user what is waited for."""
        name, meta = str(storage_class["provisioner"]), claim["metadata"]
        notes = {**(meta.get("annotations") or {}), OLD_PROVISIONER: name, STORAGE_PROVISIONER: name}
        if notes != meta.get("annotations"):
            self._client.update(CLAIMS, {**claim, "metadata": {**meta, "annotations": notes}})
        note = f"Waiting for a volume to be created either by the external provisioner '{name}' {_OTHERWISE}"
        self._work.tell_once(claim, reason="ExternalProvisioning", note=note)

    def _create(self, claim: Object, storage_class: Object) -> Object | None:
        uid = claim["metadata"]["uid"]
        spec = {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": f"local-{uid}"},
        }
        notes = {PROVISIONED: storage_class["provisioner"]}
        reply = self._client.create(VOLUMES, {"metadata": {"name": f"pvc-{uid}", "annotations": notes}, "spec": spec})
        if not reply.ok:
            self._work.refused(claim)
            self._client.event(claim, reason="ProvisioningFailed", note=message(reply), warning=True)
            return None
        note = f"Successfully provisioned volume pvc-{uid}"
        self._client.event(claim, reason="ProvisioningSucceeded", note=note)
        return dict(reply.document)

    def _grow(self, claim: Object) -> None:
        """A larger request is met at once: the volume, then what the claim tells."""
        status = claim.get("status") or {}
        if quantity((status.get("capacity") or {}).get("storage", "0")) >= _asked(claim):
            return
        volume = self._client.get(VOLUMES, name=claim["spec"]["volumeName"])
        if volume is None or is_clouds(volume):
            return
        size = {"storage": claim["spec"]["resources"]["requests"]["storage"]}
        if self._client.update(VOLUMES, {**volume, "spec": {**volume["spec"], "capacity": size}}):
            self._client.set_status(CLAIMS, claim, status={**status, "capacity": size})

    def _tend_volume(self, volume: Object) -> None:
        """Available, Bound, Released; a volume that was provisioned goes with its claim when its policy is Delete."""
        finalizers = volume["metadata"].get("finalizers") or []
        reference = volume["spec"].get("claimRef")
        claims = self._client.listed(CLAIMS, namespace=reference["namespace"]) if reference else []
        uid = (reference or {}).get("uid")
        held = not uid or any(one["metadata"]["uid"] == uid for one in claims)
        leaving = bool(volume["metadata"].get("deletionTimestamp"))
        if leaving and PROTECTION in finalizers and (not uid or not held):
            kept = [one for one in finalizers if one != PROTECTION]
            self._client.update(VOLUMES, {**volume, "metadata": {**volume["metadata"], "finalizers": kept}})
            return
        made = PROVISIONED in (volume["metadata"].get("annotations") or {}) and not is_clouds(volume)
        if not leaving and not held and made and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self._client.delete(VOLUMES, volume)
            return
        phase = "Available" if not uid else "Bound" if held else "Released"
        if (volume.get("status") or {}).get("phase") != phase:
            status = {**(volume.get("status") or {}), "phase": phase, "lastPhaseTransitionTime": self._client.stamp}
            self._client.set_status(VOLUMES, volume, status=status)


_OTHERWISE = (
    "or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and "
    "correctly registered."
)


def _asked(claim: Mapping[str, Any]) -> Any:
    return quantity(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "0"))
