// The same as listener.c with Fast DDS, as another vendor: prints writers that it finds (P), those that are gone (G) and messages (M). Ends with its input.
#include <poll.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/domain/DomainParticipantListener.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <fastrtps/utils/IPLocator.h>

using namespace eprosima::fastdds::dds;
using namespace eprosima::fastrtps::rtps;

typedef std::vector<unsigned char> Payload;

// Payloads are taken as they come. The size is that of the longest one that the tests send.
class RawType : public TopicDataType
{
public:
  explicit RawType(const std::string &name)
  {
    setName(name.c_str());
    m_typeSize = 2000000;
    m_isGetKeyDefined = false;
    auto_fill_type_object(false);
    auto_fill_type_information(false);
  }
  bool serialize(void *, SerializedPayload_t *) override { return false; }
  bool deserialize(SerializedPayload_t *payload, void *data) override
  {
    static_cast<Payload *>(data)->assign(payload->data, payload->data + payload->length);
    return true;
  }
  std::function<uint32_t()> getSerializedSizeProvider(void *) override { return [] { return 0u; }; }
  void *createData() override { return new Payload; }
  void deleteData(void *data) override { delete static_cast<Payload *>(data); }
  bool getKey(void *, InstanceHandle_t *, bool) override { return false; }
};

struct Found { std::string topic, type; bool reliable, transient; };

static std::mutex mutex;
static std::vector<Found> found;

static std::string hex(const unsigned char *bytes, size_t count)
{
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; i++) text += digits[bytes[i] >> 4], text += digits[bytes[i] & 15];
  return text;
}

static std::string id(const GUID_t &guid) { return hex(guid.guidPrefix.value, 12) + hex(guid.entityId.value, 4); }

class Listener : public DomainParticipantListener
{
  void on_publisher_discovery(DomainParticipant *, WriterDiscoveryInfo &&writer) override
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (writer.status == WriterDiscoveryInfo::REMOVED_WRITER)
    {
      printf("G %s\n", id(writer.info.guid()).c_str());
      return;
    }
    const std::string topic = writer.info.topicName().to_string(), type = writer.info.typeName().to_string();
    if (writer.status != WriterDiscoveryInfo::DISCOVERED_WRITER || (topic.compare(0, 3, "rt/") != 0 && topic != "ros_discovery_info")) return;
    const bool reliable = writer.info.m_qos.m_reliability.kind == RELIABLE_RELIABILITY_QOS;
    const bool transient = writer.info.m_qos.m_durability.kind != VOLATILE_DURABILITY_QOS;
    const std::vector<octet> &data = writer.info.m_qos.m_userData.getValue();
    printf("P %s %s %s %s %d %d 0 %s\n", id(writer.info.guid()).c_str(), id(iHandle2GUID(writer.info.RTPSParticipantKey())).c_str(), topic.c_str(), type.c_str(), reliable, transient,
      data.empty() ? "-" : std::string(data.begin(), data.end()).c_str());
    found.push_back({topic, type, reliable, transient});
  }
};

int main(int argc, char **argv)
{
  if (argc < 2) return 2;
  DomainParticipantQos qos;
  auto udp = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
  udp->interfaceWhiteList.push_back("127.0.0.1");
  qos.transport().use_builtin_transports = false;
  qos.transport().user_transports.push_back(udp);
  Locator_t loopback;
  IPLocator::setIPv4(loopback, 127, 0, 0, 1);
  loopback.port = 0;
  qos.wire_protocol().builtin.initialPeersList.push_back(loopback);
  Listener listener;
  DomainParticipant *participant = DomainParticipantFactory::get_instance()->create_participant(atoi(argv[1]), qos, &listener, StatusMask::none());
  Subscriber *subscriber = participant == nullptr ? nullptr : participant->create_subscriber(SUBSCRIBER_QOS_DEFAULT);
  if (subscriber == nullptr) return 1;
  printf("listening\n");
  fflush(stdout);
  std::map<std::string, DataReader *> readers;
  for (;;)
  {
    struct pollfd input = {0, POLLIN, 0};
    char byte;
    if (poll(&input, 1, 2) > 0 && read(0, &byte, 1) <= 0) break;
    std::vector<Found> latest;
    {
      std::lock_guard<std::mutex> lock(mutex);
      latest.swap(found);
    }
    for (const Found &writer : latest)
    {
      if (readers.count(writer.topic) != 0) continue;
      TypeSupport type(new RawType(writer.type));
      type.register_type(participant);
      DataReaderQos offer = DATAREADER_QOS_DEFAULT;
      offer.reliability().kind = writer.reliable ? RELIABLE_RELIABILITY_QOS : BEST_EFFORT_RELIABILITY_QOS;
      offer.durability().kind = writer.transient ? TRANSIENT_LOCAL_DURABILITY_QOS : VOLATILE_DURABILITY_QOS;
      offer.history().kind = KEEP_ALL_HISTORY_QOS;
      offer.endpoint().history_memory_policy = eprosima::fastrtps::rtps::DYNAMIC_RESERVE_MEMORY_MODE;
      readers[writer.topic] = subscriber->create_datareader(participant->create_topic(writer.topic, writer.type, TOPIC_QOS_DEFAULT), offer);
      if (readers[writer.topic] == nullptr) return 1;
    }
    for (const auto &reader : readers)
    {
      Payload payload;
      SampleInfo info;
      while (reader.second->take_next_sample(&payload, &info) == ReturnCode_t::RETCODE_OK)
      {
        if (!info.valid_data) continue;
        std::lock_guard<std::mutex> lock(mutex);
        printf("M %s %s\n", reader.first.c_str(), hex(payload.data(), payload.size()).c_str());
      }
    }
    fflush(stdout);
  }
  // The system takes back what is open.
  _exit(0);
}
