"""Validates documents, one {"name": ..., "doc": ...} a line on standard input, against the event model's JSON schemas."""
import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

files = {
    "start": "run_start",
    "descriptor": "event_descriptor",
    "event": "event",
    "event_page": "event_page",
    "stream_resource": "stream_resource",
    "stream_datum": "stream_datum",
    "stop": "run_stop",
    **{name: name for name in ("resource", "datum", "datum_page", "bulk_events", "bulk_datum")},
}
folder = Path(sys.argv[1])
validators = {
    name: Draft202012Validator(json.loads((folder / f"{file}.json").read_text())) for name, file in files.items()
}
checked, problems = {}, []
for line in sys.stdin:
    pair = json.loads(line)
    name = pair["name"]
    checked[name] = checked.get(name, 0) + 1
    for error in validators[name].iter_errors(pair["doc"]):
        problems.append(f"{name}: {error.json_path}: {error.message[:300]}")
print(json.dumps({"checked": checked, "problems": problems}))
