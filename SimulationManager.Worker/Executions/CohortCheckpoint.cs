using System.Buffers;
using System.Text;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Where each agent of a cohort is, and the lateness counted so far, in a compact binary form: some ten bytes per agent, so
/// that a checkpoint of 5,000 agents is one small row.
/// </summary>
public sealed record CohortCheckpoint(IReadOnlyList<AgentCheckpoint> Agents, LatenessHistogram Lateness)
{
    private const byte Version = 9;

    /// <summary>Messages left out because they were too late, by the topic's name, by this cohort and those it took over from.</summary>
    public IReadOnlyDictionary<string, long> DroppedByTopic { get; init; } = new Dictionary<string, long>();

    /// <summary>The position commands that the agents have followed; see <see cref="DesiredPlayback.SeekEpoch"/>.</summary>
    public long SeekEpoch { get; init; }

    /// <summary>When agents were there that were handed over while they played: they go on as if they had played since. Null: they go on from there.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>When agents were there that went on from there: what they put out since is put out again by a successor. Null: they did not go on.</summary>
    public DateTimeOffset? PlaysOnSince { get; init; }

    /// <summary>What became of messages at each endpoint, published by this cohort and those it took over from.</summary>
    public IReadOnlyList<EndpointShare> Endpoints { get; init; } = [];

    /// <summary>Of those of each agent, wherever it played: counts at each endpoint, as <see cref="PublishCounts.ToArray"/> has them.</summary>
    public IReadOnlyDictionary<long, long[][]> AgentEndpoints { get; init; } = new Dictionary<long, long[][]>();

    /// <summary>What agents had put out, and is not known to be published, by agent and endpoint; those that have nothing of it are left out.</summary>
    public IReadOnlyDictionary<long, PendingMessages[]> Pending { get; init; } = new Dictionary<long, PendingMessages[]>();

    /// <summary>What agents have to know to publish on elsewhere (<see cref="CohortOutput.SaveAsync"/>), by agent; those that need nothing are left out.</summary>
    public IReadOnlyDictionary<long, byte[]> AgentStates { get; init; } = new Dictionary<long, byte[]>();

    /// <summary>Agents that have not begun.</summary>
    public static CohortCheckpoint Fresh(IEnumerable<long> instanceIds) =>
        new([.. instanceIds.Select(id => new AgentCheckpoint(id, AgentState.Ready, 0, 0, 0, 0, 0))], new LatenessHistogram());

    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(64 + (Agents.Count * 16));
        Varint.Write(output, Version);
        Varint.Write(output, (ulong)Agents.Count);
        foreach (var agent in Agents) Write(output, agent);
        Lateness.Write(output);
        Varint.Write(output, (ulong)DroppedByTopic.Count);
        foreach (var (topic, count) in DroppedByTopic)
        {
            Write(output, topic);
            Varint.Write(output, (ulong)count);
        }
        Varint.Write(output, (ulong)SeekEpoch);
        Varint.Write(output, (ulong)(At?.UtcTicks ?? 0));
        foreach (var agent in Agents) Varint.Write(output, (ulong)agent.Released);
        WriteEndpoints(output);
        foreach (var agent in Agents) Write(output, agent.Faults == default ? [] : agent.Faults.ToArray());
        Varint.Write(output, (ulong)(PlaysOnSince?.UtcTicks ?? 0));
        WritePending(output);
        WriteFaultStarts(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The agents and counts of several checkpoints of the same seek epoch together, in the order of their numbers.</summary>
    public static CohortCheckpoint Join(IEnumerable<CohortCheckpoint> checkpoints)
    {
        CohortCheckpoint[] all = [.. checkpoints];
        var lateness = new LatenessHistogram();
        foreach (var checkpoint in all) lateness.Add(checkpoint.Lateness);
        return new CohortCheckpoint([.. all.SelectMany(checkpoint => checkpoint.Agents).OrderBy(agent => agent.InstanceId)], lateness)
        {
            DroppedByTopic = TopicCounts.Sum(all.Select(checkpoint => checkpoint.DroppedByTopic)),
            SeekEpoch = all[0].SeekEpoch,
            PlaysOnSince = all.Min(checkpoint => checkpoint.PlaysOnSince),
            Endpoints = EndpointShare.Sum(all.Select(checkpoint => checkpoint.Endpoints)),
            AgentEndpoints = all.SelectMany(checkpoint => checkpoint.AgentEndpoints).ToDictionary(),
            Pending = all.SelectMany(checkpoint => checkpoint.Pending).ToDictionary(),
            AgentStates = all.SelectMany(checkpoint => checkpoint.AgentStates).ToDictionary(),
        };
    }

    /// <summary>Shares the agents out among silos. The first share carries on what was counted for all of them.</summary>
    public IEnumerable<(SiloAddress Silo, CohortCheckpoint Share)> Split(IReadOnlyList<(SiloAddress Silo, SiloLoad Load)> silos) =>
        AgentAssignment.Spread(Agents, silos).Select((share, index) =>
            (share.Silo, (index == 0 ? this : new CohortCheckpoint([], new LatenessHistogram()) { SeekEpoch = SeekEpoch, PlaysOnSince = PlaysOnSince }) with
            {
                Agents = share.Agents,
                AgentEndpoints = Of(share.Agents, AgentEndpoints),
                Pending = Of(share.Agents, Pending),
                AgentStates = Of(share.Agents, AgentStates),
            }));

    /// <summary>The counts of all and of each agent when nobody publishes what is pending.</summary>
    public (EndpointShare[] Endpoints, IReadOnlyDictionary<long, long[][]> ByAgent) CountPendingLost() => (
        [.. Endpoints.Select((share, index) => share with { Counts = Pending.Values.Aggregate(share.Counts, (counts, pending) => Lost(pending, index, counts)) })],
        AgentEndpoints.ToDictionary(agent => agent.Key, agent => agent.Value.Select((counts, index) => Lost(Pending.GetValueOrDefault(agent.Key, []), index, counts)).ToArray()));

    private static long[] Lost(PendingMessages[] pending, int endpoint, long[] counts) =>
        endpoint < pending.Length ? pending[endpoint].CountLost(PublishCounts.FromArray(counts)).ToArray() : counts;

    private static Dictionary<long, T> Of<T>(IReadOnlyList<AgentCheckpoint> agents, IReadOnlyDictionary<long, T> all) =>
        agents.Where(agent => all.ContainsKey(agent.InstanceId)).ToDictionary(agent => agent.InstanceId, agent => all[agent.InstanceId]);

    /// <exception cref="FormatException">It is not a checkpoint, or of a later version.</exception>
    public static CohortCheckpoint FromBytes(ReadOnlySpan<byte> input)
    {
        var version = Varint.Read(ref input);
        if (version is < 1 or > Version) throw new FormatException($"A checkpoint of version {version} is not known here.");
        var agents = new AgentCheckpoint[checked((int)Varint.Read(ref input))];
        for (var i = 0; i < agents.Length; i++) agents[i] = Read(ref input);
        var lateness = LatenessHistogram.Read(ref input);
        // An update's first silos take over from those of the version before.
        var checkpoint = new CohortCheckpoint(agents, lateness)
        {
            DroppedByTopic = version == 1 ? new Dictionary<string, long>() : ReadDropped(ref input),
            SeekEpoch = version < 3 ? 0 : (long)Varint.Read(ref input),
            At = version >= 4 && Varint.Read(ref input) is > 0 and var ticks ? new DateTimeOffset((long)ticks, TimeSpan.Zero) : null,
        };
        for (var i = 0; version >= 5 && i < agents.Length; i++) agents[i] = agents[i] with { Released = (long)Varint.Read(ref input) };
        if (version < 6) return checkpoint;
        checkpoint = checkpoint.ReadEndpoints(ref input);
        for (var i = 0; version >= 7 && i < agents.Length; i++) agents[i] = agents[i] with { Faults = FaultCounts.FromArray(ReadNumbers(ref input)) };
        if (version < 8) return checkpoint;
        var since = Varint.Read(ref input);
        checkpoint = checkpoint with { PlaysOnSince = since > 0 ? new DateTimeOffset((long)since, TimeSpan.Zero) : null, Pending = ReadPending(ref input) };
        if (version >= 9) ReadFaultStarts(ref input, agents);
        return checkpoint;
    }

    private void WriteEndpoints(ArrayBufferWriter<byte> output)
    {
        Varint.Write(output, (ulong)Endpoints.Count);
        foreach (var endpoint in Endpoints)
        {
            Write(output, endpoint.Endpoint);
            Write(output, endpoint.Counts);
            Write(output, endpoint.HandedOver.AsSpan());
            Write(output, endpoint.AcknowledgedAfter.AsSpan());
        }
        Varint.Write(output, (ulong)AgentEndpoints.Count);
        foreach (var (agent, counts) in AgentEndpoints)
        {
            Varint.Write(output, (ulong)agent);
            Varint.Write(output, (ulong)counts.Length);
            foreach (var numbers in counts) Write(output, numbers);
        }
        Varint.Write(output, (ulong)AgentStates.Count);
        foreach (var (agent, state) in AgentStates)
        {
            Varint.Write(output, (ulong)agent);
            Write(output, state.AsSpan());
        }
    }

    private void WritePending(ArrayBufferWriter<byte> output)
    {
        Varint.Write(output, (ulong)Pending.Count);
        foreach (var (agent, endpoints) in Pending)
        {
            Varint.Write(output, (ulong)agent);
            Varint.Write(output, (ulong)endpoints.Length);
            foreach (var pending in endpoints)
            {
                Write(output, [.. pending.Waiting.SelectMany(NumbersOf)]);
                Write(output, [.. pending.Unacknowledged.SelectMany(NumbersOf)]);
            }
        }

        static long[] NumbersOf(MessageRun run) => [run.Repeat, run.First, run.Count];
    }

    /// <summary>Of agents that have any: most runs have no faults that are injected.</summary>
    private void WriteFaultStarts(ArrayBufferWriter<byte> output)
    {
        Varint.Write(output, (ulong)Agents.Count(agent => agent.FaultStarts is not null));
        for (var i = 0; i < Agents.Count; i++)
        {
            if (Agents[i].FaultStarts is not { } starts) continue;
            Varint.Write(output, (ulong)i);
            Write(output, [.. starts.SelectMany(start => (long[])[start.Place, start.Epoch, start.Played])]);
        }
    }

    private static void ReadFaultStarts(ref ReadOnlySpan<byte> input, AgentCheckpoint[] agents)
    {
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var index = Varint.Read(ref input);
            if (index >= (ulong)agents.Length) throw new FormatException("A checkpoint tells of an agent that it does not have.");
            agents[index] = agents[index] with { FaultStarts = [.. ReadNumbers(ref input).Chunk(3).Select(start => new FaultStart((int)start[0], start[1], start[2]))] };
        }
    }

    private static Dictionary<long, PendingMessages[]> ReadPending(ref ReadOnlySpan<byte> input)
    {
        var pending = new Dictionary<long, PendingMessages[]>();
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var agent = (long)Varint.Read(ref input);
            var endpoints = new List<PendingMessages>();
            for (var of = Varint.Read(ref input); of > 0; of--) endpoints.Add(new PendingMessages(RunsOf(ReadNumbers(ref input)), RunsOf(ReadNumbers(ref input))));
            pending[agent] = [.. endpoints];
        }
        return pending;

        static MessageRun[] RunsOf(long[] numbers) => [.. numbers.Chunk(3).Select(run => new MessageRun((int)run[0], (int)run[1], (int)run[2]))];
    }

    private CohortCheckpoint ReadEndpoints(ref ReadOnlySpan<byte> input)
    {
        List<EndpointShare> endpoints = [];
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            endpoints.Add(new EndpointShare
            {
                Endpoint = ReadText(ref input),
                Counts = ReadNumbers(ref input),
                HandedOver = ReadBytes(ref input).ToArray(),
                AcknowledgedAfter = ReadBytes(ref input).ToArray(),
            });
        }
        var byAgent = new Dictionary<long, long[][]>();
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var agent = (long)Varint.Read(ref input);
            var counts = new List<long[]>();
            for (var of = Varint.Read(ref input); of > 0; of--) counts.Add(ReadNumbers(ref input));
            byAgent[agent] = [.. counts];
        }
        var states = new Dictionary<long, byte[]>();
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var agent = (long)Varint.Read(ref input);
            states[agent] = ReadBytes(ref input).ToArray();
        }
        return this with { Endpoints = endpoints, AgentEndpoints = byAgent, AgentStates = states };
    }

    private static Dictionary<string, long> ReadDropped(ref ReadOnlySpan<byte> input)
    {
        var dropped = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var topic = ReadText(ref input);
            dropped[topic] = (long)Varint.Read(ref input);
        }
        return dropped;
    }

    private static void Write(IBufferWriter<byte> output, in AgentCheckpoint agent)
    {
        Varint.Write(output, (ulong)agent.InstanceId);
        Varint.Write(output, (ulong)agent.State);
        Varint.Write(output, (ulong)agent.RepeatsDone);
        Varint.Write(output, (ulong)agent.Next);
        Varint.Write(output, (ulong)agent.Position);
        Varint.Write(output, (ulong)agent.MessagesOut);
        Varint.Write(output, (ulong)agent.Dropped);
        if (agent.State != AgentState.Failed) return;
        Write(output, agent.Error ?? "");
    }

    private static void Write(IBufferWriter<byte> output, string text) => Write(output, Encoding.UTF8.GetBytes(text).AsSpan());

    private static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Varint.Write(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void Write(IBufferWriter<byte> output, long[] numbers)
    {
        Varint.Write(output, (ulong)numbers.Length);
        foreach (var number in numbers) Varint.Write(output, (ulong)number);
    }

    private static long[] ReadNumbers(ref ReadOnlySpan<byte> input)
    {
        var count = Varint.Read(ref input);
        if (count > (ulong)input.Length) throw new FormatException("Numbers in a checkpoint are cut off.");
        var numbers = new long[count];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = (long)Varint.Read(ref input);
        return numbers;
    }

    private static AgentCheckpoint Read(ref ReadOnlySpan<byte> input)
    {
        var agent = new AgentCheckpoint(
            InstanceId: (long)Varint.Read(ref input),
            State: (AgentState)Varint.Read(ref input),
            RepeatsDone: (int)Varint.Read(ref input),
            Next: (int)Varint.Read(ref input),
            Position: (long)Varint.Read(ref input),
            MessagesOut: (long)Varint.Read(ref input),
            Dropped: (long)Varint.Read(ref input));
        return agent.State == AgentState.Failed ? agent with { Error = ReadText(ref input) } : agent;
    }

    private static string ReadText(ref ReadOnlySpan<byte> input) => Encoding.UTF8.GetString(ReadBytes(ref input));

    private static ReadOnlySpan<byte> ReadBytes(ref ReadOnlySpan<byte> input)
    {
        var length = checked((int)Varint.Read(ref input));
        if (length > input.Length) throw new FormatException("A text in a checkpoint is cut off.");
        var bytes = input[..length];
        input = input[length..];
        return bytes;
    }
}
