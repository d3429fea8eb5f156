"""Tags in XML, of buckets and objects alike."""

from collections.abc import Mapping

from acsctl.emulator.services.oss.answer import Fields
from acsctl.emulator.services.oss.call import OssCall, malformed


def tag_set(tags: Mapping[str, str]) -> Fields:
    """What is in a Tagging document."""
    return {"TagSet": {"Tag": [{"Key": key, "Value": value} for key, value in tags.items()]}}


def tags_in(call: OssCall) -> dict[str, str]:
    """The tags of a Tagging document. Raises MalformedXML, also for a key that comes twice."""
    found = call.xml("Tagging").find("TagSet")
    if found is None:
        raise malformed()
    pairs = [(one.findtext("Key") or "", one.findtext("Value") or "") for one in found.findall("Tag")]
    if len(dict(pairs)) < len(pairs):
        raise malformed()
    return dict(pairs)
