// Event files as TensorBoard reads them:
//
//     FOLDER/<run's name>-<start of its id>/events.out.tfevents.*
//
// A file is a row of records: u64 length, its check sum, the event, its check sum; an event is a
// protocol buffer of which five fields are written. The figures of a step are scalars
// (train/loss, train/grad_norm, speed/step_ms, speed/tokens_per_s) and of a validation
// (validation/loss), the configuration is a text.
#pragma once

#include "backend/core/result.h"
#include "backend/sink/run_event.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace ringscope {

// A folder for each run is made in `folder`, which is made, too. Fails where that cannot be done.
Result<std::unique_ptr<SinkWriter>> openTensorBoard(const std::filesystem::path& folder);

namespace tensorboard {

std::string scalarEvent(double seconds, std::int64_t step, std::string_view tag, float value);
std::string textEvent(double seconds, std::string_view tag, std::string_view text);
std::string versionEvent(double seconds);

// A record of a file.
std::string record(std::string_view event);
std::uint32_t crc32c(std::string_view bytes);

}  // namespace tensorboard
}  // namespace ringscope
