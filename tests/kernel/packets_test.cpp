// Packets written to pcap files: read back by tcpdump's rules, and by tcpdump itself where there is one.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::HasSubstr;

// What a pcap file of nanoseconds and raw IP holds. Anything else about it is a failure.
std::vector<std::string> packets_of(const std::string &path) {
  std::string bytes = read_file(path);
  std::vector<std::string> packets;
  auto word = [&](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  if (bytes.size() < 24 || word(0) != 0xa1b23c4d || word(4) != (4 << 16 | 2) || word(20) != 101) {
    ADD_FAILURE() << path << " is no pcap file of raw IP: " << bytes.size() << " bytes";
    return packets;
  }
  size_t at = 24;
  while (at + 16 <= bytes.size() && at + 16 + word(at + 8) <= bytes.size()) {
    EXPECT_LT(word(at + 4), 1'000'000'000u) << "nanoseconds";
    EXPECT_LE(word(at + 8), word(at + 12));
    EXPECT_NEAR(word(at), static_cast<double>(time(nullptr)), 300) << "seconds";
    packets.push_back(bytes.substr(at + 16, word(at + 8)));
    at += 16 + word(at + 8);
  }
  EXPECT_EQ(at, bytes.size()) << "a packet is cut short";
  return packets;
}

class PacketsTest : public KprobeTest {
protected:
  // What sends so many packets to a port of ours.
  static std::string send(int count, int port) {
    return fmt::format("/bin/bash -c 'for i in {{1..{}}}; do echo -n packet-$i >/dev/udp/127.0.0.1/{}; done'", count,
                       port);
  }
  std::string file(const std::string &name) const { return directory_.path() + "/" + name; }

private:
  TemporaryDirectory directory_;
};

TEST_F(PacketsTest, are_written_whole) {
  Outcome outcome = run_script("fentry:ip_rcv { $r = skboutput(\"" + file("all.pcap") +
                                   "\", args.skb, args.skb.len, 0); @[$r] = count() }",
                               {"-c", send(5, 4711)});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@[0]: "));
  std::vector<std::string> ours;
  for (const std::string &packet : packets_of(file("all.pcap")))
    if (packet.size() >= 28 && packet[0] == 0x45 && packet[9] == 17 && packet[22] == (4711 >> 8) &&
        static_cast<uint8_t>(packet[23]) == (4711 & 255))
      ours.push_back(packet.substr(28));
  EXPECT_THAT(ours, testing::ElementsAre("packet-1", "packet-2", "packet-3", "packet-4", "packet-5"));
}

TEST_F(PacketsTest, tcpdump_reads_them) {
  if (access("/usr/bin/tcpdump", X_OK) != 0)
    GTEST_SKIP() << "there is no tcpdump";
  run_script("fentry:ip_rcv { skboutput(\"" + file("dump.pcap") + "\", args.skb, args.skb.len, 0) }",
             {"-c", send(2, 4712)});
  Outcome outcome = run_script("BEGIN { system(\"/usr/bin/tcpdump -Z root -n -r " + file("dump.pcap") +
                                   " udp port 4712 2>&1\"); exit() }",
                               {"--unsafe", "-q"});
  EXPECT_THAT(outcome.out, HasSubstr("127.0.0.1.4712: UDP, length 8\n")) << outcome;
}

// A script that leaves out the beginning commonly still says the whole length.
TEST_F(PacketsTest, can_leave_out_their_beginning) {
  Outcome outcome = run_script("fentry:ip_rcv { skboutput(\"" + file("a.pcap") + "\", args.skb, args.skb.len, 28); " +
                                   "skboutput(\"" + file("b.pcap") + "\", args.skb, 3, 28) }",
                               {"-c", send(1, 4713)});
  EXPECT_THAT(packets_of(file("a.pcap")), testing::Contains("packet-1")) << outcome;
  EXPECT_THAT(packets_of(file("b.pcap")), testing::Contains("pac")) << outcome;
}

TEST_F(PacketsTest, a_packet_before_an_exit_is_there) {
  Outcome outcome =
      run_script("fentry:ip_rcv { skboutput(\"" + file("one.pcap") + "\", args.skb, args.skb.len, 0); exit() }",
                 {"-c", send(1, 4714)});
  EXPECT_FALSE(packets_of(file("one.pcap")).empty()) << outcome;
}

TEST_F(PacketsTest, a_file_that_cannot_be_made_is_an_error) {
  Outcome outcome = run_script("fentry:ip_rcv { skboutput(\"/nowhere/at/all.pcap\", args.skb, 1, 0) }");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/at/all.pcap"));
}

TEST_F(PacketsTest, a_full_disk_is_an_error) {
  Outcome outcome =
      run_script("fentry:ip_rcv { skboutput(\"/dev/full\", args.skb, args.skb.len, 0) }", {"-c", send(3, 4715)});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace sonde::test
