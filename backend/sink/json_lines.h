// Events as JSON, one a line, for files and programs.
//
//   {"schema_version":1,"event":"began","run":"…","name":"demo/zigzag","experiment":"demo",
//    "time_us":…,"mode":"zigzag","ranks":2,"config":{"model.layers":"4", …}}
//   {…,"event":"step","step":3,"loss":2.31,"grad_norm":0.9,"step_ms":41.2,"tokens":2048,
//    "tokens_per_s":49708}
//   {…,"event":"validation","step":9,"loss":2.4,"perplexity":11.0,"tokens":4096}
//   {…,"event":"ended","status":"finished","reason":"","steps":20,"tokens_per_s":…,
//    "peak_bytes":…,"final_loss":…}
//
// A number that is none (an infinite loss) is null.
#pragma once

#include "backend/core/result.h"
#include "backend/sink/run_event.h"

#include <filesystem>
#include <memory>
#include <string>

namespace ringscope {

std::string jsonLine(const RunEvent& event);  // ends with a newline

// Appends to the file, or makes it: what stands there stays. Fails where that cannot be done.
Result<std::unique_ptr<SinkWriter>> openJsonFile(const std::filesystem::path& path);

}  // namespace ringscope
