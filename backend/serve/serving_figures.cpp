#include "backend/serve/serving_figures.h"

#include <fmt/format.h>

#include <chrono>

namespace ringscope {
namespace {

std::string headOf(std::string_view name, std::string_view type, std::string_view unit,
                   std::string_view help) {
    std::string text = fmt::format("# TYPE {0} {1}\n", name, type);
    if (!unit.empty()) text += fmt::format("# UNIT {} {}\n", name, unit);
    return text + fmt::format("# HELP {} {}\n", name, help);
}

std::string counter(std::string_view name, std::string_view unit, std::string_view help,
                    std::int64_t value) {
    return headOf(name, "counter", unit, help) + fmt::format("{}_total {}\n", name, value);
}

std::string gauge(std::string_view name, std::string_view unit, std::string_view help,
                  std::int64_t value) {
    return headOf(name, "gauge", unit, help) + fmt::format("{} {}\n", name, value);
}

}  // namespace

void DurationCounts::add(Nanos duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    for (std::size_t i = 0; i < bounds.size(); ++i)
        if (seconds <= bounds[i]) ++below_[i];
    ++count_;
    sum_ += seconds;
}

std::string DurationCounts::text(std::string_view name, std::string_view help) const {
    std::string text = headOf(name, "histogram", "seconds", help);
    for (std::size_t i = 0; i < bounds.size(); ++i)
        text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, bounds[i], below_[i]);
    return text + fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_count {1}\n{0}_sum {2}\n", name,
                              count_, sum_);
}

std::string ServingFigures::text() const {
    std::string text =
        headOf("ringscope_serve_requests", "counter", "", "Requests that were answered.");
    for (const auto& [what, count] : answers)
        text += fmt::format("ringscope_serve_requests_total{{endpoint=\"{}\",status=\"{}\"}} {}\n",
                            what.first, what.second, count);
    text += counter("ringscope_serve_left_requests", "",
                    "Requests whose client left before their end.", left);
    text += counter("ringscope_serve_prompt_tokens", "tokens", "Tokens of prompts that were read.",
                    promptTokens);
    text += counter("ringscope_serve_found_prompt_tokens", "tokens",
                    "Tokens of prompts that were not read, because an earlier text began alike.",
                    foundTokens);
    text += counter("ringscope_serve_made_tokens", "tokens", "Tokens that were made.", madeTokens);
    text += firstToken.text("ringscope_serve_first_token_seconds",
                            "Time from a request's last byte to its first token.");
    text += request.text("ringscope_serve_request_seconds",
                         "Time from a request's last byte to its last token.");
    text += step.text("ringscope_serve_step_seconds", "Time of a step of the model.");
    text +=
        gauge("ringscope_serve_running_texts", "texts", "Texts that are being made.", last.running);
    text +=
        gauge("ringscope_serve_waiting_texts", "texts", "Texts that wait for room.", last.waiting);
    text += gauge("ringscope_serve_cache_reserved_tokens", "tokens",
                  "Tokens of the cache that texts have room for.", last.reserved);
    text +=
        gauge("ringscope_serve_cache_kept_tokens", "tokens",
              "Tokens of texts that have ended, kept in the cache while there is room.", last.kept);
    text += gauge("ringscope_serve_cache_tokens", "tokens", "Tokens that the cache has room for.",
                  room.capacity);
    text += gauge("ringscope_serve_cache_bytes", "bytes", "Memory of the cache, on each rank.",
                  room.cache.count);
    text += gauge("ringscope_serve_open_connections", "connections", "Connections of clients.",
                  connections);
    return text + "# EOF\n";
}

}  // namespace ringscope
