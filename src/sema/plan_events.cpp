// Lays out records: fields in order, each aligned as its type asks, after the header.
#include "sema/plan_events.h"

namespace sonde::sema {
namespace {

constexpr uint32_t kRecordAlignment = 8;

uint32_t aligned(uint32_t offset, uint32_t alignment) { return (offset + alignment - 1) / alignment * alignment; }

void lay_out(image::EventSpec &event, bool is_stamped) {
  uint32_t end = image::EventSpec::header_size(event.kind, is_stamped);
  for (image::EventField &field : event.fields) {
    field.offset = aligned(end, field.type.alignment());
    end = field.offset + field.type.size;
  }
  event.size = aligned(end, kRecordAlignment);
}

}  // namespace

void plan_events(Analysis &analysis) {
  for (image::EventSpec &event : analysis.events)
    lay_out(event, analysis.is_stamped);
}

}  // namespace sonde::sema
