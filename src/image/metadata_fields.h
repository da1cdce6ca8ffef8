// The metadata's JSON keys, once for writing and reading: describe(archive, value) hands every
// member of a value to the archive under its name. Members that are zero or empty are left out, but
// for those whose default is not zero: archive.always().
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "image/program_image.h"
#include "types/stack.h"

namespace sonde::image::metadata {

// Raised when a reader of the old format would misunderstand the new one.
inline constexpr uint32_t kFormatVersion = 4;

// Names of enumerators in their order; part of the file format.
template <typename Enum> struct EnumNames;
template <> struct EnumNames<TypeKind> {
  static constexpr std::array<std::string_view, 32> kNames = {
      "none",        "bool",        "integer",      "string",     "buffer",     "pointer",     "array",
      "struct",      "tuple",       "enum",         "count",      "sum",        "min",         "max",
      "avg",         "stats",       "hist",         "lhist",      "series",     "timestamp",   "kernel_symbol",
      "user_symbol", "probe_name",  "kernel_stack", "user_stack", "error_name", "signal_name", "syscall_name",
      "user_name",   "cgroup_path", "inet",         "mac_address"};
};
template <> struct EnumNames<SeriesValue> {
  static constexpr std::array<std::string_view, 5> kNames = {"last", "sum", "min", "max", "avg"};
};
template <> struct EnumNames<StackMode> { static constexpr auto kNames = kStackModeNames; };
template <> struct EnumNames<AddressSpace> {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "kernel", "user"};
};
template <> struct EnumNames<ProviderKind> {
  static constexpr std::array<std::string_view, 27> kNames = {"begin",
                                                              "end",
                                                              "interval",
                                                              "profile",
                                                              "software",
                                                              "hardware",
                                                              "tracepoint",
                                                              "rawtracepoint",
                                                              "kprobe",
                                                              "kretprobe",
                                                              "uprobe",
                                                              "uretprobe",
                                                              "syscall_enter",
                                                              "syscall_exit",
                                                              "fentry",
                                                              "fexit",
                                                              "usdt",
                                                              "self",
                                                              "test",
                                                              "bench",
                                                              "iter",
                                                              "watchpoint",
                                                              "ksyscall",
                                                              "kretsyscall",
                                                              "plain_tracepoint",
                                                              "kprobe_session",
                                                              "kretprobe_session"};
};
template <> struct EnumNames<MapStorage> {
  static constexpr std::array<std::string_view, 7> kNames = {"hash",  "lru_hash",     "percpu_hash", "lru_percpu_hash",
                                                             "array", "percpu_array", "table"};
};
template <> struct EnumNames<EventKind> {
  static constexpr std::array<std::string_view, 16> kNames = {
      "printf", "time", "join",   "print_value", "print_map", "print_map_entry", "clear_map", "zero_map",
      "exit",   "cat",  "system", "error",       "warning",   "assertion",       "packet",    "unwatch"};
};
template <> struct EnumNames<ParameterKind> { static constexpr auto kNames = kParameterNames; };
template <> struct EnumNames<KernelUseKind> {
  static constexpr std::array<std::string_view, 10> kNames = {
      "field",  "record_field", "layout",      "enumerator",     "size",
      "symbol", "field_exists", "type_exists", "typedef_exists", "function_exists"};
};
template <> struct EnumNames<ProcessScope> {
  static constexpr std::array<std::string_view, 4> kNames = {"all", "one", "listed", "followed"};
};

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Location> where) {
  archive("begin", where.begin);
  archive("end", where.end);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<LinearBuckets> buckets) {
  archive("min", buckets.min);
  archive("max", buckets.max);
  archive.always("step", buckets.step);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<TimeSeries> series) {
  archive.always("interval_ns", series.interval_ns);
  archive.always("count", series.count);
  archive("value", series.value);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Enumerator> enumerator) {
  archive("name", enumerator.name);
  archive("value", enumerator.value);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Type> type) {
  archive("kind", type.kind);
  archive("size", type.size);
  archive("signed", type.is_signed);
  archive("space", type.space);
  archive("name", type.name);
  archive("count", type.count);
  archive("stack_mode", type.stack_mode);
  archive("linear", type.linear);
  archive("series", type.series);
  archive("element", type.element);
  archive("layout", type.layout);
  archive("enumerators", type.enumerators);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Field> field) {
  archive("name", field.name);
  archive("type", field.type);
  archive("offset", field.offset);
  archive("bit_offset", field.bit_offset);
  archive("bit_width", field.bit_width);
  archive("data_loc", field.is_data_loc);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<StructLayout> layout) {
  archive("name", layout.name);
  archive("size", layout.size);
  archive("union", layout.is_union);
  archive("fields", layout.fields);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Target> target) {
  archive("name", target.name);
  archive("module", target.module);
  archive("function", target.function);
  archive("offset", target.offset);
  archive("address", target.address);
  archive("period_ns", target.period_ns);
  archive("frequency_hz", target.frequency_hz);
  archive("count", target.count);
  archive("syscall", target.syscall);
  archive("semaphore", target.semaphore);
  archive("arguments", target.arguments);
  archive("name_index", target.name_index);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<TargetFit> fit) {
  archive("group", fit.group);
  archive("args", fit.args);
  archive("args_read", fit.args_read);
  archive("whole_args", fit.reads_whole_args);
  archive("kernel_stack", fit.reads_kernel_stack);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<AttachPoint> point) {
  archive("text", point.text);
  archive("where", point.where);
  archive("programs", point.programs);
  archive("alternative", point.is_alternative);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<KernelGuard> guard) {
  archive("kind", guard.question.kind);
  archive("of", guard.question.of);
  archive("field", guard.question.field);
  archive("no", guard.is_no);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<KernelUse> use) {
  archive("kind", use.kind);
  archive("of", use.of);
  archive("field", use.field);
  archive("built", use.built);
  archive("where", use.where);
  archive("guards", use.guards);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<ProgramSpec> program) {
  archive("function", program.function);
  archive("provider", program.provider);
  archive("targets", program.targets);
  archive("needs_cookie", program.needs_cookie);
  archive("where", program.where);
  archive("fit", program.fit);
  archive("syscall_table", program.syscall_table);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<MapSpec> map) {
  archive("name", map.name);
  archive("bpf_name", map.bpf_name);
  archive("key", map.key);
  archive("value", map.value);
  archive("storage", map.storage);
  archive.always("max_entries", map.max_entries);
  archive("is_cleared", map.is_cleared);
  archive("has_task_slots", map.has_task_slots);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<EventField> field) {
  archive("type", field.type);
  archive("offset", field.offset);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<EventSpec> event) {
  archive("kind", event.kind);
  archive("format", event.format);
  archive("fields", event.fields);
  archive.always("size", event.size);
  archive("map", event.map);
  archive("top", event.top);
  archive.always("divisor", event.divisor);
  archive("of_end", event.is_of_end);
  archive("where", event.where);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Parameter> parameter) {
  archive("kind", parameter.kind);
  archive("name", parameter.name);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<ScriptOption> option) {
  archive("name", option.name);
  archive("description", option.description);
  archive("type", option.type);
  archive("number", option.number);
  archive("text", option.text);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<FailureSite> site) {
  archive("helper", site.helper);
  archive("program", site.program);
  archive("map", site.map);
  archive("where", site.where);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<Scope> scope) {
  archive("processes", scope.processes);
  archive("cgroup", scope.is_cgroup);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<ImportedSource> source) {
  archive("name", source.name);
  archive("text", source.text);
}

template <typename Archive> void describe(Archive &archive, typename Archive::template Ref<ProgramImage> image) {
  archive("programs", image.programs);
  archive("probe_names", image.probe_names);
  archive("maps", image.maps);
  archive("events", image.events);
  archive("parameters", image.parameters);
  archive("failure_sites", image.failure_sites);
  archive("stamped", image.is_stamped);
  archive("scope", image.scope);
  archive("config", image.config);
  archive("source_name", image.source_name);
  archive("source_text", image.source_text);
  archive("imported", image.imported);
  archive("kernel_release", image.kernel_release);
  archive("oldest_kernel", image.oldest_kernel);
  archive("arch", image.arch);
  archive("attach_points", image.attach_points);
  archive("kernel_uses", image.kernel_uses);
  archive("options", image.options);
  archive("texts", image.texts);
}

}  // namespace sonde::image::metadata
