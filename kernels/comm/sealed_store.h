// The key-value store of a rendezvous, closed to those who do not know the run's secret.
//
// c10d's TCP store has no password. Here keys are stored under names and values as bytes that only
// the secret gives a meaning: a stranger who reaches the port reads no address, and a value that he
// wrote or changed is refused with a sentence. He can still delete or fill: the run then ends.
//
//   name     HMAC-SHA256(secret, "name" key)
//   value    nonce (16 bytes), text XOR HMAC-SHA256(secret, "text" nonce number)…, and
//            HMAC-SHA256(secret, "seal" key nonce text) over both
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

class SealedStore final : public c10d::Store {
public:
    SealedStore(c10::intrusive_ptr<c10d::Store> store, std::string secret);

    c10::intrusive_ptr<c10d::Store> clone() override;
    void set(const std::string& key, const std::vector<std::uint8_t>& value) override;
    std::vector<std::uint8_t> get(const std::string& key) override;
    // Throws: a number that all ranks add to cannot be sealed, and no rank needs one.
    std::int64_t add(const std::string& key, std::int64_t value) override;
    bool deleteKey(const std::string& key) override;
    bool check(const std::vector<std::string>& keys) override;
    std::int64_t getNumKeys() override;
    void wait(const std::vector<std::string>& keys) override;
    void wait(const std::vector<std::string>& keys,
              const std::chrono::milliseconds& timeout) override;
    const std::chrono::milliseconds& getTimeout() const noexcept override;
    void setTimeout(const std::chrono::milliseconds& timeout) override;

private:
    std::string nameOf(const std::string& key) const;
    std::vector<std::string> namesOf(const std::vector<std::string>& keys) const;

    c10::intrusive_ptr<c10d::Store> store_;
    std::string secret_;
};

}  // namespace ringscope
