"""Use PyYAML with libyaml."""

import yaml


def probe_libyaml() -> str:
    """The C loader and dumper agree with the ones in Python."""
    assert yaml.__with_libyaml__
    data = {"list": [1, 2.5, None, True, "é: yes"], "text": "a\nb\n", "map": {"k": list(range(50))}}
    for dumper in (yaml.CSafeDumper, yaml.SafeDumper):
        text = yaml.dump(data, Dumper=dumper, allow_unicode=True)
        assert yaml.load(text, Loader=yaml.CSafeLoader) == data
        assert yaml.load(text, Loader=yaml.SafeLoader) == data
    assert yaml.load("a: &x [1]\nb: *x", Loader=yaml.CSafeLoader) == {"a": [1], "b": [1]}
    try:
        yaml.load("a: [1", Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return "libyaml reads and writes; broken input is refused"
    raise AssertionError("broken input was accepted")
