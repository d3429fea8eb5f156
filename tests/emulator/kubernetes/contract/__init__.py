"""The contract of the control planes: the same requests to both, answered alike.

cases/*.yaml has the requests. answers/*.json has what the real API server answered, written by
`python -m tests.emulator.kubernetes.contract` and kept in the repository, so that the built-in one is judged by it on
machines without the binaries too; where they are, the real one is asked again. differences.yaml names what the built-in
one answers otherwise, and why: what is not named there fails, and so does what is named and does not differ.

A case is a name and steps; each case has a namespace of its own. A step:

    do: PATCH /api/v1/namespaces/<ns>/configmaps/a?fieldManager=one
    type: apply           of the body: apply, merge, strategic, json-patch, or a content type; JSON otherwise
    body: an object, or text that is sent as it is
    accept: application/json;as=Table;v=v1;g=meta.k8s.io
    as: anonymous         or the name of a user without rights; an administrator otherwise
    save: {rv: metadata.resourceVersion}      is <rv> in the steps that follow
    until: {status.phase: Active}             asks again until it is so
    status: true          compares the status too, which controllers may be writing otherwise
    any_order: true       the causes come in another order each time, in the message too
    drop: [metadata.annotations]              is not compared; `items.*.spec` is for every item
    only: [items.*.metadata.name]             nothing else of the body is compared
"""
