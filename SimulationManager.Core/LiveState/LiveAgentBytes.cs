using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.LiveState;

/// <summary>A cohort's agents in a compact binary form, 45 bytes each: as JSON thousands of them would be half a megabyte a second.</summary>
internal static class LiveAgentBytes
{
    private const byte Version = 1;
    private const int RecordSize = 45;

    public static byte[] Write(LiveCohort cohort, IReadOnlyCollection<LiveAgent> agents)
    {
        var output = new ArrayBufferWriter<byte>(64 + (agents.Count * RecordSize));
        var silo = Encoding.UTF8.GetBytes(cohort.Silo);
        output.Write([Version, (byte)silo.Length]);
        output.Write(silo);
        Write(output, cohort.PassStart);
        Write(output, cohort.PassLength);
        foreach (var agent in agents) Write(output, agent);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Null when another version of the worker has written it: it is not worth an error for as long as an update takes.</summary>
    public static LiveCohort? Read(long cohortId, ReadOnlySpan<byte> input)
    {
        if (input.Length < 2 || input[0] != Version) return null;
        var silo = Encoding.UTF8.GetString(input.Slice(2, input[1]));
        input = input[(2 + input[1])..];
        var start = BinaryPrimitives.ReadInt64LittleEndian(input);
        var length = BinaryPrimitives.ReadInt64LittleEndian(input[sizeof(long)..]);
        input = input[(2 * sizeof(long))..];
        var agents = new LiveAgent[input.Length / RecordSize];
        for (var i = 0; i < agents.Length; i++) agents[i] = Read(input.Slice(i * RecordSize, RecordSize));
        return new LiveCohort { CohortId = cohortId, Silo = silo, PassStart = start, PassLength = length, Agents = agents };
    }

    private static void Write(ArrayBufferWriter<byte> output, in LiveAgent agent)
    {
        var record = output.GetSpan(RecordSize);
        BinaryPrimitives.WriteInt64LittleEndian(record, agent.InstanceId);
        record[8] = (byte)agent.Status;
        BinaryPrimitives.WriteInt32LittleEndian(record[9..], agent.RepeatsDone);
        BinaryPrimitives.WriteInt64LittleEndian(record[13..], agent.Position);
        BinaryPrimitives.WriteInt64LittleEndian(record[21..], agent.MessagesOut);
        BinaryPrimitives.WriteInt64LittleEndian(record[29..], agent.MessagesDropped);
        BinaryPrimitives.WriteInt32LittleEndian(record[37..], agent.LatenessP50);
        BinaryPrimitives.WriteInt32LittleEndian(record[41..], agent.LatenessP99);
        output.Advance(RecordSize);
    }

    private static LiveAgent Read(ReadOnlySpan<byte> record) => new(
        InstanceId: BinaryPrimitives.ReadInt64LittleEndian(record),
        Status: (RunStatus)record[8],
        RepeatsDone: BinaryPrimitives.ReadInt32LittleEndian(record[9..]),
        Position: BinaryPrimitives.ReadInt64LittleEndian(record[13..]),
        MessagesOut: BinaryPrimitives.ReadInt64LittleEndian(record[21..]),
        MessagesDropped: BinaryPrimitives.ReadInt64LittleEndian(record[29..]),
        LatenessP50: BinaryPrimitives.ReadInt32LittleEndian(record[37..]),
        LatenessP99: BinaryPrimitives.ReadInt32LittleEndian(record[41..]));

    private static void Write(ArrayBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }
}
