"""acsctl: one YAML stack file, diffed against live Alibaba Cloud and applied in dependency order.

The way of the data, and nothing else is a pipeline:

    stack  = load(path, variables, schemas)      text -> desired, every problem collected      stack/
    live   = observe(cloud, stack)               reads only                                    run/observe.py
    plan   = diff(stack, live, record, schemas)  pure                                          plan/
    check(plan, cloud)                           guards and preflight                          plan/guard.py, preflight/
    for event in execute(plan, cloud): ...       effects; yields typed events, prints nothing  run/execute.py

Imports go downwards only; tests/test_architecture.py holds the table.
"""

__version__ = "0.1.0"
