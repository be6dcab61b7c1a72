#include "kernels/comm/sealed_store.h"

#include "backend/core/ids.h"
#include "backend/core/sha256.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t nonceBytes = 16;
constexpr std::size_t sealBytes = 32;

std::string randomNonce() {
    return hmacSha256(RunId::random().text, RunId::random().text).substr(0, nonceBytes);
}

// The same twice gives the text back.
std::string crossed(const std::string& secret, std::string_view nonce, std::string_view text) {
    std::string crossed(text);
    std::string key;
    for (std::size_t i = 0; i < crossed.size(); ++i) {
        if (i % sealBytes == 0)
            key = hmacSha256(secret, "text" + std::string(nonce) + std::to_string(i / sealBytes));
        crossed[i] = static_cast<char>(crossed[i] ^ key[i % sealBytes]);
    }
    return crossed;
}

std::string sealOf(const std::string& secret, const std::string& key, std::string_view sealed) {
    return hmacSha256(secret,
                      "seal" + std::to_string(key.size()) + ":" + key + std::string(sealed));
}

// Takes as long wherever the two differ.
bool same(std::string_view a, std::string_view b) {
    int difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) difference |= a[i] ^ b[i];
    return difference == 0;
}

}  // namespace

SealedStore::SealedStore(c10::intrusive_ptr<c10d::Store> store, std::string secret)
    : store_(std::move(store)), secret_(std::move(secret)) {}

c10::intrusive_ptr<c10d::Store> SealedStore::clone() {
    return c10::make_intrusive<SealedStore>(store_->clone(), secret_);
}

void SealedStore::set(const std::string& key, const std::vector<std::uint8_t>& value) {
    const std::string nonce = randomNonce();
    const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    std::string sealed = nonce + crossed(secret_, nonce, text);
    sealed += sealOf(secret_, key, sealed);
    store_->set(nameOf(key), std::vector<std::uint8_t>(sealed.begin(), sealed.end()));
}

std::vector<std::uint8_t> SealedStore::get(const std::string& key) {
    const std::vector<std::uint8_t> bytes = store_->get(nameOf(key));
    const std::string_view whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t body = whole.size() - std::min(whole.size(), sealBytes);
    if (body < nonceBytes || !same(whole.substr(body), sealOf(secret_, key, whole.substr(0, body))))
        throw std::runtime_error("what the ranks tell each other was changed by a stranger");
    const std::string text =
        crossed(secret_, whole.substr(0, nonceBytes), whole.substr(nonceBytes, body - nonceBytes));
    return {text.begin(), text.end()};
}

std::int64_t SealedStore::add(const std::string& key, std::int64_t /*value*/) {
    throw std::logic_error("the rendezvous adds no numbers; asked to add to '" + key + "'");
}

bool SealedStore::deleteKey(const std::string& key) { return store_->deleteKey(nameOf(key)); }
bool SealedStore::check(const std::vector<std::string>& keys) {
    return store_->check(namesOf(keys));
}
std::int64_t SealedStore::getNumKeys() { return store_->getNumKeys(); }
void SealedStore::wait(const std::vector<std::string>& keys) { store_->wait(namesOf(keys)); }
void SealedStore::wait(const std::vector<std::string>& keys,
                       const std::chrono::milliseconds& timeout) {
    store_->wait(namesOf(keys), timeout);
}
const std::chrono::milliseconds& SealedStore::getTimeout() const noexcept {
    return store_->getTimeout();
}
void SealedStore::setTimeout(const std::chrono::milliseconds& timeout) {
    store_->setTimeout(timeout);
}

std::string SealedStore::nameOf(const std::string& key) const {
    return hexadecimal(hmacSha256(secret_, "name" + key));
}

std::vector<std::string> SealedStore::namesOf(const std::vector<std::string>& keys) const {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const std::string& key : keys) names.push_back(nameOf(key));
    return names;
}

}  // namespace ringscope
