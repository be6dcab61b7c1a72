#include "backend/config/host_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

std::string problemIn(const std::string& text) {
    const auto hosts = parseHostfile(text, "hosts");
    return hosts.ok() ? "" : hosts.error().message;
}

TEST(Hostfile, NamesHostsInOrderWithTheirSlotsAndAddresses) {
    const auto hosts = parseHostfile(
        "# the lab\n\nnode1 slots=2\n  anna@node2  slots=3 addr=10.0.0.5 port=2222 # far\r\n", "h");
    ASSERT_TRUE(hosts.ok()) << hosts.error().message;
    EXPECT_THAT(
        *hosts,
        testing::ElementsAre(
            HostSpec{.name = "node1", .slots = 2},
            HostSpec{
                .name = "node2", .slots = 3, .user = "anna", .address = "10.0.0.5", .port = 2222}));
}

TEST(Hostfile, SaysWhereSomethingIsWrongAndWhatWasExpected) {
    EXPECT_EQ(problemIn("a slots=2\nb slots=two\n"),
              "hosts:2:9: slots is a number from 1 to 1024; got 'two'");
    EXPECT_EQ(problemIn("a slot=2\n"),
              "hosts:1:3: expected slots=N, addr=ADDRESS or port=N; got 'slot=2'");
    EXPECT_EQ(problemIn("a port=70000\n"),
              "hosts:1:8: port is a number from 1 to 65535; got '70000'");
    EXPECT_EQ(problemIn("-oProxyCommand=x\n"),
              "hosts:1:1: expected the name of a host: letters, digits, '.', '-' and '_'; got "
              "'-oProxyCommand=x'");
    EXPECT_EQ(problemIn("a slots=1\n b slots=1\n a slots=1\n"),
              "hosts:3:2: host a is named twice; name it once with all its slots");
    EXPECT_EQ(problemIn("a slots=1\nb\n"),
              "hosts:2:1: host b does not say its slots and another host does; say them for every "
              "host or for none");
    EXPECT_EQ(problemIn("# nobody\n"), "hosts: names no host; write lines like 'node1 slots=2'");
}

TEST(Hostfile, MayBeginWithAByteOrderMark) {
    const auto hosts = parseHostfile("\xEF\xBB\xBFnode1 slots=2\n", "hosts");
    ASSERT_TRUE(hosts.ok()) << hosts.error().message;
    EXPECT_EQ(hosts->front().name, "node1");
}

TEST(Hostfile, HoldsAsManyHostsAsAJobHasAndNotMore) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += "node" + std::to_string(i) + "\n";
    EXPECT_EQ(parseHostfile(text, "hosts").error().message,
              "hosts:4097:1: expected at most 4096 hosts");
    EXPECT_EQ(parseHostfile(text.substr(0, text.find("node4096\n")), "hosts").value().size(),
              4096U);
}

TEST(Hosts, AreReadFromShortWords) {
    const auto hosts = parseHosts({"a:2", "anna@b:1/addr=fe80::1/port=22"});
    ASSERT_TRUE(hosts.ok()) << hosts.error().message;
    EXPECT_EQ((*hosts)[1].address, "fe80::1");
    EXPECT_EQ(toText((*hosts)[1]), "anna@b:1/addr=fe80::1/port=22");
    EXPECT_FALSE(parseHosts({""}).ok());
    EXPECT_FALSE(parseHosts({"a;reboot"}).ok());
    EXPECT_FALSE(parseHosts({"a:0"}).ok());
}

RC_GTEST_PROP(Hosts, ReadBackAsTheyWereWritten, ()) {
    const auto word = rc::gen::nonEmpty(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab1._"))));
    HostSpec host{.name = *word, .slots = *rc::gen::inRange(0, 1025)};
    if (*rc::gen::arbitrary<bool>()) host.user = *word;
    if (*rc::gen::arbitrary<bool>()) host.address = *word;
    host.port = *rc::gen::inRange(0, 65536);
    RC_ASSERT(parseHost(toText(host)).value() == host);
}

RC_GTEST_PROP(Hostfile, NeverAcceptsCharactersThatAShellOrSshInterprets,
              (const std::string& name)) {
    const auto host = parseHost(name);
    if (!host.ok()) return;
    for (const std::string* part : {&host->name, &host->user, &host->address})
        RC_ASSERT(part->find_first_of(" \t\n'\"\\$`;&|<>()!*?") == std::string::npos);
    RC_ASSERT(!host->name.starts_with('-'));
}

}  // namespace
}  // namespace ringscope
