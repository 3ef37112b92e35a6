using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

public sealed class CohortCheckpointTests
{
    [Fact]
    public void Checkpoint_is_read_back_as_it_was_written()
    {
        var lateness = new LatenessHistogram();
        lateness.Record(5_000_000);
        var checkpoint = new CohortCheckpoint(
            [new AgentCheckpoint(1, AgentState.Playing, 3, 70, 1234567890123, 400, 5), new AgentCheckpoint(2, AgentState.Paused, 0, 0, -70, 0, 0, Released: 1L << 40, Faults: new FaultCounts(1, 2, 3, 4, 5, 1L << 40)), new AgentCheckpoint(900, AgentState.Failed, 0, 0, 0, 0, 0, "왜: broken")], lateness)
        {
            DroppedByTopic = new Dictionary<string, long> { ["/scan"] = 5, ["/토픽"] = 1L << 40 },
            SeekEpoch = 3,
            At = new DateTimeOffset(2026, 11, 28, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };

        var read = CohortCheckpoint.FromBytes(checkpoint.ToBytes());

        Assert.Equal(checkpoint.Agents, read.Agents);
        Assert.Equal(checkpoint.DroppedByTopic, read.DroppedByTopic);
        Assert.Equal((3, checkpoint.At), (read.SeekEpoch, read.At));
        Assert.Equal((1, 5000), (read.Lateness.Count, read.Lateness.Max));
    }

    [Theory]
    [InlineData(1, 9)]
    [InlineData(2, 8)]
    [InlineData(3, 7)]
    [InlineData(4, 6)]
    [InlineData(5, 4)]
    [InlineData(6, 2)]
    public void Checkpoint_of_an_earlier_version_is_read_so_that_an_update_can_take_over(byte version, int bytesLess)
    {
        var bytes = CohortCheckpoint.Fresh([1, 2]).ToBytes()[..^bytesLess];
        bytes[0] = version;

        var read = CohortCheckpoint.FromBytes(bytes);

        Assert.Equal([1L, 2], read.Agents.Select(agent => agent.InstanceId));
        Assert.Empty(read.DroppedByTopic);
        Assert.Equal((0, null), (read.SeekEpoch, read.At));
    }

    [Fact]
    public void Cut_off_and_unknown_checkpoints_are_refused()
    {
        var bytes = CohortCheckpoint.Fresh([1, 2]).ToBytes();

        Assert.Throws<FormatException>(() => CohortCheckpoint.FromBytes(bytes.AsSpan(..^1)));
        bytes[0] = 8;
        Assert.Throws<FormatException>(() => CohortCheckpoint.FromBytes(bytes));
    }
}
