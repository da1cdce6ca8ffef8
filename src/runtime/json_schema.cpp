// The JSON Schema (draft 4) of a typed record, as --json-schema prints it.
#include "runtime/json_records.h"

namespace sonde::runtime {
namespace {

constexpr char kSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "One line of sonde -f json --json-typed",
  "type": "object",
  "required": ["type", "version", "seq", "time_ns"],
  "properties": {
    "type": {"type": "string"},
    "version": {"enum": [1], "description": "of this schema"},
    "seq": {"type": "integer", "minimum": 0, "description": "number of the record in this run, without gaps"},
    "time_ns": {"type": "integer", "description": "since 1970; when the record was sent, or written when no probe sent it"},
    "probe": {"type": "string", "description": "the probe that sent the record; with cpu, pid and tid"},
    "cpu": {"type": "integer", "minimum": 0},
    "pid": {"type": "integer", "minimum": 0},
    "tid": {"type": "integer", "minimum": 0}
  },
  "dependencies": {
    "probe": ["cpu", "pid", "tid"],
    "cpu": ["probe"], "pid": ["probe"], "tid": ["probe"]
  },
  "oneOf": [
    {"$ref": "#/definitions/text"},
    {"$ref": "#/definitions/value"},
    {"$ref": "#/definitions/map"},
    {"$ref": "#/definitions/histogram"},
    {"$ref": "#/definitions/time_series"},
    {"$ref": "#/definitions/message"},
    {"$ref": "#/definitions/helper_error"},
    {"$ref": "#/definitions/count"},
    {"$ref": "#/definitions/cost"},
    {"$ref": "#/definitions/summary"}
  ],
  "definitions": {
    "text": {
      "description": "What printf and its like printed; args are the values behind the conversions.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["printf", "time", "join", "cat", "syscall"]},
        "data": {"type": "string"},
        "args": {"type": "array"}
      }
    },
    "value": {
      "description": "print() of a value. Numbers past 2^63 are strings.",
      "required": ["data"],
      "properties": {"type": {"enum": ["value"]}}
    },
    "map": {
      "description": "A map by its name; keyed ones as an object by the keys' text, and as a list with keys by type.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["map", "stats"]},
        "data": {"type": "object", "minProperties": 1, "maxProperties": 1},
        "entries": {"$ref": "#/definitions/entries"}
      }
    },
    "histogram": {
      "description": "As a map; the values are lists of buckets, both bounds included.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["hist"]},
        "data": {
          "type": "object", "minProperties": 1, "maxProperties": 1,
          "additionalProperties": {
            "anyOf": [
              {"$ref": "#/definitions/buckets"},
              {"type": "object", "additionalProperties": {"$ref": "#/definitions/buckets"}}
            ]
          }
        },
        "entries": {"$ref": "#/definitions/entries"}
      }
    },
    "time_series": {
      "description": "As a map; the values are lists of those intervals that have a value.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["tseries"]},
        "data": {
          "type": "object", "minProperties": 1, "maxProperties": 1,
          "additionalProperties": {
            "anyOf": [
              {"$ref": "#/definitions/points"},
              {"type": "object", "additionalProperties": {"$ref": "#/definitions/points"}}
            ]
          }
        },
        "entries": {"$ref": "#/definitions/entries"}
      }
    },
    "points": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["interval_start", "value"],
        "properties": {
          "interval_start": {"type": "string", "description": "local time, YYYY-MM-DD hh:mm:ss with nine decimals"},
          "value": {"type": "integer"}
        },
        "additionalProperties": false
      }
    },
    "number": {
      "description": "as text where a double would not hold it exactly",
      "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]
    },
    "entries": {
      "type": "array",
      "items": {"type": "object", "required": ["key", "value"]}
    },
    "buckets": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["count"],
        "properties": {
          "min": {"$ref": "#/definitions/number"},
          "max": {"$ref": "#/definitions/number"},
          "count": {"type": "integer", "minimum": 0}
        },
        "additionalProperties": false
      }
    },
    "message": {
      "description": "errorf and warnf, with their place in the script.",
      "required": ["msg", "filename", "line", "col"],
      "properties": {
        "type": {"enum": ["errorf", "warnf"]},
        "msg": {"type": "string"},
        "filename": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "col": {"type": "integer", "minimum": 1},
        "args": {"type": "array"}
      }
    },
    "helper_error": {
      "description": "A helper of the kernel failed count times at a place in the script, such as an update of a full map.",
      "required": ["msg", "helper", "retcode", "filename", "line", "col", "count"],
      "properties": {
        "type": {"enum": ["helper_error"]},
        "msg": {"type": "string"},
        "helper": {"type": "string"},
        "retcode": {"type": "integer"},
        "filename": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "col": {"type": "integer", "minimum": 1},
        "count": {"type": "integer", "minimum": 1}
      }
    },
    "count": {
      "required": ["count", "data"],
      "properties": {
        "type": {"enum": ["attached_probes", "lost_events", "lost_stacks", "missed_runs"]},
        "count": {"type": "integer", "minimum": 0},
        "data": {"type": "object", "additionalProperties": {"type": "integer"}}
      }
    },
    "cost": {
      "description": "Under --cost: what the programs of the run took, the dearest first, as the kernel counts it.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["cost"]},
        "data": {
          "type": "object",
          "required": ["duration_ns", "programs"],
          "properties": {
            "duration_ns": {"type": "integer", "minimum": 0, "description": "of the counting"},
            "programs": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["probes", "runs", "time_ns", "average_ns", "cpu_share"],
                "dependencies": {"filename": ["line", "col"], "line": ["filename"], "col": ["filename"]},
                "properties": {
                  "probes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                  "filename": {"type": "string"},
                  "line": {"type": "integer", "minimum": 1},
                  "col": {"type": "integer", "minimum": 1},
                  "runs": {"type": "integer", "minimum": 0},
                  "time_ns": {"type": "integer", "minimum": 0},
                  "average_ns": {"type": "number", "minimum": 0},
                  "cpu_share": {"type": "number", "minimum": 0, "description": "1 is one whole CPU"}
                },
                "additionalProperties": false
              }
            }
          },
          "additionalProperties": false
        }
      }
    },
    "summary": {
      "description": "The last record of a run.",
      "required": ["data"],
      "properties": {
        "type": {"enum": ["summary"]},
        "data": {
          "type": "object",
          "required": ["events", "lost", "duration_ns", "exit_code"],
          "properties": {
            "events": {"type": "integer", "minimum": 0, "description": "that were received"},
            "lost": {
              "type": "object",
              "required": ["events", "helper_errors", "stacks", "runs"],
              "properties": {
                "events": {"type": "integer", "minimum": 0},
                "helper_errors": {"type": "integer", "minimum": 0},
                "stacks": {"type": "integer", "minimum": 0},
                "runs": {"type": "integer", "minimum": 0}
              }
            },
            "duration_ns": {"type": "integer", "minimum": 0},
            "exit_code": {"type": "integer"}
          }
        }
      }
    }
  }
}
)json";

}  // namespace

std::string_view json_schema() { return kSchema; }

}  // namespace sonde::runtime
