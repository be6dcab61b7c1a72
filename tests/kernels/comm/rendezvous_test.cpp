// The rendezvous of the ranks, and strangers at its door.
#include "kernels/comm/rendezvous.h"

#include "kernels/comm/rendezvous_state.h"
#include "kernels/comm/sealed_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

using Value = std::vector<std::uint8_t>;

Value bytes(const std::string& text) { return {text.begin(), text.end()}; }

// A client that knows nothing but the port.
c10::intrusive_ptr<c10d::TCPStore> stranger(int port) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    options.timeout = milliseconds(500);
    return c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
}

// A set has no answer; a get behind it on the same connection has one when it is done.
void put(c10d::Store& store, const std::string& key, const Value& value) {
    store.set(key, value);
    (void)store.check({key});
}

TEST(Rendezvous, IsReachedAtItsOwnAddressAlone) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok()) << host.error().message;
    const int port = (*host)->port();
    EXPECT_TRUE(joinRendezvous("127.0.0.1", port, "secret", milliseconds(2'000)).ok());
    for (const char* other : {"127.0.0.2", "127.1.2.3"})
        EXPECT_FALSE(joinRendezvous(other, port, "secret", milliseconds(200)).ok()) << other;
}

TEST(Rendezvous, SaysWhereNoPortCanBeOpened) {
    const auto host = hostRendezvous("no-such-host.invalid", "secret");
    ASSERT_FALSE(host.ok());
    EXPECT_THAT(host.error().message, HasSubstr("cannot open a port at no-such-host.invalid"));
}

TEST(Rendezvous, TellsAStrangerNothing) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok()) << host.error().message;
    put(*(*host)->state().store, "gloo/0/1", bytes("10.0.0.5:40000"));
    const auto client = stranger((*host)->port());
    const std::vector<std::string> keys = client->listKeys();
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.front().find("gloo"), std::string::npos) << keys.front();
    const std::string value = client->get_to_str(keys.front());
    EXPECT_EQ(value.find("10.0.0.5"), std::string::npos);
    EXPECT_FALSE(client->check({"gloo/0/1"}));
}

TEST(Rendezvous, TakesNothingFromAStranger) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok()) << host.error().message;
    c10d::Store& store = *(*host)->state().store;
    const auto client = stranger((*host)->port());

    put(*client, "gloo/0/1", bytes("evil:1"));  // under the plain name: nobody looks there
    EXPECT_FALSE(store.check({"gloo/0/1"}));

    put(store, "a", bytes("rank 0 is at 10.0.0.5"));
    const std::vector<std::string> keys = client->listKeys();
    const auto sealed =
        std::ranges::find_if(keys, [](const auto& key) { return key != "gloo/0/1"; });
    ASSERT_NE(sealed, keys.end());
    const Value own = client->get(*sealed);
    for (const std::size_t at : {std::size_t{0}, std::size_t{16}, own.size() - 1}) {
        Value changed = own;
        changed[at] ^= 1;
        put(*client, *sealed, changed);
        EXPECT_THROW(store.get("a"), std::runtime_error) << "byte " << at;
    }
    put(*client, *sealed, Value{});
    EXPECT_THROW(store.get("a"), std::runtime_error);
    put(*client, *sealed, own);
    EXPECT_EQ(store.get("a"), bytes("rank 0 is at 10.0.0.5"));
}

TEST(Rendezvous, KnowsAValueThatWasMovedToAnotherKey) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok()) << host.error().message;
    c10d::Store& store = *(*host)->state().store;
    put(store, "a", bytes("of a"));
    put(store, "b", bytes("of b"));
    const auto client = stranger((*host)->port());
    const std::vector<std::string> keys = client->listKeys();
    ASSERT_EQ(keys.size(), 2U);
    const Value first = client->get(keys[0]);
    put(*client, keys[0], client->get(keys[1]));
    put(*client, keys[1], first);
    EXPECT_THROW(store.get("a"), std::runtime_error);
    EXPECT_THROW(store.get("b"), std::runtime_error);
}

TEST(Rendezvous, OfRanksWithAnotherSecretIsAnother) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok()) << host.error().message;
    put(*(*host)->state().store, "key", bytes("value"));
    const auto other = joinRendezvous("127.0.0.1", (*host)->port(), "guessed", milliseconds(2'000));
    ASSERT_TRUE(other.ok()) << other.error().message;
    EXPECT_FALSE((*other)->state().store->check({"key"}));
}

TEST(SealedStore, GivesBackWhatWasSet) {
    const auto plain = c10::make_intrusive<c10d::HashStore>();
    SealedStore store(plain, "secret");
    for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 1000U}) {
        const Value value = bytes(std::string(size, 'v'));
        store.set("k" + std::to_string(size), value);
        EXPECT_EQ(store.get("k" + std::to_string(size)), value);
    }
    EXPECT_EQ(store.getNumKeys(), 6);
    EXPECT_TRUE(store.check({"k0", "k33"}));
    store.wait({"k1", "k1000"}, milliseconds(100));
    EXPECT_TRUE(store.deleteKey("k1"));
    EXPECT_FALSE(store.check({"k1"}));
    EXPECT_THROW(store.add("number", 1), std::logic_error);

    SealedStore same(plain, "secret");  // another rank of the run
    EXPECT_EQ(same.get("k31"), bytes(std::string(31, 'v')));
}

}  // namespace
}  // namespace ringscope
