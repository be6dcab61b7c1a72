// The old way and the new way of a migration, as they ran, in its reports.
#pragma once

#include "backend/migration/migration.h"
#include "backend/report/markup.h"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ringscope {

// A sentence, a table, bars and the losses as a picture; nothing where there is no proof.
void addProof(reporting::Markup& page, const Migration& migration);

// A sentence, and tables of figures and of losses.
std::string proofMarkdown(const Migration& migration);

// name, notes[], runs[] of run_json.h; null where there is no proof.
nlohmann::json proofJson(const Migration& migration);

}  // namespace ringscope
