using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Replay;

/// <summary>What the vehicles of one endpoint have in common: how their movement is read from the recording.</summary>
internal sealed class MqttVehicles
{
    private readonly VehicleReader _reader;
    private readonly int[] _topics;

    /// <exception cref="FormatException">The mapping does not fit the recording.</exception>
    public MqttVehicles(VehicleEndpointOptions options, ReplayTimeline timeline)
    {
        Options = options;
        var topics = new List<VehicleTopic>();
        _topics = [.. Enumerable.Range(0, timeline.Topics.Count).Select(index =>
        {
            if (timeline.SchemaOf(index) is not { } schema) return -1;
            topics.Add(new VehicleTopic(timeline.RecordedTopics[index], schema));
            return topics.Count - 1;
        })];
        try
        {
            _reader = new VehicleReader(topics, options.Mapping);
        }
        catch (VehicleMappingException exception)
        {
            throw new FormatException($"agents cannot be vehicles: {exception.Message}", exception);
        }
    }

    public VehicleEndpointOptions Options { get; }

    /// <summary>What of a vehicle the recording does not tell; null when it tells where it is.</summary>
    public string? Warning => _reader.Provides.HasFlag(MotionParts.Pose) ? null : "the recording has no topic that tells where a vehicle is: positions stay unknown";

    /// <summary>Whether a message says anything of movement.</summary>
    public bool IsRead(in ReplayMessage message) => !message.IsClock && _topics[message.Timeline.TopicOf(message.Index)] is >= 0 and var topic && _reader.IsRead(topic);

    /// <summary>Takes what a message says; false: nothing.</summary>
    public bool Read(in ReplayMessage message, ReadOnlySpan<byte> payload, ref VehicleMotion motion) =>
        _reader.Read(_topics[message.Timeline.TopicOf(message.Index)], payload, ref motion);
}

/// <summary>One agent as a vehicle, and what it has to say. Whoever uses it has the connection's turn.</summary>
internal sealed class MqttVehicle
{
    private readonly MqttVehicles _vehicles;
    private VehicleMotion _motion;

    /// <exception cref="FormatException">The agent's name cannot be a vehicle's.</exception>
    public MqttVehicle(MqttVehicles vehicles, Vda5050Options options, byte[]? state)
    {
        _vehicles = vehicles;
        if (options.FindProblem() is { } problem) throw new FormatException($"agents cannot be vehicles: {problem}");
        Vehicle = new Vda5050Vehicle(options);
        if (state is not null) Vehicle.Restore(state);
    }

    public Vda5050Vehicle Vehicle { get; }

    /// <summary>What is to be published.</summary>
    public List<VehicleMessage> Due { get; } = [];

    public bool IsRead(in ReplayMessage message) => _vehicles.IsRead(message);

    public void Observe(in ReplayMessage message, ReadOnlySpan<byte> payload, DateTimeOffset now)
    {
        if (_vehicles.Read(message, payload, ref _motion)) Vehicle.Observe(_motion, now, Due);
    }
}
