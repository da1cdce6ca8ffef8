// All attachments of a run, made and taken back together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "probes/provider.h"
#include "runtime/loader.h"
#include "runtime/signals.h"

namespace sonde::runtime {

struct HeldAttachment {
  std::unique_ptr<probes::Attachment> attachment;
  bool is_raw_tracepoint = false;
};

// Of all that were made, in their order. Returns when nothing is attached any more and `all` is empty.
void detach(std::vector<HeldAttachment> &all);

class Attachments {
public:
  Attachments() = default;
  Attachments(Attachments &&) = default;
  ~Attachments() { detach(); }

  // Attaches what is not run directly. Stops, with what it has, when a signal comes. Targets that the
  // kernel refuses are an error, or left out with a warning or without, as the setting missing_probes says;
  // none left is always an error. Returns how many were refused.
  Result<size_t> attach(const image::ProgramImage &image, const LoadedObject &object,
                        const probes::AttachOptions &options, Signals &signals);
  // What a loaded run costs the kernel: programs, how they are attached, and how often. On standard error.
  void print_cost() const;
  // Files by which something stays attached after the run.
  std::vector<std::string> pins() const;
  // Function watchpoints leave this address alone from now on.
  void unwatch(uint64_t address);
  // A descriptor that becomes readable when the last attachment has come to its end; -1 while one has none.
  int end_fd() const;
  // Returns when nothing is attached any more.
  void detach() { runtime::detach(all_); }

private:
  // By program, in the order of their first targets; two specs may name one.
  struct Cost {
    std::string function;
    std::string_view mechanism;  // empty: run by ourselves
    size_t probes = 0;
    size_t attachments = 0;
  };
  Cost &cost_of(const std::string &function);

  std::vector<HeldAttachment> all_;
  std::vector<Cost> costs_;
};

}  // namespace sonde::runtime
