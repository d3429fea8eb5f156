import pytest

from acsctl.kube.documents import DocumentError, meaning, read


def values(text):
    return [document.value for document in read(text)]


def test_several_documents_with_the_lines_they_begin_on():
    found = read("---\na: 1\n---\n# nothing\n---\nb:\n  - c: 2\n")
    assert [(item.value, item.line) for item in found] == [({"a": 1}, 2), ({"b": [{"c": 2}]}, 6)]
    assert (found[1].at("b.0.c"), found[1].at("b.0.x.y"), found[1].at("")) == (7, 7, 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("0644", 0o644),
        ("0x1f", 31),
        ("0o17", 15),
        ("1_000", 1000),
        ("089", 89.0),
        ("1e3", 1000.0),
        ("10:20", "10:20"),
        ("2026-11-20", "2026-11-20"),
        ("~", None),
        ("-5", -5),
        ("1.5", 1.5),
        ("1.2.3", "1.2.3"),
        ("y", "y"),
    ],
)
def test_plain_scalars_mean_what_kubernetes_tools_read(text, value):
    assert meaning(text) == value
    assert type(meaning(text)) is type(value)


def test_quoted_scalars_are_text():
    assert values("a: 'yes'\nb: \"1\"\nc: |\n  0644\n") == [{"a": "yes", "b": "1", "c": "0644\n"}]


def test_anchors_and_merges():
    assert values("base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\n") == [{"base": {"x": 1, "y": 2}, "one": {"x": 1, "y": 3}}]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\na: 2\n", 2, "twice"),
        ("a: [\n", 2, "not YAML"),
        ("a: !!python/object x\n", 1, "tag"),
        ("a: *b\n", 1, "no anchor"),
        ("? [1]\n: 2\n", 1, "a key is a text"),
        ("a: .inf\n", 0, "JSON"),
        ("[" * 70 + "]" * 70, 1, "deep"),
    ],
)
def test_what_is_refused_has_its_line(text, line, words):
    with pytest.raises(DocumentError, match=words) as raised:
        read(text)
    assert raised.value.line == line


def test_a_bomb_of_aliases_is_counted():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(DocumentError, match="too large"):
        read("\n".join(rows))
