// Traces as Kineto writes them, of any size: training steps of operators, launches and kernels,
// with the fields and lengths of real ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

namespace ringscope::bench {

// One rank's file of `events` events, about 207 bytes each.
inline void writeKineto(const std::filesystem::path& file, int rank, int world,
                        std::int64_t events) {
    std::mt19937 random(static_cast<unsigned>(rank) + 1);
    std::ofstream out(file, std::ios::binary);
    out << "{\n  \"schemaVersion\": 1,\n  \"distributedInfo\": {\"backend\": \"nccl\", \"rank\": "
        << rank << ", \"world_size\": " << world << "},\n  \"traceEvents\": [\n";
    const auto micros = [](std::int64_t ns) {
        const std::string part = std::to_string(ns % 1000);
        return std::to_string(ns / 1000) + "." + std::string(3 - part.size(), '0') + part;
    };
    constexpr std::int64_t launchesPerStep = 3000;
    std::int64_t now = 4'458'676'000'000'000;
    std::int64_t gpu = now;
    std::int64_t stepBegin = now;
    std::int64_t correlation = 100'000;
    std::int64_t written = 0;
    const char* separator = "";
    const auto event = [&](const std::string& text) {
        out << separator << "  " << text;
        separator = ",\n";
        ++written;
    };
    for (std::int64_t launch = 0; written < events; ++launch) {
        const std::int64_t op = 4'000 + static_cast<std::int64_t>(random() % 9'000);
        const std::string id = std::to_string(correlation);
        event(R"({"ph": "X", "cat": "cpu_op", "name": "aten::addmm_)" +
              std::to_string(random() % 60) + R"(", "pid": 2910249, "tid": 2910249, "ts": )" +
              micros(now) + R"(, "dur": )" + micros(op) + R"(, "args": {"External id": )" + id +
              R"(, "Record function id": 0, "Sequence number": )" + std::to_string(launch) +
              R"(, "Fwd thread id": 0, "Ev Idx": )" + std::to_string(launch) + "}}");
        event(R"({"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 2910249, )"
              R"("tid": 2910249, "ts": )" +
              micros(now + 1500) + R"(, "dur": )" + micros(2'100) +
              R"(, "args": {"External id": )" + id + R"(, "cbid": 211, "correlation": )" + id +
              "}}");
        event(R"({"ph": "s", "id": )" + id + R"(, "pid": 2910249, "tid": 2910249, "ts": )" +
              micros(now + 1500) + R"(, "cat": "ac2g", "name": "ac2g"})");
        const bool communicates = launch % 40 == 39;
        const std::int64_t length = communicates
                                        ? 90'000 + static_cast<std::int64_t>(random() % 60'000)
                                        : 3'000 + static_cast<std::int64_t>(random() % 9'000);
        const std::string stream = communicates ? "40" : "7";
        if (gpu < now + 4'000) gpu = now + 4'000;
        event(
            R"({"ph": "X", "cat": "kernel", "name": ")" +
            (communicates
                 ? std::string(
                       "ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)")
                 : "void at::native::vectorized_elementwise_kernel<4, op_" +
                       std::to_string(random() % 120) + ">(int, op)") +
            R"(", "pid": 0, "tid": )" + stream + R"(, "ts": )" + micros(gpu) + R"(, "dur": )" +
            micros(length) + R"(, "args": {"External id": )" + id +
            R"(, "queued": 0, "device": 0, "context": 1, "stream": )" + stream +
            R"(, "correlation": )" + id +
            R"(, "registers per thread": 16, "shared memory": 0, "blocks per SM": 4.7, "grid": [512, 1, 1], "block": [512, 1, 1]}})");
        event(R"({"ph": "f", "id": )" + id + R"(, "pid": 0, "tid": )" + stream + R"(, "ts": )" +
              micros(gpu) + R"(, "cat": "ac2g", "name": "ac2g", "bp": "e"})");
        if (!communicates) gpu += length;
        now += op;
        ++correlation;
        if (launch % launchesPerStep == launchesPerStep - 1) {
            event(R"({"ph": "X", "cat": "user_annotation", "name": "ProfilerStep#)" +
                  std::to_string(launch / launchesPerStep) +
                  R"(", "pid": 2910249, "tid": 2910249, "ts": )" + micros(stepBegin) +
                  R"(, "dur": )" + micros(now - stepBegin) + R"(, "args": {}})");
            stepBegin = now;
        }
    }
    out << "\n  ],\n  \"traceName\": \"rank.json\",\n  \"displayTimeUnit\": \"ms\",\n"
           "  \"baseTimeNanoseconds\": 1711964646000000000\n}\n";
    if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace ringscope::bench
