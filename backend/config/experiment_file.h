// An experiment file's text as settings, axes and a baseline, with every problem in its place.
#pragma once

#include "backend/config/settings.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct FileAxis {
    const Field* field = nullptr;
    std::vector<Setting> values;  // at least one
};

struct ExperimentFile {
    SettingLayer layer;
    std::vector<FileAxis> axes;
    std::vector<Setting> baseline;
    std::string matrixWhere;    // for problems of the matrix as a whole
    std::string baselineWhere;  // for problems of the baseline as a whole
    bool complete = true;       // false: a syntax error hid part of the file
    bool empty = false;         // nothing but blanks and comments
};

ExperimentFile parseExperimentFile(const std::string& fileName, std::string_view text);

}  // namespace ringscope
