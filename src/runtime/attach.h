// All attachments of a run, made and taken back together.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "probes/provider.h"
#include "runtime/loader.h"
#include "runtime/signals.h"

namespace sonde::runtime {

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
  // A descriptor that becomes readable when the last attachment has come to its end; -1 while one has none.
  int end_fd() const;
  // Returns when nothing is attached any more.
  void detach();

private:
  std::vector<std::unique_ptr<probes::Attachment>> all_;
};

}  // namespace sonde::runtime
