using SimulationManager.Benchmarks;
using SimulationManager.Benchmarks.ApiLoad;
using SimulationManager.Benchmarks.Dds;
using SimulationManager.Benchmarks.Mqtt;
using SimulationManager.Benchmarks.Pods;

return args switch
{
    ["read-speed", .. var rest] => ReadSpeed.Run(rest),
    ["mcap-speed", .. var rest] => McapSpeed.Run(rest),
    ["messages", .. var rest] => MessageSpeed.Run(rest),
    ["generate", .. var rest] => GenerateSpeed.Run(rest),
    ["system", .. var rest] => await WholeSystem.RunAsync(rest),
    ["first-message", .. var rest] => await FirstMessage.RunAsync(rest),
    ["failover", .. var rest] => await Failover.RunAsync(rest),
    ["capacity", .. var rest] => await CapacityModel.RunAsync(rest),
    ["api", .. var rest] => await ApiRequests.RunAsync(rest),
    ["upload", .. var rest] => await LargeUpload.RunAsync(rest),
    ["viewers", .. var rest] => await Viewers.RunAsync(rest),
    ["fleet-view", .. var rest] => await FleetViewers.RunAsync(rest),
    ["console", .. var rest] => await ConsoleSpeed.RunAsync(rest),
    ["dds", .. var rest] => await DdsSpeed.RunAsync(rest),
    ["dds-fleet", .. var rest] => await DdsFleet.RunAsync(rest),
    ["mqtt-fleet", .. var rest] => await MqttFleet.RunAsync(rest),
    ["mqtt", .. var rest] => await MqttSpeed.RunAsync(rest),
    ["pods", .. var rest] => await PodResources.RunAsync(rest),
    [var name, .. var rest] when ReplayCase.All.FirstOrDefault(load => load.Name == name) is { } load => await ReplayEngineOnly.RunAsync(load, rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project benchmarks/SimulationManager.Benchmarks -- COMMAND
          read-speed [MEGABYTES=1024] [MESSAGE_BYTES=1024] [ROUNDS=5]   the reader against a bare SQLite loop over the same file
          mcap-speed [MEGABYTES=1024] [MESSAGE_BYTES=1024] [lz4|zstd|none] [ROUNDS=5]   the MCAP reader against a bare loop that decompresses and walks the same chunks
          messages [ROUNDS=5]                                           JSON, CBOR, rewriting and reading of recorded messages, on one core
          generate [SECONDS=600]                                        how long it takes to generate a robot recording
          replay-1000 [SECONDS=30]                                      the engine alone: 1,000 robots of 230 messages/s
          replay-10000 [SECONDS=30]                                     the engine alone: 10,000 agents of 20 messages/s
          replay-dense [SECONDS=30]                                     the engine alone: one agent of 20,000 messages/s, five splits
          replay-drift [SECONDS=600]                                    the engine alone: ten robots for ten minutes
          system [AGENTS=5000] [SECONDS=20] [BAG=replay-10000]          a whole worker on real servers: start, play, stop
          first-message [MEGABYTES=1024] [MESSAGE_BYTES=1024] [ROUNDS=5]   how long agents wait for a bag in object storage, with and without its index
          failover [AGENTS=5000]                                        agents move to a worker that joins, then the coordinator's worker is killed
          capacity [AGENTS=100000] [NODES=50] [RATE=230] [CORES=4] [BAG_MIB=1024]   what a message and an agent cost here, and what saturates first
          api [SECONDS=10] [CALL]                                       the API's hot calls on a database of years, or those whose name begins so (needs h2load, Debian's nghttp2-client)
          upload [MEGABYTES=2048]                                       the API's memory while a big bag is uploaded
          viewers [VIEWERS=50] [AGENTS=1000] [SECONDS=20]               WebSocket clients that watch a run: engine lateness with and without, due to received, the API's processor time
          fleet-view [AGENTS=1000] [SECONDS=20] [VIEWERS=10]            WebSocket clients that watch where all agents are: messages/s, age of positions, engine lateness with and without
          console [AGENTS=1000] [SECONDS=20] [ROUNDS=3]                 the published web console in a browser: visits, age of positions on the screen, frames/s (needs chromium-headless-shell)
          dds [MESSAGES=200000] [ROUNDS=5] [AGENTS=100]                 what reaches a subscriber over DDS, beside a bare C loop and ddsperf (needs cyclonedds-dev, cyclonedds-tools and gcc)
          dds-fleet [AGENTS=1000] [RATE=20] [SECONDS=10]                agents as nodes in a DDS domain: due to received, engine lateness, discovery (needs cyclonedds-dev and gcc)
          mqtt [MESSAGES=200000] [ROUNDS=5]                             what reaches a local broker, beside a bare C loop (needs mosquitto, libmosquitto-dev and gcc)
          mqtt-fleet [AGENTS=5000] [SECONDS=10] [RATE=50000]            agents with a connection each: connecting, memory, due to received, engine lateness
          pods [ROUNDS=3] [SECONDS=30]                                  processor and memory of each pod's process: start, rest, tour, agents (needs redis-server and PostgreSQL)
        """);
    return 2;
}
