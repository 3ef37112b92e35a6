using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using StackExchange.Redis;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: events as they happen.</summary>
public class EventTests(ApiFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    [Contract("ours/events", "ours/events-channel")]
    public async Task A_run_is_told_from_its_start_to_its_end_in_order_and_on_the_channel_too()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user), agents: 2, time: 3, repeats: 9)));
        ConcurrentBag<string> published = [];
        var redis = (await fixture.ApiAsync()).Services.GetRequiredService<IConnectionMultiplexer>().GetSubscriber();
        await redis.SubscribeAsync(RedisChannel.Literal("simulation:events"), (_, message) => published.Add(message!));
        using var events = await EventClient.ConnectAsync(user, $"?simulationId={id}");

        var execution = await ExecutionTests.StartAsync(user, id);
        var told = await events.UntilAsync("execution.completed", Limit);

        var types = told.Select(item => item.EventType).ToList();
        Assert.Equal("execution.started", types[0]);
        Assert.Equal(["step.started"], types.Where(type => type == "step.started"));
        Assert.Equal(2, types.Count(type => type == "instance.started"));
        Assert.Equal(2, types.Count(type => type == "instance.completed"));
        Assert.Contains("step.progress", types);
        Assert.Contains("execution.progress", types);
        Assert.True(types.IndexOf("step.started") < types.IndexOf("step.completed") && types[^1] == "execution.completed");
        var ids = told.Select(item => long.Parse(item.EventId!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(ids.Order().Distinct(), ids);
        foreach (var item in told)
        {
            var data = EventClient.DataOf(item);
            Assert.Equal((item.EventType, item.EventId, id, execution), ((string)data["type"]!, $"{(long)data["id"]!}", (long)data["simulationId"]!, (long)data["executionId"]!));
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)data["time"]!);
        }

        var step = EventClient.DataOf(told.Single(item => item.EventType == "step.completed"));
        Assert.Equal(Sorted("id", "type", "time", "simulationId", "executionId", "stepOrder", "progress"), FieldsOf(step));
        Assert.Equal((1, 100.0), ((long)step["stepOrder"]!, (double)step["progress"]!));
        await Wait.UntilAsync(() => told.TrueForAll(item => published.Contains(item.Data)), TimeSpan.FromSeconds(10), "the channel to have had them all");
    }

    [Fact]
    [Contract("ours/events")]
    public async Task A_client_that_comes_back_with_its_last_id_misses_nothing()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), time: 1)));
        using var events = await EventClient.ConnectAsync(user, $"?simulationId={id}");
        await ExecutionTests.StartAsync(user, id);
        var told = await events.UntilAsync("execution.completed", Limit);

        using var again = await EventClient.ConnectAsync(user, $"?simulationId={id}", told[1].EventId);
        var rest = await again.UntilAsync("execution.completed", TimeSpan.FromSeconds(10));

        Assert.Equal(told.Skip(2).Select(item => item.Data), rest.Select(item => item.Data));
    }

    [Fact]
    [Contract("ours/events")]
    public async Task A_client_whose_last_event_is_kept_no_more_is_told_of_the_gap()
    {
        using var user = await fixture.UserAsync();
        await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), time: 1)));

        using var events = await EventClient.ConnectAsync(user, "", "1");

        Assert.Equal("events.gap", (await events.UntilAsync("events.gap", TimeSpan.FromSeconds(10))).Single().EventType);
    }

    [Fact]
    [Contract("ours/events")]
    public async Task The_start_of_a_huge_run_leaves_others_no_gap_and_comes_as_one_event_per_agent()
    {
        const int Agents = 30_000;
        await using var api = await OwnApiAsync();
        var log = api.Services.GetRequiredService<LiveEventLog>();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        using var before = await EventClient.ConnectAsync(user);
        await log.PublishAsync([OfAgent(simulation: 1, RunStatus.Running, 1)]);
        var known = (await before.UntilAsync("instance.started", Limit)).Single().EventId!;

        await log.PublishAsync(Enumerable.Range(1, Agents).Select(agent => OfAgent(simulation: 2, RunStatus.Running, agent)));
        await log.PublishAsync([OfAgent(simulation: 1, RunStatus.Stopped, 1)]);

        using var other = await EventClient.ConnectAsync(user, "?simulationId=1", known);
        Assert.Equal(["instance.stopped"], (await other.UntilAsync("instance.stopped", Limit)).Select(item => item.EventType));
        using var all = await EventClient.ConnectAsync(user, "", known);
        var told = await all.UntilAsync("instance.stopped", Limit);
        Assert.Equal(Enumerable.Range(1, Agents), told.SkipLast(1).Select(item => (int)EventClient.DataOf(item)["instanceId"]!));
        var ids = told.Select(item => long.Parse(item.EventId!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(ids.Order().Distinct(), ids);
        using var again = await EventClient.ConnectAsync(user, "", told[Agents / 2].EventId);
        Assert.Equal(told[(Agents / 2) + 1].Data, (await again.UntilAsync("instance.started", Limit)).Single().Data);
    }

    [Fact]
    [Contract("ours/events")]
    public async Task A_client_that_nothing_matched_comes_back_without_a_gap_after_the_log_has_turned_over()
    {
        await using var api = await OwnApiAsync();
        var log = api.Services.GetRequiredService<LiveEventLog>();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await log.PublishAsync([OfAgent(simulation: 2, RunStatus.Running, 1)]);
        using var quiet = await EventClient.ConnectAsync(user, "?simulationId=1");
        await quiet.UntilIdAsync(1, Limit);
        var start = quiet.LastEventId;

        await log.PublishAsync(Enumerable.Range(1, LiveEventLog.Kept + 1).Select(execution => OfAgent(simulation: 2, RunStatus.Running, 1) with { ExecutionId = execution }));
        var read = await quiet.UntilIdAsync(start + LiveEventLog.Kept, Limit);
        await log.PublishAsync([OfAgent(simulation: 1, RunStatus.Running, 1)]);

        Assert.All(read, item => Assert.Equal((EventClient.Position, item.EventId), (item.EventType, $"{(long)EventClient.DataOf(item)["id"]!}")));
        using var again = await EventClient.ConnectAsync(user, "?simulationId=1", $"{quiet.LastEventId}");
        Assert.Equal(["instance.started"], (await again.UntilAsync("instance.started", Limit)).Select(item => item.EventType));
        using var late = await EventClient.ConnectAsync(user, "?simulationId=1", $"{start}");
        Assert.Equal(["events.gap", "instance.started"], (await late.UntilAsync("instance.started", Limit)).Select(item => item.EventType));
    }

    [Fact]
    [Contract("ours/events")]
    public async Task A_failing_agent_is_told_with_its_reason()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        await FailureTests.RemoveBundleAsync(await fixture.ApiAsync(), template);
        using var events = await EventClient.ConnectAsync(user, $"?simulationId={id}");

        await ExecutionTests.StartAsync(user, id);
        var told = await events.UntilAsync("execution.failed", Limit);

        Assert.NotEmpty((string)EventClient.DataOf(told.Single(item => item.EventType == "group.failed"))["error"]!);
        Assert.NotEmpty((string)EventClient.DataOf(told[^1])["error"]!);
    }

    [Fact]
    [Contract("ours/events")]
    public async Task A_parameter_that_is_no_id_is_400()
    {
        using var user = await fixture.UserAsync();

        (await user.GetAsync("/api/events?simulationId=x")).Expect(HttpStatusCode.BadRequest);
        (await user.SendAsync(HttpMethod.Get, "/api/events", null, request => request.Headers.Add("Last-Event-ID", "yesterday"))).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("ours/events")]
    public async Task The_stream_ends_when_the_access_token_expires()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Auth:AccessTokenLifetime"] = "00:00:05";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        using var events = await EventClient.ConnectAsync(user);

        await events.UntilEndAsync(TimeSpan.FromSeconds(60));

        await Wait.UntilAsync(
            async () => (await user.GetAsync("/api/events")).Status == HttpStatusCode.Forbidden, TimeSpan.FromSeconds(20), "the token to be refused");
    }

    /// <summary>An API of its own, without a worker: nothing else publishes events there.</summary>
    private async Task<ApiHost> OwnApiAsync()
    {
        var api = await ApiHost.StartAsync(await fixture.NewSystemAsync(ApiFixture.EventsDatabase));
        await api.WaitUntilPreparedAsync();
        return api;
    }

    private static LiveEvent OfAgent(long simulation, RunStatus status, int agent) =>
        LiveEvents.OfManualInstance(simulation, agent, status, null, DateTimeOffset.UnixEpoch);
}
