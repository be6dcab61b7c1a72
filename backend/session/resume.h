// What `ringscope run --resume` goes on from, and whether a configuration fits it.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/run/run_service.h"
#include "backend/run/training_checkpoint.h"

#include <filesystem>

namespace ringscope {

struct ResumeSource {
    ResumePoint point;
    RunConfig config;  // of the run that wrote the checkpoint
};

// The newest whole checkpoint of a folder: a run's, or a checkpoint itself.
Result<ResumeSource> resumeFrom(const std::filesystem::path& folder);

// Of a run of the store. What a run that has ended left half is removed.
Result<ResumeSource> resumeFrom(const RunRecord& run);

// Fails where the model differs, and names the field; and where the training has no step left.
Result<void> checkResume(const ResumeSource& source, const RunConfig& config);

}  // namespace ringscope
