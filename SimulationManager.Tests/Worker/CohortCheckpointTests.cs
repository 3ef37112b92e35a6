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
            [new AgentCheckpoint(1, AgentState.Playing, 3, 70, 1234567890123, 400, 5), new AgentCheckpoint(2, AgentState.Paused, 0, 0, -70, 0, 0, Released: 1L << 40, Faults: new FaultCounts(1, 2, 3, 4, 5, 1L << 40)), new AgentCheckpoint(900, AgentState.Failed, 0, 0, 0, 0, 0, "왜: broken", FaultStarts: [new FaultStart(3, 12, 1L << 40), new FaultStart(15, 1, 0)])], lateness)
        {
            DroppedByTopic = new Dictionary<string, long> { ["/scan"] = 5, ["/토픽"] = 1L << 40 },
            SeekEpoch = 3,
            At = new DateTimeOffset(2026, 11, 28, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Endpoints = [new EndpointShare { Endpoint = "mqtt://broker:1883/플릿", Counts = [1L << 40, 2, 3], HandedOver = lateness.ToBytes(), AcknowledgedAfter = new LatenessHistogram().ToBytes() }],
            AgentEndpoints = new Dictionary<long, long[][]> { [2] = [[1, 2], []], [900] = [] },
            AgentStates = new Dictionary<long, byte[]> { [2] = [1, 2, 3], [900] = [] },
            PlaysOnSince = new DateTimeOffset(2026, 11, 29, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Pending = new Dictionary<long, PendingMessages[]> { [1] = [PendingMessages.None, new([new(3, 60, 10), new(4, 0, 1)], [new(3, 59, 1)])] },
        };

        var read = CohortCheckpoint.FromBytes(checkpoint.ToBytes());

        Assert.Equal(checkpoint.Agents.Select(agent => agent with { FaultStarts = null }), read.Agents.Select(agent => agent with { FaultStarts = null }));
        Assert.Equal(checkpoint.Agents.Select(agent => agent.FaultStarts), read.Agents.Select(agent => agent.FaultStarts));
        Assert.Equal(checkpoint.DroppedByTopic, read.DroppedByTopic);
        Assert.Equal((3, checkpoint.At), (read.SeekEpoch, read.At));
        Assert.Equal((1, 5000), (read.Lateness.Count, read.Lateness.Max));
        var endpoint = Assert.Single(read.Endpoints);
        Assert.Equal("mqtt://broker:1883/플릿", endpoint.Endpoint);
        Assert.Equal([1L << 40, 2, 3], endpoint.Counts);
        Assert.Equal(lateness.ToBytes(), endpoint.HandedOver);
        Assert.Equal(new LatenessHistogram().ToBytes(), endpoint.AcknowledgedAfter);
        Assert.Equal([2L, 900], read.AgentEndpoints.Keys);
        Assert.Equal([[1, 2], []], read.AgentEndpoints[2]);
        Assert.Equal([1, 2, 3], read.AgentStates[2]);
        Assert.Empty(read.AgentStates[900]);
        Assert.Equal(checkpoint.PlaysOnSince, read.PlaysOnSince);
        Assert.True(read.Pending[1][0].IsEmpty);
        Assert.Equal([new(3, 60, 10), new(4, 0, 1)], read.Pending[1][1].Waiting);
        Assert.Equal([new(3, 59, 1)], read.Pending[1][1].Unacknowledged);
    }

    [Fact]
    public void What_nobody_will_publish_is_lost_for_its_agent_and_in_all()
    {
        var counts = (PublishCounts.Zero with { Out = 5, Acknowledged = 4 }).ToArray();
        var checkpoint = CohortCheckpoint.Fresh([1, 2]) with
        {
            Endpoints = [new EndpointShare { Endpoint = "mqtt://broker:1883", Counts = counts, HandedOver = new LatenessHistogram().ToBytes(), AcknowledgedAfter = new LatenessHistogram().ToBytes() }],
            AgentEndpoints = new Dictionary<long, long[][]> { [1] = [counts], [2] = [PublishCounts.Zero.ToArray()] },
            Pending = new Dictionary<long, PendingMessages[]> { [1] = [new([new(0, 5, 3)], [new(0, 4, 1)])] },
        };

        var (endpoints, byAgent) = checkpoint.CountPendingLost();

        foreach (var sum in new[] { PublishCounts.FromArray(endpoints[0].Counts), PublishCounts.FromArray(byAgent[1][0]) })
            Assert.Equal((5L, 4L, 1L, 3L), (sum.Out, sum.LostTotal, sum.Lost[(int)LossReason.Unacknowledged], sum.Lost[(int)LossReason.Ended]));
        Assert.Equal(0, PublishCounts.FromArray(byAgent[2][0]).LostTotal);
    }

    [Fact]
    public void Agents_take_their_counts_along_and_those_of_all_stay_with_the_first()
    {
        var checkpoint = CohortCheckpoint.Fresh([1, 2, 3]) with
        {
            Endpoints = [new EndpointShare { Endpoint = "mqtt://broker:1883", Counts = [6], HandedOver = new LatenessHistogram().ToBytes(), AcknowledgedAfter = new LatenessHistogram().ToBytes() }],
            AgentEndpoints = new Dictionary<long, long[][]> { [1] = [[1]], [2] = [[2]], [3] = [[3]] },
            AgentStates = new Dictionary<long, byte[]> { [3] = [7] },
            PlaysOnSince = DateTimeOffset.UnixEpoch,
            Pending = new Dictionary<long, PendingMessages[]> { [2] = [new([new(0, 1, 2)], [])] },
        };
        var silos = new[] { 1, 2 }.Select(port => (SiloAddress.New(System.Net.IPAddress.Loopback, port, 1), new SiloLoad(0, 0, false, false))).ToArray();

        var shares = checkpoint.Split(silos).Select(pair => pair.Share).ToArray();
        var joined = CohortCheckpoint.Join(shares);

        Assert.Equal(shares.Select((_, index) => index == 0 ? 1 : 0), shares.Select(share => share.Endpoints.Count));
        Assert.All(shares, share => Assert.Equal(share.Agents.Select(agent => agent.InstanceId), share.AgentEndpoints.Keys));
        Assert.Equal([1L, 2, 3], joined.AgentEndpoints.OrderBy(pair => pair.Key).Select(pair => pair.Value[0][0]));
        Assert.Equal(6, Assert.Single(joined.Endpoints).Counts[0]);
        Assert.Equal([3L], shares[^1].AgentStates.Keys);
        Assert.Equal([7], Assert.Single(joined.AgentStates).Value);
        Assert.All(shares, share => Assert.Equal((DateTimeOffset.UnixEpoch, share.Agents.Count(agent => agent.InstanceId == 2)), (share.PlaysOnSince, share.Pending.Count)));
        Assert.Equal([new MessageRun(0, 1, 2)], Assert.Single(joined.Pending).Value[0].Waiting);
    }

    [Theory]
    [InlineData(1, 13)]
    [InlineData(2, 12)]
    [InlineData(3, 11)]
    [InlineData(4, 10)]
    [InlineData(5, 8)]
    [InlineData(6, 5)]
    [InlineData(7, 3)]
    [InlineData(8, 1)]
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
        bytes[0] = 10;
        Assert.Throws<FormatException>(() => CohortCheckpoint.FromBytes(bytes));
    }
}
