using System.Buffers;
using System.Text;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Where each agent of a cohort is, and the lateness counted so far, in a compact binary form: some ten bytes per agent, so
/// that a checkpoint of 5,000 agents is one small row.
/// </summary>
public sealed record CohortCheckpoint(IReadOnlyList<AgentCheckpoint> Agents, LatenessHistogram Lateness)
{
    private const byte Version = 1;

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
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">It is not a checkpoint, or of a later version.</exception>
    public static CohortCheckpoint FromBytes(ReadOnlySpan<byte> input)
    {
        if (Varint.Read(ref input) is var version && version != Version) throw new FormatException($"A checkpoint of version {version} is not known here.");
        var agents = new AgentCheckpoint[checked((int)Varint.Read(ref input))];
        for (var i = 0; i < agents.Length; i++) agents[i] = Read(ref input);
        return new CohortCheckpoint(agents, LatenessHistogram.Read(ref input));
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
        var error = Encoding.UTF8.GetBytes(agent.Error ?? "");
        Varint.Write(output, (ulong)error.Length);
        output.Write(error);
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
        if (agent.State != AgentState.Failed) return agent;
        var length = checked((int)Varint.Read(ref input));
        if (length > input.Length) throw new FormatException("A text in a checkpoint is cut off.");
        agent = agent with { Error = Encoding.UTF8.GetString(input[..length]) };
        input = input[length..];
        return agent;
    }
}
