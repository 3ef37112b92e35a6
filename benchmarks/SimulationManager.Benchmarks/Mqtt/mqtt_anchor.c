// The anchor of the MQTT benchmarks: bare loops on libmosquitto.
//   publish HOST PORT QOS AGENTS MESSAGES BYTES PROPERTIES   MESSAGES of BYTES bytes for each of AGENTS topics over one connection;
//                                                            prints the time of the first, nanoseconds since 1970, and at the end
//                                                            the processor time used, in microseconds
//   listen HOST PORT COUNT TOPIC                             prints "ready", and after COUNT messages, or a signal to end:
//                                                            messages, time of the first and of the last, and the microseconds from
//                                                            the user property "stamp" to here: median, 99 %, greatest
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
        snprintf(topics[agent], MAX_TOPIC, "fleet/7/instance-7-%d/numbers", agent + 1);
        snprintf(lasts[agent], MAX_TOPIC, "fleet/7/instance-7-%d/last", agent + 1);
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
    if (count == 6 && strcmp(args[1], "listen") == 0) return listen_to(args[2], atoi(args[3]), atoll(args[4]), args[5]);
    fprintf(stderr, "see the head of the source\n");
    return 2;
}
