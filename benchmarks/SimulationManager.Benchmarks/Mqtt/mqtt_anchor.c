// The anchor of the MQTT benchmarks: bare loops on libmosquitto, and one on sockets.
//   publish HOST PORT QOS AGENTS MESSAGES BYTES PROPERTIES   MESSAGES of BYTES bytes for each of AGENTS topics over one connection;
//                                                            prints the time of the first, nanoseconds since 1970, and at the end
//                                                            the processor time used, in microseconds
//   fleet PORT AGENTS MESSAGES BYTES RATE                    a connection of its own for each of AGENTS on this machine, and MESSAGES of BYTES bytes
//                                                            with user properties from each, quality of service 0, evenly spread at RATE messages
//                                                            a second in all: what a system call for each message costs, and no more
//   listen HOST PORT COUNT TOPIC                             prints "ready", and after COUNT messages, or a signal to end:
//                                                            messages, time of the first and of the last, and the microseconds from
//                                                            the user property "stamp" to here: median, 99 %, greatest
#include <arpa/inet.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LATENCIES = 4 << 20, MAX_BYTES = 1 << 20, MAX_TOPIC = 100 };

static volatile sig_atomic_t stopped;
static int acknowledged;
static bool connected, subscribed;
static int64_t received, first, last;
static uint32_t *latencies;
static int64_t measured;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void check(int result, const char *what)
{
    if (result == MOSQ_ERR_SUCCESS) return;
    fprintf(stderr, "%s: %s\n", what, mosquitto_strerror(result));
    exit(1);
}

static void on_connect(struct mosquitto *client, void *state, int result, int flags, const mosquitto_property *properties)
{
    check(result, "connect");
    connected = true;
}

static void on_publish(struct mosquitto *client, void *state, int id, int reason, const mosquitto_property *properties) { acknowledged++; }

static void on_subscribe(struct mosquitto *client, void *state, int id, int count, const int *granted) { subscribed = true; }

static void on_message(struct mosquitto *client, void *state, const struct mosquitto_message *message, const mosquitto_property *properties)
{
    last = now_ns();
    if (received++ == 0) first = last;
    char *name, *value;
    for (const mosquitto_property *property = mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false); property;
         property = mosquitto_property_read_string_pair(property, MQTT_PROP_USER_PROPERTY, &name, &value, true)) {
        if (measured < MAX_LATENCIES && strcmp(name, "stamp") == 0) {
            int64_t latency = (last - strtoll(value, NULL, 10)) / 1000;
            latencies[measured++] = latency < 0 ? 0 : latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
        }
        free(name);
        free(value);
    }
}

static void on_signal(int signal) { stopped = 1; }

static int ascending(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static struct mosquitto *connect_to(const char *host, int port)
{
    struct mosquitto *client = mosquitto_new(NULL, true, NULL);
    check(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), "protocol");
    check(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1), "option");
    mosquitto_connect_v5_callback_set(client, on_connect);
    mosquitto_publish_v5_callback_set(client, on_publish);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_v5_callback_set(client, on_message);
    check(mosquitto_connect(client, host, port, 60), "connect");
    while (!connected) check(mosquitto_loop(client, 1000, 1), "loop");
    return client;
}

static void publish(struct mosquitto *client, const char *topic, int bytes, const void *payload, int quality, bool with_properties, int sequence)
{
    mosquitto_property *properties = NULL;
    if (with_properties) {
        char digits[24];
        snprintf(digits, sizeof digits, "%" PRId64, now_ns());
        mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, "stamp", digits);
        snprintf(digits, sizeof digits, "%d", sequence);
        mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, "seq", digits);
    }
    check(mosquitto_publish_v5(client, NULL, topic, bytes, payload, quality, false, properties), "publish");
    mosquitto_property_free_all(&properties);
}

static int publish_all(const char *host, int port, int quality, int agents, int messages, int bytes, bool with_properties)
{
    // The broker says how many may be on their way; the library keeps to it, and would hold all others in memory.
    enum { WINDOW = 1024 };
    char (*topics)[MAX_TOPIC] = calloc(agents, MAX_TOPIC), (*lasts)[MAX_TOPIC] = calloc(agents, MAX_TOPIC);
    static char payload[MAX_BYTES];
    for (int agent = 0; agent < agents; agent++) {
        snprintf(topics[agent], MAX_TOPIC, "fleet/7/instance-7-%d/m/numbers", agent + 1);
        snprintf(lasts[agent], MAX_TOPIC, "fleet/7/instance-7-%d/m/last", agent + 1);
    }
    struct mosquitto *client = connect_to(host, port);
    printf("%" PRId64 "\n", now_ns());
    fflush(stdout);
    int sent = 0;
    for (int message = 0; message < messages; message++) {
        for (int agent = 0; agent < agents; agent++) {
            publish(client, message == messages - 1 ? lasts[agent] : topics[agent], bytes, payload, quality, with_properties, message);
            sent++;
            while (mosquitto_want_write(client) || (quality > 0 && sent - acknowledged >= WINDOW)) check(mosquitto_loop(client, 1000, 1), "loop");
        }
    }
    while (mosquitto_want_write(client) || (quality > 0 && acknowledged < sent)) check(mosquitto_loop(client, 1000, 1), "loop");
    check(mosquitto_disconnect(client), "disconnect");
    printf("%" PRId64 "\n", (int64_t)clock() * 1000000 / CLOCKS_PER_SEC);
    return 0;
}

static unsigned char *put_text(unsigned char *at, const char *text)
{
    size_t length = strlen(text);
    *at++ = length >> 8;
    *at++ = length & 0xFF;
    return memcpy(at, text, length) + length;
}

static unsigned char *put_property(unsigned char *at, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    *at++ = MQTT_PROP_USER_PROPERTY;
    return put_text(put_text(at, name), digits);
}

static unsigned char *put_length(unsigned char *at, size_t length)
{
    for (; length >= 0x80; length >>= 7) *at++ = length | 0x80;
    *at++ = length;
    return at;
}

static void check_call(bool succeeded, const char *what)
{
    if (succeeded) return;
    perror(what);
    exit(1);
}

static int connect_agent(int port, int agent)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    unsigned char packet[64] = { 0x10 }, answer[256];
    char name[32];
    snprintf(name, sizeof name, "anchor-%d", agent);
    unsigned char *at = put_text(packet + 2, "MQTT");
    *at++ = 5;
    *at++ = 2;
    *at++ = 0;
    *at++ = 60;
    *at++ = 0;
    at = put_text(at, name);
    packet[1] = at - packet - 2;
    int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    check_call(connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check_call(send(connection, packet, at - packet, 0) == at - packet && recv(connection, answer, sizeof answer, 0) > 3 && answer[0] == 0x20 && answer[3] == 0, "the broker's answer");
    return connection;
}

static int run_fleet(int port, int agents, int messages, int bytes, double rate)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int *connections = calloc(agents, sizeof *connections);
    for (int agent = 0; agent < agents; agent++) connections[agent] = connect_agent(port, agent);
    unsigned char *packet = calloc(1, MAX_TOPIC + 256 + bytes);
    int64_t start = now_ns() + 1000000;
    printf("%" PRId64 "\n", start);
    fflush(stdout);
    for (int64_t number = 0; number < (int64_t)agents * messages; number++) {
        int64_t due = start + (int64_t)(number * 1e9 / rate);
        struct timespec until = { due / 1000000000, due % 1000000000 };
        if (due > now_ns()) clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
        int agent = number % agents, message = number / agents;
        char topic[MAX_TOPIC];
        snprintf(topic, sizeof topic, "fleet/7/instance-7-%d/m/%s", agent + 1, message == messages - 1 ? "last" : "numbers");
        unsigned char body[MAX_TOPIC + 256], properties[200], *end = properties;
        *end++ = MQTT_PROP_USER_PROPERTY;
        end = put_property(put_property(put_text(put_text(end, "type"), "benchmark_msgs/msg/Stamped"), "stamp", due), "seq", message);
        unsigned char *at = put_length(put_text(body, topic), end - properties);
        at = memcpy(at, properties, end - properties) + (end - properties);
        packet[0] = 0x30;
        unsigned char *last_byte = put_length(packet + 1, at - body + bytes);
        last_byte = memcpy(last_byte, body, at - body) + (at - body);
        memset(last_byte, 0, bytes);
        size_t length = last_byte + bytes - packet;
        check_call(send(connections[agent], packet, length, MSG_NOSIGNAL) == (ssize_t)length, "send");
    }
    printf("%" PRId64 "\n", (int64_t)clock() * 1000000 / CLOCKS_PER_SEC);
    fflush(stdout);
    // The connections stay until the subscriber has got all.
    while (!stopped) pause();
    return 0;
}

static int listen_to(const char *host, int port, int64_t count, const char *topic)
{
    latencies = malloc(MAX_LATENCIES * sizeof *latencies);
    struct mosquitto *client = connect_to(host, port);
    check(mosquitto_subscribe(client, NULL, topic, 0), "subscribe");
    while (!subscribed) check(mosquitto_loop(client, 1000, 1), "loop");
    printf("ready\n");
    fflush(stdout);
    while (!stopped && received < count) check(mosquitto_loop(client, 100, 1), "loop");
    qsort(latencies, measured, sizeof *latencies, ascending);
    printf("%" PRId64 " %" PRId64 " %" PRId64, received, first, last);
    if (measured > 0) printf(" %u %u %u", latencies[measured / 2], latencies[measured * 99 / 100], latencies[measured - 1]);
    else printf(" 0 0 0");
    printf("\n");
    return 0;
}

int main(int count, char **args)
{
    signal(SIGTERM, on_signal);
    mosquitto_lib_init();
    if (count == 9 && strcmp(args[1], "publish") == 0)
        return publish_all(args[2], atoi(args[3]), atoi(args[4]), atoi(args[5]), atoi(args[6]), atoi(args[7]), atoi(args[8]) != 0);
    if (count == 7 && strcmp(args[1], "fleet") == 0) return run_fleet(atoi(args[2]), atoi(args[3]), atoi(args[4]), atoi(args[5]), atof(args[6]));
    if (count == 6 && strcmp(args[1], "listen") == 0) return listen_to(args[2], atoi(args[3]), atoll(args[4]), args[5]);
    fprintf(stderr, "see the head of the source\n");
    return 2;
}
