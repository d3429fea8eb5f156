import pytest

from acsctl.kube.manifest import ManifestError, hidden, revealed
from acsctl.kube.render import names, template
from acsctl.model.unknown import UNKNOWN, Deferred, Secret

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData:\n"


def data(text, **values):
    made = template(HEAD + text, values)
    return made if made is UNKNOWN else made[0][0]["data"]


def test_loops_tests_macros_and_filters_work():
    text = (
        "data:\n{% macro row(key, value) %}\n  {{ key }}: {{ value | string | to_json }}\n{% endmacro %}\n"
        "{% for key, value in env | items if key != 'skip' %}\n{{ row(key, value) }}{% endfor %}\n"
        "{% if host is defined %}\n  host: {{ host }}\n{% endif %}\n  n: '{{ loopy | default(2) * 3 }}'\n"
    )
    assert data(text, env={"a": 1, "b": "x: y", "skip": 0}) == {"a": "1", "b": "x: y", "n": "6"}


def test_what_is_not_known_is_handed_on_whole_or_inside_of_text():
    made = data(
        "data: {a: {{ x }}, b: 'http://{{ x }}/', c: {{ x | upper }}, d: {{ y | to_json }}}\n", x=UNKNOWN, y={"k": UNKNOWN}
    )
    assert made == {"a": UNKNOWN, "b": UNKNOWN, "c": UNKNOWN, "d": {"k": UNKNOWN}}


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}{% endif %}",
        "{% for a in x %}{% endfor %}",
        "{% if x == 'a' %}{% endif %}",
        "{% if x is number %}{% endif %}",
        "{% for k, v in m | items %}{% if v %}{% endif %}{% endfor %}",
        "data: {'{{ x }}': 1}",
    ],
)
def test_looking_into_what_is_not_known_makes_the_whole_list_unknown(text):
    assert template(HEAD + text, {"x": UNKNOWN, "m": {"a": UNKNOWN}}) is UNKNOWN


def test_a_name_that_is_not_known_makes_the_whole_list_unknown():
    assert template("apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ x }}'}\n", {"x": UNKNOWN}) is UNKNOWN


def test_what_waits_for_outputs_is_not_known():
    later = Deferred(frozenset(), lambda known: "x")
    assert data("data: {a: {{ x }}}", x=later) == {"a": UNKNOWN}


def test_secrets_stay_secret_whatever_is_made_of_them():
    values = {"password": Secret("hunter2"), "more": {"k": Secret("v")}}
    text = SECRET + (
        "  a: {{ password | to_json }}\n  b: {{ 'x-' ~ password }}\n  c: {{ password | b64encode }}\n"
        "  d: {{ password if password else 'none' }}\n  e: {{ more.k }}\n  f: {{ password.upper() }}\n  g: {{ password[0] }}\n"
    )
    ((made, _),) = template(text, values)
    found = made["stringData"]
    assert all(isinstance(value, Secret) for value in found.values())
    assert "hunter2" not in str(made) and "hunter2" not in repr(hidden(made))
    assert revealed(found) == {
        "a": "hunter2",
        "b": "x-hunter2",
        "c": "aHVudGVyMg==",
        "d": "hunter2",
        "e": "v",
        "f": "HUNTER2",
        "g": "h",
    }


def test_a_secret_cannot_break_out_of_its_place():
    ((made, _),) = template(SECRET + "  a: {{ password }}\n", {"password": Secret("x\nkind: Pod\n")})
    assert made["kind"] == "Secret" and revealed(made["stringData"]) == {"a": "x\nkind: Pod\n"}


def test_loops_tell_where_they_are():
    assert data(
        'data: {x: \'{% for a in l %}{{ loop.index }}{{ a }}{{ "," if not loop.last else "" }}{% endfor %}\'}', l=["a", "b"]
    ) == {"x": "1a,2b"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n{{ foo }}", 2, "'foo' is undefined"),
        ("{% for a in x %}", 1, "cannot be read"),
        ("{% include 'x' %}", 1, "no include"),
        ("{% extends 'x' %}", 1, "no extends"),
        ("\n\n{{ x.__class__ }}", 3, "__class__"),
        ("{{ none }}", 1, "null"),
        ("{{ [1] }}", 1, "a list"),
        ("{{ range(5) }}", 1, "'range' is undefined"),
        ("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}", 1, "recursion|work"),
        (
            "{% for a in l %}{% for b in l %}{% for c in l %}{% for d in l %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
            1,
            "work",
        ),
        ("{% for a in l %}{% for b in l %}{{ 'x' * 900 }}{% endfor %}{% endfor %}", 0, "1 MB"),
        ("a: [", 0, "not YAML"),
        ("kind: Pod", 0, "no apiVersion"),
    ],
)
def test_errors_name_the_line_of_the_template(text, line, words):
    with pytest.raises(ManifestError, match=words) as raised:
        template(text, {"x": "text", "l": list(range(300))})
    assert raised.value.line == line


def test_no_error_shows_a_secret():
    with pytest.raises(ManifestError) as raised:
        template("apiVersion: v1\nkind: Pod\nfoo {{ password }}", {"password": Secret("hunter2")})
    assert "hunter2" not in str(raised.value) + raised.value.hint


def test_a_template_tells_which_values_it_reads():
    text = HEAD + "{% set own = a %}data: {x: {{ own | to_json }}, y: {{ b.c | default('d') }}, z: {{ to_json(b) }}}\n"
    assert names(text) == {"a", "b"}
    assert names("{% if %}") == frozenset()
