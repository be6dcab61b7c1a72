#include "kernels/verify/tensor_dump.h"

#include "backend/model/npy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

std::string_view npyType(at::ScalarType type) {
    switch (type) {
        case at::kFloat:
            return "<f4";
        case at::kHalf:
            return "<f2";
        case at::kDouble:
            return "<f8";
        case at::kLong:
            return "<i8";
        case at::kByte:
            return "|u1";
        default:
            throw std::logic_error(std::string("no .npy files of ") + c10::toString(type));
    }
}

Result<void> makeFolder(const fs::path& folder) {
    std::error_code failed;
    if (fs::create_directories(folder, failed)) return {};
    const std::string why = failed ? failed.message() : "it is already there";
    return Error{ErrorCode::Failed, "cannot make '" + folder.string() + "': " + why};
}

Result<void> writeAll(const fs::path& folder, const CaseInputs& inputs,
                      const CaseResults& results) {
    RINGSCOPE_CHECK(dumpTensor(folder, "q", inputs.q));
    const bool latent = inputs.weight.defined();
    RINGSCOPE_CHECK(dumpTensor(folder, latent ? "latent" : "k", inputs.k));
    RINGSCOPE_CHECK(dumpTensor(folder, latent ? "weight" : "v", latent ? inputs.weight : inputs.v));
    RINGSCOPE_CHECK(dumpTensor(folder, "dout", inputs.dOut));
    RINGSCOPE_CHECK(dumpTensor(folder, "out", results.out));
    RINGSCOPE_CHECK(dumpTensor(folder, "lse", results.lse.transpose(1, 2)));
    RINGSCOPE_CHECK(dumpTensor(folder, "dq", results.dq));
    RINGSCOPE_CHECK(dumpTensor(folder, latent ? "dlatent" : "dk", results.dk));
    return dumpTensor(folder, latent ? "dweight" : "dv", results.dv);
}

at::Tensor numbers(std::int64_t begin, std::int64_t end) {
    return at::arange(begin, end, at::TensorOptions(at::kLong));
}

at::Tensor numbersOf(const std::vector<TokenSpan>& tokens) {
    std::vector<at::Tensor> parts = {numbers(0, 0)};
    for (const TokenSpan& span : tokens) parts.push_back(numbers(span.begin, span.end));
    return at::cat(parts);
}

// Padding is behind the first `rows` rows.
CaseInputs withoutPadding(CaseInputs inputs, std::int64_t rows) {
    for (at::Tensor* tensor : {&inputs.q, &inputs.k, &inputs.v, &inputs.dOut})
        if (tensor->defined()) *tensor = tensor->narrow(1, 0, rows);
    return inputs;
}

CaseResults withoutPadding(CaseResults results, std::int64_t rows, std::int64_t lseRows,
                           bool latent) {
    for (at::Tensor* tensor : {&results.out, &results.dq, &results.dk})
        *tensor = tensor->narrow(1, 0, rows);
    if (!latent) results.dv = results.dv.narrow(1, 0, rows);
    results.lse = results.lse.narrow(1, 0, lseRows);
    return results;
}

}  // namespace

Result<void> dumpTensor(const fs::path& folder, const std::string& name, const at::Tensor& tensor) {
    const bool wide = tensor.scalar_type() == at::kBFloat16;
    const at::Tensor values = (wide ? tensor.to(at::kFloat) : tensor).contiguous();
    return writeNpy(folder / (name + ".npy"),
                    {.type = npyType(values.scalar_type()),
                     .shape = values.sizes().vec(),
                     .bytes = {static_cast<const char*>(values.const_data_ptr()),
                               static_cast<std::size_t>(values.nbytes())}});
}

Result<void> dumpWhole(const fs::path& folder, const CaseInputs& inputs,
                       const CaseResults& results) {
    return writeAll(folder, inputs, results);
}

Result<void> dumpMask(const fs::path& folder, const AttentionCase& problem,
                      const PatternMask& pattern) {
    constexpr std::int64_t mostTokens = 4096;
    if (problem.tokens > mostTokens) return {};
    const TokenSpan all{0, problem.tokens};
    const at::Tensor visible = visiblePairs(problem, all, all).to(at::kByte);
    const std::int64_t heads = pattern.headsAlike() ? 1 : problem.heads;
    const std::int64_t items = pattern.itemsAlike() ? 1 : problem.batch;
    const at::Tensor mask =
        at::zeros({items, heads, problem.tokens, problem.tokens}, at::TensorOptions(at::kByte));
    for (std::int64_t item = 0; item < items; ++item)
        for (std::int64_t head = 0; head < heads; ++head)
            for (int branch = 0; branch < pattern.branches(); ++branch)
                mask.select(0, item).select(0, head).add_(
                    pattern.pairs({item, head}, branch, all, all).to(at::kByte).mul_(visible));
    return dumpTensor(folder, "mask", items == 1 ? mask.squeeze(0) : mask);
}

Result<void> dumpRank(const fs::path& folder, const AttentionCase& problem,
                      const Schedule& schedule, int rank, const CaseResults& share) {
    const std::string number = std::to_string(rank);
    const fs::path own = folder / ("rank-" + std::string(number.size() < 2 ? "0" : "") + number);
    RINGSCOPE_CHECK(makeFolder(own));
    const std::vector<TokenSpan> held = spansBefore(heldTokens(schedule, rank), problem.tokens);
    LsePlace place = lsePlace(schedule, rank);
    place.tokens = spansBefore(std::move(place.tokens), problem.tokens);
    RINGSCOPE_CHECK(
        writeAll(own, withoutPadding(inputsOfRank(problem, schedule, rank), tokenCount(held)),
                 withoutPadding(share, tokenCount(held), tokenCount(place.tokens),
                                problem.latent.has_value())));
    RINGSCOPE_CHECK(dumpTensor(own, "tokens", numbersOf(held)));
    if (place.tokens == held && share.lse.size(2) == problem.heads) return {};
    RINGSCOPE_CHECK(dumpTensor(own, "lse_tokens", numbersOf(place.tokens)));
    return dumpTensor(own, "lse_heads",
                      numbers(place.firstHead, place.firstHead + share.lse.size(2)));
}

}  // namespace ringscope
