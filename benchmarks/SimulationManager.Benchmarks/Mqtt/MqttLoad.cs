using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.RosMessages;

namespace SimulationManager.Benchmarks.Mqtt;

/// <summary>What is published by all agents of a measurement.</summary>
/// <param name="Quality">Quality of service.</param>
/// <param name="Agents">Agents, each with topics of its own.</param>
/// <param name="Messages">Messages of each; the last one goes to a topic <c>last</c>.</param>
/// <param name="Bytes">Bytes of a payload.</param>
/// <param name="Properties">Whether messages carry user properties.</param>
internal sealed record MqttLoad(int Quality, int Agents, int Messages, int Bytes, bool Properties)
{
    /// <summary>The topics that the last messages go to.</summary>
    public const string LastTopics = "fleet/7/+/m/last";

    /// <summary>The topics of all messages, without the presence of agents.</summary>
    public const string AllTopics = "fleet/7/+/m/+";

    // What a header with a frame of eight characters takes, so that the rest of a payload is known.
    private const string Definition = "std_msgs/Header header\nuint8[] data\n================================================================================\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n";
    private const string Type = "benchmark_msgs/msg/Stamped";

    public long Total => (long)Agents * Messages;

    /// <summary>Messages at a rate for each agent.</summary>
    /// <param name="perSecond">Messages of an agent in a second.</param>
    public ReplayTimeline Timeline(double perSecond)
    {
        var type = new RecordedType(MessageSchema.Parse(Type, Definition, "ros2msg"));
        return new ReplayTimeline(
            [.. Enumerable.Range(0, Messages).Select(index => (long)(index * 1e9 / perSecond))],
            [.. Enumerable.Range(0, Messages).Select(index => (ushort)(index == Messages - 1 ? 1 : 0))],
            [.. Enumerable.Repeat(Bytes, Messages)],
            ["/m/numbers", "/m/last"], (long)(Messages * 1e9 / perSecond), new StampedPayloads(Bytes))
        {
            Types = [type, type],
        };
    }

    /// <summary>Where agents publish.</summary>
    public CohortOutput Open(ReplayEngine engine, ReplayTimeline timeline, int port, string options, PayloadOptions? payloads = null)
    {
        var plan = new OutputPlan
        {
            Simulation = "7",
            Endpoints = OutputEndpoint.ParseAll([$"mqtt://127.0.0.1:{port}/fleet?qos={Quality}&properties={(Properties ? "true" : "false")}&{options}"]),
            Process = "benchmark",
            Payloads = payloads ?? new PayloadOptions(),
            Clock = engine.Clock,
            Time = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        };
        return new CohortOutput(plan, timeline, Numbers);
    }

    public IReadOnlyList<long> Numbers => [.. Enumerable.Range(1, Agents).Select(number => (long)number)];

    /// <summary>CDR of the type above: a stamp, the frame <c>odometry</c>, and bytes to fill it up.</summary>
    private sealed class StampedPayloads(int size) : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var payload = buffer.Span[..size];
            payload.Clear();
            payload[1] = 1;
            BitConverter.TryWriteBytes(payload[4..], 1_700_000_000);
            BitConverter.TryWriteBytes(payload[12..], 9);
            "odometry"u8.CopyTo(payload[16..]);
            BitConverter.TryWriteBytes(payload[28..], size - 32);
            return ValueTask.FromResult(size);
        }
    }
}
