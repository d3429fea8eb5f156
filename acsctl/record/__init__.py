"""The record of a stack: the lock, the history of runs, what was last applied, the ids made and destroyed.

Belongs here: a folder or an OSS bucket as the store of a record; both are a `contract.Record`. Does not belong here: what a
record is used for (the diff reads it as `model.history.History`). May be imported by `run` and `cli`; imports `cloud` and
`model`. Losing a record loses no resource: the cloud is the state.
"""

from acsctl.record.contract import AT_ONCE, Patience, Record
from acsctl.record.folder import FolderRecord
from acsctl.record.journal import Entry, replay
from acsctl.record.lease import Terms, terms_of
from acsctl.record.oss import OssRecord, Surroundings
from acsctl.record.run import Row, Run, age, this_run

__all__ = [
    "AT_ONCE",
    "Entry",
    "FolderRecord",
    "OssRecord",
    "Patience",
    "Record",
    "Row",
    "Run",
    "Surroundings",
    "Terms",
    "age",
    "replay",
    "terms_of",
    "this_run",
]
