/* Listens to all ROS topics of a DDS domain, as a recorder does, and prints what it finds, one line each:
     P <writer> <participant> <topic> <type> <reliable> <transient local> <keep all or depth> <user data, or ->
     G <writer>                      a writer that is gone
     M <topic> <payload in hex>
   It knows no types: payloads are taken as they come. Argument: the domain. Ends with its input.
   For measurements: with "count" after the domain nothing of this is printed, messages are counted, and at its end it says
     C <messages> <nanoseconds between the first and the last>
   with "time" it also says how long they took since the stamp that they begin with, in microseconds:
     T <median> <99 %> <greatest>
   and with "publish TOPICS MESSAGES BYTES RELIABLE RATE" it writes itself, once each topic has a subscriber: RATE messages a second, evenly spread, with the
   time when they are due as their stamp; 0: as fast as it can, and packed as agents pack them.
   With "talk TOPIC TYPE RELIABLE TRANSIENT" (names of DDS) it writes each line of its input, a payload in hex, to that topic, from its first subscriber on
   unless it is transient local, says "talking" once it is there, and ends with its input once all is acknowledged. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dds/dds.h"
#include "dds/ddsi/ddsi_serdata.h"
#include "dds/ddsi/ddsi_sertype.h"
#include "dds/ddsi/q_radmin.h"

#define MAX_READERS 20000
#define MAX_TIMES (1 << 22)
#define PACKED 256

struct raw { struct ddsi_serdata c; size_t size; unsigned char data[]; };
struct reader { dds_entity_t handle; char *topic; };

static struct reader readers[MAX_READERS];
static int reader_count;
static bool is_counting;
static long counted, timed;
static dds_time_t first, last;
static uint32_t *times;

static struct raw *raw_new(const struct ddsi_sertype *type, enum ddsi_serdata_kind kind, size_t size)
{
  struct raw *d = malloc(sizeof *d + size + 4);
  memset(d, 0, sizeof *d);
  ddsi_serdata_init(&d->c, type, kind);
  d->size = size;
  memset(d->data + size, 0, 4);
  return d;
}
static bool raw_eqkey(const struct ddsi_serdata *a, const struct ddsi_serdata *b) { (void)a; (void)b; return true; }
static uint32_t raw_size(const struct ddsi_serdata *d) { return (uint32_t)((const struct raw *)d)->size; }
static struct ddsi_serdata *raw_from_ser(const struct ddsi_sertype *type, enum ddsi_serdata_kind kind, const struct nn_rdata *fragment, size_t size)
{
  struct raw *d = raw_new(type, kind, size);
  uint32_t offset = 0;
  for (; fragment; fragment = fragment->nextfrag)
  {
    if (fragment->maxp1 <= offset) continue;
    const unsigned char *payload = NN_RMSG_PAYLOADOFF(fragment->rmsg, NN_RDATA_PAYLOAD_OFF(fragment));
    memcpy(d->data + offset, payload + offset - fragment->min, fragment->maxp1 - offset);
    offset = fragment->maxp1;
  }
  return &d->c;
}
static struct ddsi_serdata *raw_from_iov(const struct ddsi_sertype *type, enum ddsi_serdata_kind kind, ddsrt_msg_iovlen_t n, const ddsrt_iovec_t *iov, size_t size)
{
  struct raw *d = raw_new(type, kind, size);
  size_t offset = 0;
  for (ddsrt_msg_iovlen_t i = 0; i < n; i++)
  {
    memcpy(d->data + offset, iov[i].iov_base, iov[i].iov_len);
    offset += iov[i].iov_len;
  }
  return &d->c;
}
static struct ddsi_serdata *raw_from_keyhash(const struct ddsi_sertype *type, const struct ddsi_keyhash *hash) { (void)hash; return &raw_new(type, SDK_KEY, 0)->c; }
static struct ddsi_serdata *raw_from_sample(const struct ddsi_sertype *type, enum ddsi_serdata_kind kind, const void *sample) { (void)sample; return &raw_new(type, kind, 0)->c; }
static void raw_to_ser(const struct ddsi_serdata *d, size_t offset, size_t size, void *target) { memcpy(target, ((const struct raw *)d)->data + offset, size); }
static struct ddsi_serdata *raw_to_ser_ref(const struct ddsi_serdata *d, size_t offset, size_t size, ddsrt_iovec_t *ref)
{
  ref->iov_base = ((struct raw *)d)->data + offset;
  ref->iov_len = size;
  return ddsi_serdata_ref(d);
}
static void raw_to_ser_unref(struct ddsi_serdata *d, const ddsrt_iovec_t *ref) { (void)ref; ddsi_serdata_unref(d); }
static bool raw_to_sample(const struct ddsi_serdata *d, void *sample, void **bufptr, void *buflim) { (void)d; (void)sample; (void)bufptr; (void)buflim; return true; }
static struct ddsi_serdata *raw_to_untyped(const struct ddsi_serdata *d)
{
  struct raw *untyped = raw_new(d->type, SDK_KEY, 0);
  untyped->c.type = NULL;
  return &untyped->c;
}
static bool raw_untyped_to_sample(const struct ddsi_sertype *type, const struct ddsi_serdata *d, void *sample, void **bufptr, void *buflim) { (void)type; return raw_to_sample(d, sample, bufptr, buflim); }
static void raw_free(struct ddsi_serdata *d) { free(d); }
static size_t raw_print(const struct ddsi_sertype *type, const struct ddsi_serdata *d, char *buf, size_t size) { (void)type; (void)d; if (size > 0) buf[0] = 0; return 0; }
static void raw_keyhash(const struct ddsi_serdata *d, struct ddsi_keyhash *hash, bool md5) { (void)d; (void)md5; memset(hash, 0, sizeof *hash); }

static const struct ddsi_serdata_ops serdata_ops = {
  .eqkey = raw_eqkey, .get_size = raw_size, .from_ser = raw_from_ser, .from_ser_iov = raw_from_iov, .from_keyhash = raw_from_keyhash, .from_sample = raw_from_sample,
  .to_ser = raw_to_ser, .to_ser_ref = raw_to_ser_ref, .to_ser_unref = raw_to_ser_unref, .to_sample = raw_to_sample, .to_untyped = raw_to_untyped,
  .untyped_to_sample = raw_untyped_to_sample, .free = raw_free, .print = raw_print, .get_keyhash = raw_keyhash,
};

static void type_free(struct ddsi_sertype *type) { ddsi_sertype_fini(type); free(type); }
static void type_zero(const struct ddsi_sertype *type, void *samples, size_t count) { (void)type; (void)samples; (void)count; }
static void type_realloc(void **ptrs, const struct ddsi_sertype *type, void *old, size_t oldcount, size_t count) { (void)ptrs; (void)type; (void)old; (void)oldcount; (void)count; }
static void type_free_samples(const struct ddsi_sertype *type, void **ptrs, size_t count, dds_free_op_t op) { (void)type; (void)ptrs; (void)count; (void)op; }
static bool type_equal(const struct ddsi_sertype *a, const struct ddsi_sertype *b) { (void)a; (void)b; return true; }
static uint32_t type_hash(const struct ddsi_sertype *type) { (void)type; return 0; }

static const struct ddsi_sertype_ops sertype_ops = {
  .version = ddsi_sertype_v0, .free = type_free, .zero_samples = type_zero, .realloc_samples = type_realloc, .free_samples = type_free_samples, .equal = type_equal, .hash = type_hash,
};

static void check(int result, const char *what)
{
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, dds_strretcode(result));
  exit(1);
}

static void print_id(const dds_guid_t *id)
{
  for (int i = 0; i < 16; i++) printf("%02x", id->v[i]);
}

static void note(const struct raw *d)
{
  last = dds_time();
  if (counted++ == 0) first = last;
  if (times == NULL || timed == MAX_TIMES) return;
  int32_t seconds;
  uint32_t nanoseconds;
  memcpy(&seconds, d->data + 4, 4);
  memcpy(&nanoseconds, d->data + 8, 4);
  dds_time_t took = last - DDS_SECS((dds_time_t)seconds) - nanoseconds;
  times[timed++] = took < 0 ? 0 : (uint32_t)(took / 1000);
}

/* Counts what is there when it comes, and not with the next turn. */
static void on_data(dds_entity_t handle, void *argument)
{
  (void)argument;
  struct ddsi_serdata *samples[64];
  dds_sample_info_t infos[64];
  int n;
  while ((n = dds_takecdr(handle, samples, 64, infos, DDS_ANY_STATE)) > 0)
  {
    for (int i = 0; i < n; i++)
    {
      if (infos[i].valid_data) note((const struct raw *)samples[i]);
      ddsi_serdata_unref(samples[i]);
    }
  }
}

static int ascending(const void *one, const void *other)
{
  const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
  return (a > b) - (a < b);
}

static void subscribe(dds_entity_t participant, const char *topic, const char *type, bool reliable, bool transient)
{
  for (int i = 0; i < reader_count; i++)
  {
    if (strcmp(readers[i].topic, topic) == 0) return;
  }
  if (reader_count == MAX_READERS) return;
  struct ddsi_sertype *sertype = calloc(1, sizeof *sertype);
  ddsi_sertype_init(sertype, type, &sertype_ops, &serdata_ops, true);
  sertype->allowed_data_representation = DDS_DATA_REPRESENTATION_FLAG_XCDR1;
  dds_entity_t handle = dds_create_topic_sertype(participant, topic, &sertype, NULL, NULL, NULL);
  check(handle, topic);
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, reliable ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT, DDS_INFINITY);
  dds_qset_durability(qos, transient ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  dds_qset_history(qos, DDS_HISTORY_KEEP_ALL, DDS_LENGTH_UNLIMITED);
  readers[reader_count].topic = strdup(topic);
  dds_listener_t *listener = is_counting ? dds_create_listener(NULL) : NULL;
  if (listener != NULL) dds_lset_data_available(listener, on_data);
  readers[reader_count].handle = dds_create_reader(participant, handle, qos, listener);
  dds_delete_listener(listener);
  check(readers[reader_count].handle, topic);
  reader_count++;
  dds_delete_qos(qos);
}

static void find_writers(dds_entity_t participant, dds_entity_t publications)
{
  void *samples[64] = { NULL };
  dds_sample_info_t infos[64];
  int count = dds_take(publications, samples, infos, 64, 64);
  check(count, "publications");
  for (int i = 0; i < count; i++)
  {
    const dds_builtintopic_endpoint_t *found = samples[i];
    if (!infos[i].valid_data)
    {
      if (is_counting) continue;
      printf("G ");
      print_id(&found->key);
      printf("\n");
      continue;
    }
    if (strncmp(found->topic_name, "rt/", 3) != 0 && (is_counting || strcmp(found->topic_name, "ros_discovery_info") != 0)) continue;
    dds_reliability_kind_t reliability = DDS_RELIABILITY_BEST_EFFORT;
    dds_durability_kind_t durability = DDS_DURABILITY_VOLATILE;
    dds_history_kind_t history = DDS_HISTORY_KEEP_LAST;
    int32_t depth = 1;
    void *data = NULL;
    size_t length = 0;
    dds_qget_reliability(found->qos, &reliability, NULL);
    dds_qget_durability(found->qos, &durability);
    dds_qget_history(found->qos, &history, &depth);
    dds_qget_userdata(found->qos, &data, &length);
    if (!is_counting)
    {
      printf("P ");
      print_id(&found->key);
      printf(" ");
      print_id(&found->participant_key);
      printf(" %s %s %d %d %d %.*s\n", found->topic_name, found->type_name, reliability == DDS_RELIABILITY_RELIABLE, durability != DDS_DURABILITY_VOLATILE,
        history == DDS_HISTORY_KEEP_ALL ? -1 : depth, length > 0 ? (int)length : 1, length > 0 ? (const char *)data : "-");
    }
    dds_free(data);
    subscribe(participant, found->topic_name, found->type_name, reliability == DDS_RELIABILITY_RELIABLE, durability != DDS_DURABILITY_VOLATILE);
  }
  if (count > 0) dds_return_loan(publications, samples, count);
}

static void take(const struct reader *reader)
{
  struct ddsi_serdata *samples[256];
  dds_sample_info_t infos[256];
  int count;
  while ((count = dds_takecdr(reader->handle, samples, 256, infos, DDS_ANY_STATE)) > 0)
  {
    for (int i = 0; i < count; i++)
    {
      if (infos[i].valid_data)
      {
        const struct raw *d = (const struct raw *)samples[i];
        printf("M %s ", reader->topic);
        for (size_t k = 0; k < d->size; k++) printf("%02x", d->data[k]);
        printf("\n");
      }
      ddsi_serdata_unref(samples[i]);
    }
  }
}

static int publish(dds_entity_t participant, int topics, int messages, size_t bytes, bool reliable, double rate)
{
  if (rate == 0) dds_write_set_batch(true);
  dds_entity_t *writers = calloc((size_t)topics, sizeof *writers);
  struct ddsi_sertype **types = calloc((size_t)topics, sizeof *types);
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, reliable ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT, DDS_SECS(1));
  if (reliable) dds_qset_history(qos, DDS_HISTORY_KEEP_ALL, DDS_LENGTH_UNLIMITED);
  else dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, 1);
  for (int i = 0; i < topics; i++)
  {
    char name[64];
    snprintf(name, sizeof name, "rt/c_%d/numbers", i);
    types[i] = calloc(1, sizeof **types);
    ddsi_sertype_init(types[i], "benchmark_msgs::msg::dds_::Stamped_", &sertype_ops, &serdata_ops, true);
    types[i]->allowed_data_representation = DDS_DATA_REPRESENTATION_FLAG_XCDR1;
    dds_entity_t topic = dds_create_topic_sertype(participant, name, &types[i], NULL, NULL, NULL);
    check(topic, name);
    writers[i] = dds_create_writer(participant, topic, qos, NULL);
    check(writers[i], name);
  }
  for (int i = 0; i < topics; i++)
  {
    while (dds_get_matched_subscriptions(writers[i], NULL, 0) < 1) dds_sleepfor(DDS_MSECS(2));
  }
  // As agents do: the only instance stays.
  dds_instance_handle_t instance;
  check(dds_register_instance(writers[0], &instance, ""), "instance");
  const dds_time_t begin = dds_time();
  for (int k = 0; k < messages; k++)
  {
    const dds_time_t due = rate == 0 ? begin : begin + (dds_time_t)(k * 1e9 / rate), now = dds_time();
    if (due > now) dds_sleepfor(due - now);
    struct raw *d = raw_new(types[k % topics], SDK_DATA, bytes);
    memset(d->data, 0, bytes);
    d->data[1] = 1;
    memcpy(d->data + 4, &(int32_t){ (int32_t)(due / DDS_NSECS_IN_SEC) }, 4);
    memcpy(d->data + 8, &(uint32_t){ (uint32_t)(due % DDS_NSECS_IN_SEC) }, 4);
    check(dds_writecdr(writers[k % topics], &d->c), "write");
    if (rate != 0 || ((k + 1) % PACKED != 0 && k + 1 < messages)) continue;
    for (int i = k / PACKED * PACKED; i <= k && i < k / PACKED * PACKED + topics; i++) dds_write_flush(writers[i % topics]);
  }
  for (int i = 0; i < topics; i++) check(dds_wait_for_acks(writers[i], DDS_SECS(30)), "acknowledgements");
  dds_delete(participant);
  return 0;
}

static int talk(dds_entity_t participant, const char *name, const char *type_name, bool reliable, bool transient)
{
  static char line[4 * 1024 * 1024];
  struct ddsi_sertype *type = calloc(1, sizeof *type);
  ddsi_sertype_init(type, type_name, &sertype_ops, &serdata_ops, true);
  type->allowed_data_representation = DDS_DATA_REPRESENTATION_FLAG_XCDR1;
  dds_entity_t topic = dds_create_topic_sertype(participant, name, &type, NULL, NULL, NULL);
  check(topic, name);
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, reliable ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT, DDS_SECS(10));
  dds_qset_durability(qos, transient ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  dds_qset_history(qos, DDS_HISTORY_KEEP_ALL, DDS_LENGTH_UNLIMITED);
  if (transient) dds_qset_durability_service(qos, 0, DDS_HISTORY_KEEP_ALL, DDS_LENGTH_UNLIMITED, DDS_LENGTH_UNLIMITED, DDS_LENGTH_UNLIMITED, DDS_LENGTH_UNLIMITED);
  dds_entity_t writer = dds_create_writer(participant, topic, qos, NULL);
  check(writer, name);
  printf("talking\n");
  fflush(stdout);
  while (!transient && dds_get_matched_subscriptions(writer, NULL, 0) < 1) dds_sleepfor(DDS_MSECS(2));
  while (fgets(line, sizeof line, stdin))
  {
    size_t size = strcspn(line, "\n") / 2;
    struct raw *d = raw_new(type, SDK_DATA, size);
    for (size_t i = 0; i < size; i++)
    {
      unsigned byte;
      sscanf(line + 2 * i, "%2x", &byte);
      d->data[i] = (unsigned char)byte;
    }
    check(dds_writecdr(writer, &d->c), "write");
  }
  while (dds_get_matched_subscriptions(writer, NULL, 0) < 1) dds_sleepfor(DDS_MSECS(2));
  if (reliable) check(dds_wait_for_acks(writer, DDS_SECS(30)), "acknowledgements");
  dds_delete(participant);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc < 2) return 2;
  dds_entity_t participant = dds_create_participant((dds_domainid_t)atoi(argv[1]), NULL, NULL);
  check(participant, "participant");
  if (argc > 7 && strcmp(argv[2], "publish") == 0) return publish(participant, atoi(argv[3]), atoi(argv[4]), (size_t)atol(argv[5]), atoi(argv[6]) != 0, atof(argv[7]));
  if (argc > 6 && strcmp(argv[2], "talk") == 0) return talk(participant, argv[3], argv[4], atoi(argv[5]) != 0, atoi(argv[6]) != 0);
  if (argc > 2 && strcmp(argv[2], "time") == 0) times = malloc(MAX_TIMES * sizeof *times);
  is_counting = times != NULL || (argc > 2 && strcmp(argv[2], "count") == 0);
  dds_entity_t publications = dds_create_reader(participant, DDS_BUILTIN_TOPIC_DCPSPUBLICATION, NULL, NULL);
  check(publications, "publications");
  printf("listening\n");
  fflush(stdout);
  for (;;)
  {
    struct pollfd input = { .fd = 0, .events = POLLIN };
    char byte;
    if (poll(&input, 1, 2) > 0 && read(0, &byte, 1) <= 0) break;
    find_writers(participant, publications);
    for (int i = 0; !is_counting && i < reader_count; i++) take(&readers[i]);
    fflush(stdout);
  }
  if (is_counting) printf("C %ld %lld\n", counted, (long long)(last - first));
  if (timed > 0)
  {
    qsort(times, (size_t)timed, sizeof *times, ascending);
    printf("T %u %u %u\n", times[timed / 2], times[(long)((double)timed * 0.99)], times[timed - 1]);
  }
  dds_delete(participant);
  return 0;
}
