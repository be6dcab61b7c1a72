// What a file or folder is that a user hands over, by what is in it and not by its name.
#pragma once

#include "backend/core/result.h"

#include <QString>
#include <cstdint>
#include <filesystem>

namespace ringscope::ui {

enum class PlaceKind : std::uint8_t {
    Experiment,     // of ours
    Trace,          // of ours or of another tool; a folder of files, or one file
    Store,          // runs
    Configuration,  // of another program, to be migrated
};
QString placeKindName(PlaceKind kind);  // "experiment", as settings keep it
Result<PlaceKind> placeKindFromName(const QString& name);

struct Place {
    PlaceKind kind = PlaceKind::Experiment;
    std::filesystem::path path;  // what to open: of one rank's trace of ours the folder
};

// Fails with NotFound where there is nothing, and with InvalidConfig and one sentence where it is
// none of these. `openStore` is known to be a store and is not read: closing a second handle on it
// would drop this program's locks (backend/store/store_file.h).
Result<Place> placeOf(const std::filesystem::path& path, const std::filesystem::path& openStore);

}  // namespace ringscope::ui
