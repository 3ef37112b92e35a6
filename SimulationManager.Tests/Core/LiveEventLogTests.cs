using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Worker;
using StackExchange.Redis;

namespace SimulationManager.Tests.Core;

/// <summary>What begins or ends together is one entry of the log, and read as the events that it is.</summary>
public sealed class LiveEventLogTests(ApiFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Agents_that_end_together_are_one_entry_for_each_way_of_ending()
    {
        var log = await LogAsync();
        var before = await log.FindPositionAsync(null);

        await log.PublishAsync([
            End(1, RunStatus.Completed), End(2, RunStatus.Completed), End(3, RunStatus.Failed, "late"), End(5, RunStatus.Completed), End(4, RunStatus.Failed, "lost"), End(6, RunStatus.Failed, "late")]);

        var entries = (await log.ReadAfterAsync(before.Id, 1000)).Where(entry => entry.SimulationId == Simulation).ToList();
        Assert.Equal(["completed 1-2,5-5", "failed late 3-3,6-6", "failed lost 4"], entries.Select(Text));
        Assert.Equal([1, 2, 5, 3, 6, 4], entries.SelectMany(entry => entry.EventsAfter(0)).Select(change => change.InstanceId!.Value));
        Assert.Equal(Enumerable.Range(0, 6).Select(index => entries[0].Id + index), entries.SelectMany(entry => entry.EventsAfter(0)).Select(change => change.Id));
    }

    [Fact]
    public async Task Whoever_knows_a_part_of_an_entry_reads_the_rest_of_it()
    {
        var log = await LogAsync();
        var before = await log.FindPositionAsync(null);
        await log.PublishAsync(Enumerable.Range(1, 10).Select(agent => End(agent, RunStatus.Stopped)));
        var entry = (await log.ReadAfterAsync(before.Id, 1000)).Single(entry => entry.SimulationId == Simulation);

        var again = (await log.ReadAfterAsync(entry.Id + 6, 1000)).Single(entry => entry.SimulationId == Simulation);

        Assert.Equal([8, 9, 10], again.EventsAfter(entry.Id + 6).Select(change => change.InstanceId!.Value));
        Assert.DoesNotContain(await log.ReadAfterAsync(entry.LastId, 1000), other => other.SimulationId == Simulation);
    }

    [Fact]
    public async Task Subscribers_get_a_message_for_each_event_and_one_for_a_large_entry()
    {
        var log = await LogAsync();
        ConcurrentQueue<JsonNode> messages = [];
        var subscription = await (await RedisAsync()).GetSubscriber().SubscribeAsync(LiveEventLog.Channel);
        subscription.OnMessage(message =>
        {
            if (JsonNode.Parse((string)message.Message!) is { } data && (long)data["simulationId"]! == Simulation) messages.Enqueue(data);
        });

        await log.PublishAsync(Enumerable.Range(1, LiveEventLog.MostMessages).Select(agent => End(agent, RunStatus.Stopped)));
        await log.PublishAsync(Enumerable.Range(1, LiveEventLog.MostMessages + 1).Select(agent => End(agent, RunStatus.Completed)));

        await Wait.UntilAsync(() => messages.Count > LiveEventLog.MostMessages, Limit, "all messages");
        await subscription.UnsubscribeAsync();
        Assert.Equal(Enumerable.Range(1, LiveEventLog.MostMessages), messages.SkipLast(1).Select(message => (int)message["instanceId"]!));
        Assert.Equal($$"""[{"first":1,"last":{{LiveEventLog.MostMessages + 1}}}]""", messages.Last()["instances"]!.ToJsonString());
    }

    [Fact]
    public async Task An_id_that_was_never_given_is_a_gap_and_none_is_missed_after_it()
    {
        var log = await LogAsync();
        await log.PublishAsync([End(1, RunStatus.Stopped)]);
        var last = await log.FindPositionAsync(null);

        var position = await log.FindPositionAsync(long.MaxValue);

        Assert.True(position.HasGap);
        Assert.InRange(position.Id, last.Id, (await log.FindPositionAsync(null)).Id);
    }

    /// <summary>Tells this test's events from those of others that share the log.</summary>
    private long Simulation { get; } = Random.Shared.NextInt64(1L << 40, 1L << 50);

    private LiveEvent End(int agent, RunStatus status, string? error = null) =>
        LiveEvents.OfManualInstance(Simulation, agent, status, error, DateTimeOffset.UnixEpoch);

    private static string Text(LiveEventEntry entry) => string.Join(
        ' ',
        new[] { entry.Type["instance.".Length..], entry.Error, entry.Instances is { } ranges ? string.Join(',', ranges.Select(range => $"{range.First}-{range.Last}")) : $"{entry.InstanceId}" }
            .OfType<string>());

    private async Task<LiveEventLog> LogAsync() => (await fixture.ApiAsync()).Services.GetRequiredService<LiveEventLog>();

    private async Task<IConnectionMultiplexer> RedisAsync() => (await fixture.ApiAsync()).Services.GetRequiredService<IConnectionMultiplexer>();
}
