using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>Every option of <c>playback</c> in a pattern, and every playback command, acts: seen in counts, times and at a sink.</summary>
public class PlaybackOptionsTests(ApiFixture fixture)
{
    private const int Messages = 40;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("ours/playback-options")]
    public async Task Each_option_acts_on_its_own_group()
    {
        using var user = await fixture.UserAsync();
        var template = await UploadAsync(user);
        (object Playback, Func<long, bool> Expected)[] cases =
        [
            (new { }, count => count == Messages),
            (new { topics = new[] { "/a" } }, count => count == Messages / 2),
            (new { excludeTopics = new[] { "/a" } }, count => count == Messages / 2),
            (new { topics = new[] { "/a", "/b" }, excludeTopics = new[] { "/a" } }, count => count == Messages / 2),
            (new { regex = "/[a-z]" }, count => count == Messages),
            (new { regex = "/.", excludeRegex = "/b" }, count => count == Messages / 2),
            (new { startOffset = 1.0 }, count => count == 20),
            (new { playbackDuration = 0.5 }, count => count == 11),
            (new { startOffset = 1.0, playbackDuration = 0.5 }, count => count == 11),
            (new { startOffset = 60.0 }, count => count == 0),
            (new { playbackUntil = BagStart + 500_000_000 }, count => count == 11),
            (new { playbackUntil = BagStart + 500_000_000, playbackDuration = 1.0 }, count => count == 21),
            (new { playbackUntil = BagStart - 1 }, count => count == 0),
            (new { delay = 1.5, messageOrder = "sent" }, count => count == Messages),
            (new { rate = 100.0 }, count => count == Messages),
            (new { rate = 0.01 }, count => count == 1),
            (new { loop = true, rate = 100.0 }, count => count > 3 * Messages),
            (new { remap = new Dictionary<string, string> { ["/a"] = "/c" }, clock = true }, count => count == Messages),
        ];
        // Those that would not end by themselves get four seconds, the others as long as a busy machine may need.
        var groups = cases.Select(option => (object)new { templateId = template, autonomousAgentCount = 1, executionTime = IsEndless(option.Playback) ? 4 : 30, repeatCount = 1, playback = option.Playback }).ToArray();

        var (simulation, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), groups));

        var report = (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["groups"]!.AsArray();
        Assert.Equal(cases.Length, report.Count);
        for (var i = 0; i < cases.Length; i++)
        {
            var count = (long)report[i]!["messagesOut"]!;
            Assert.True(cases[i].Expected(count), $"{System.Text.Json.JsonSerializer.Serialize(cases[i].Playback)} put out {count} messages");
        }
        // At recorded speed the bag takes 1.95 s; looped, the whole time limit.
        Assert.InRange((double)report[0]!["duration"]!, 1.95, double.MaxValue);
        Assert.InRange(DurationOf("delay"), 1.5 + 1.95, double.MaxValue);
        Assert.InRange(DurationOf("loop"), 4, double.MaxValue);

        static bool IsEndless(object playback) => System.Text.Json.JsonSerializer.Serialize(playback) is var json && (json.Contains("loop", StringComparison.Ordinal) || json.Contains("0.01", StringComparison.Ordinal));

        double DurationOf(string option) => (double)report[Array.FindIndex(cases, other => other.Playback.ToString()!.Contains(option, StringComparison.Ordinal))]!["duration"]!;
    }

    [Fact]
    public async Task A_recorded_clock_is_not_played_beside_the_one_that_is_told()
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        using (var writer = BagWriter.Create(folder["bag"]))
        {
            int[] topics = [writer.AddTopic(BagFixtures.Topic("/clock") with { Type = "rosgraph_msgs/msg/Clock" }), writer.AddTopic(BagFixtures.Topic("/a"))];
            for (var tick = 0; tick < 50; tick++)
            {
                writer.Write(topics[0], BagStart + (tick * 20_000_000), BagFixtures.Payload(tick));
                if (tick % 10 == 0) writer.Write(topics[1], BagStart + (tick * 20_000_000), BagFixtures.Payload(tick));
            }
            writer.Complete();
        }
        var template = await TestBundle.UploadAsync(user, folder["bag"], $"clock {Guid.NewGuid():N}");
        object[] groups = [.. new object[] { new { }, new { clock = true }, new { clockTopics = new[] { "/a" } } }
            .Select(playback => new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback })];

        var (simulation, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), groups));

        var report = (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["groups"]!.AsArray();
        Assert.Equal([55L, 5, 5], report.Select(group => (long)group!["messagesOut"]!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_late_viewer_gets_the_last_message_of_latched_topics_first_unless_that_is_turned_off(bool repeatLatched)
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        using (var writer = BagWriter.Create(folder["bag"]))
        {
            var qos = QosProfile.FormatList([new QosProfile { Durability = QosDurability.TransientLocal }]);
            int[] topics = [writer.AddTopic(BagFixtures.Topic("/map") with { OfferedQosProfiles = qos }), writer.AddTopic(BagFixtures.Topic("/a"))];
            writer.Write(topics[0], BagStart, BagFixtures.Payload(0));
            for (var number = 1; number <= Messages; number++) writer.Write(topics[1], BagStart + (long)(number * Between.TotalNanoseconds), BagFixtures.Payload(number));
            writer.Complete();
        }
        var group = new
        {
            templateId = await TestBundle.UploadAsync(user, folder["bag"], $"latched {Guid.NewGuid():N}"), autonomousAgentCount = 1, executionTime = 600, repeatCount = 1,
            playback = new { startOffset = 0.01, loop = true, repeatLatched },
        };
        var (simulation, execution) = await StartAsync(user, Plans.Parallel(Plans.NewName(), group));
        await using var observer = await Observer.OfAsync(await fixture.WorkerAsync(), execution, agent: 1);

        await Wait.UntilAsync(() => observer.Seen.Count(seen => seen.Message.Repeat > 0) > 2, Patience, "another pass");
        await StopAsync(user, simulation, execution);

        var seen = observer.Seen.ToArray();
        var latched = seen.Where(arrival => arrival.Message.IsLatched).ToArray();
        Assert.All(seen.Except(latched), arrival => Assert.Equal("/a", arrival.Message.Topic));
        Assert.All(latched, arrival => Assert.Equal(("/map", BagStart, 0), (arrival.Message.Topic, arrival.Message.BagTime, BagFixtures.PayloadNumber(arrival.Payload))));
        Assert.Equal(repeatLatched, seen[0].Message.IsLatched);
        Assert.Equal(repeatLatched ? seen.Select(arrival => arrival.Message.Repeat).Distinct().Count() : 0, latched.Length);
    }

    [Fact]
    public async Task Remap_renames_topics_and_the_clock_tells_the_bags_time_forty_times_a_second()
    {
        using var user = await fixture.UserAsync();
        var group = new
        {
            templateId = await UploadAsync(user), autonomousAgentCount = 1, executionTime = 600, repeatCount = 1,
            playback = new { loop = true, clock = true, remap = new Dictionary<string, string> { ["/a"] = "/renamed" } },
        };
        var (simulation, execution) = await StartAsync(user, Plans.Parallel(Plans.NewName(), group));
        await using var observer = await Observer.OfAsync(await fixture.WorkerAsync(), execution, agent: 1);

        await Wait.UntilAsync(() => observer.Seen.Count(seen => seen.Message.IsClock) > 60, Patience, "ticks of the clock");
        await StopAsync(user, simulation, execution);

        var seen = observer.Seen.ToArray();
        Assert.Equal(["/b", "/clock", "/renamed"], seen.Select(message => message.Message.Topic).Distinct().Order(StringComparer.Ordinal));
        var ticks = seen.Where(message => message.Message.IsClock).ToArray();
        Assert.All(ticks.Zip(ticks.Skip(1)), pair =>
        {
            var between = pair.Second.Message.DueAt - pair.First.Message.DueAt;
            Assert.Equal(0, between % 25_000_000);
            Assert.True(between > 0);
        });
        Assert.All(ticks, tick =>
        {
            Assert.Equal([0, 1, 0, 0], tick.Payload[..4]);
            var seconds = BitConverter.ToInt32(tick.Payload, 4);
            var told = (seconds * 1_000_000_000L) + BitConverter.ToUInt32(tick.Payload, 8);
            Assert.InRange(told, BagStart, BagStart + (long)(Between.TotalNanoseconds * (Messages - 1)));
            Assert.Equal(told, tick.Message.BagTime);
        });
        // What the clock says lies between the messages that went out before and after it.
        Assert.All(seen.Zip(seen.Skip(1)).Where(pair => pair.First.Message.Repeat == pair.Second.Message.Repeat), pair =>
            Assert.True(pair.First.Message.BagTime <= pair.Second.Message.BagTime));
    }

    [Fact]
    public async Task An_observer_gets_every_message_in_recorded_order_and_never_before_its_recorded_time()
    {
        using var user = await fixture.UserAsync();
        var (simulation, execution) = await StartAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), agents: 2, repeats: 1000, time: 600)));
        await using var observer = await Observer.OfAsync(await fixture.WorkerAsync(), execution, agent: 2);

        await Wait.UntilAsync(() => observer.Seen.Count > 60, Patience, "messages");
        await StopAsync(user, simulation, execution);

        var recorded = BagFixtures.ReadAll(TestBundle.Folder("turtlesim_cmd_vel")).Where(message => message.Topic == "/turtle1/cmd_vel").ToArray();
        var seen = observer.Seen.ToArray();
        var first = seen[0];
        foreach (var (place, arrival) in seen.Index())
        {
            var expected = recorded[(first.Message.Index + place) % recorded.Length];
            Assert.Equal((expected.Topic, expected.TimestampNs, expected.DataHash), (arrival.Message.Topic, arrival.Message.BagTime, BagFixtures.Hash(arrival.Payload)));
            Assert.InRange(arrival.At - arrival.Message.DueAt, 0, 60_000_000_000);
            if (arrival.Message.Repeat == first.Message.Repeat)
                Assert.Equal(arrival.Message.BagTime - first.Message.BagTime, arrival.Message.DueAt - first.Message.DueAt);
        }
        Assert.Equal(0, observer.Missed);
    }

    [Fact]
    [Contract("ours/playback-commands")]
    public async Task Pause_holds_every_agent_seek_and_rate_move_it_and_resume_lets_it_go_on()
    {
        using var user = await fixture.UserAsync();
        var step = new
        {
            stepOrder = 1, templateId = await TestBundle.UploadAsync(user), autonomousAgentCount = 2, executionTime = 600, repeatCount = 2,
            playback = new { startOffset = 1.0 },
        };
        var (simulation, execution) = await StartAsync(user, Plans.Sequential(Plans.NewName(), step));
        await Wait.UntilAsync(async () => await PositionAsync(user, simulation, execution) > 1_000_000_000, Patience, "the agent to play");

        await CommandAsync(user, simulation, execution, "pause");
        await CommandAsync(user, simulation, execution, "seek", new { position = 3.0 });
        await Wait.UntilAsync(async () => await PositionAsync(user, simulation, execution) == 3_000_000_000, Patience, "the position to show");
        // Two more reports at least: paused, nothing moves.
        await Wait.UntilAsync(async () => ((string)(await StatusAsync(user, simulation))["message"]!).StartsWith("Paused.", StringComparison.Ordinal), Patience, "the pause to show");
        Assert.Equal(3_000_000_000, await PositionAsync(user, simulation, execution));
        Assert.Equal(3, (double)(await StatusAsync(user, simulation))["playback"]!["position"]!);
        await CommandAsync(user, simulation, execution, "rate", new { rate = 100.0 });
        await CommandAsync(user, simulation, execution, "resume");
        await Wait.UntilAsync(async () => (string)(await StatusAsync(user, simulation))["status"]! == "COMPLETED", Patience, "the run to end");
        (await user.PostAsync($"/api/simulation/{simulation}/execution/{execution}/pause")).Expect(HttpStatusCode.Conflict);
    }

    [Fact]
    [Contract("ours/playback-commands")]
    public async Task A_paused_run_is_stepped_message_by_message_and_in_bursts()
    {
        using var user = await fixture.UserAsync();
        var group = new { templateId = await UploadAsync(user), autonomousAgentCount = 2, executionTime = 600, repeatCount = 1 };
        var (simulation, execution) = await StartAsync(user, Plans.Parallel(Plans.NewName(), group));
        (await user.PostAsync($"/api/simulation/{simulation}/execution/{execution}/play-next")).Expect(HttpStatusCode.Conflict);
        await CommandAsync(user, simulation, execution, "pause");
        await CommandAsync(user, simulation, execution, "seek", new { position = 0.0 });
        await Wait.UntilAsync(async () => (await AgentsAsync(user, simulation, execution)).All(agent => agent.Position == 0), Patience, "the agents to stand at the start");
        var before = await AgentsAsync(user, simulation, execution);

        await CommandAsync(user, simulation, execution, "play-next");
        await CommandAsync(user, simulation, execution, "burst", new { messages = 4 });
        await UntilAsync(messages: 5, position: 4 * (long)Between.TotalNanoseconds);
        Assert.Equal(5, (long)(await StatusAsync(user, simulation))["playback"]!["released"]!);
        await CommandAsync(user, simulation, execution, "burst", new { });
        await UntilAsync(Messages, position: (Messages - 1) * (long)Between.TotalNanoseconds);
        (await user.PostAsync($"/api/simulation/{simulation}/execution/{execution}/burst", new { messages = 0 })).Expect(HttpStatusCode.BadRequest);
        await CommandAsync(user, simulation, execution, "resume");

        await Wait.UntilAsync(async () => (string)(await StatusAsync(user, simulation))["status"]! == "COMPLETED", Patience, "the run to end");
        var report = (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["groups"]![0]!;
        Assert.Equal(before.Sum(agent => agent.MessagesOut) + (2 * Messages), (long)report["messagesOut"]!);

        Task UntilAsync(long messages, long position) => Wait.UntilAsync(
            async () => (await AgentsAsync(user, simulation, execution)).Zip(before).All(pair => pair.First == (pair.Second.MessagesOut + messages, position)), Patience, $"{messages} messages");
    }

    [Fact]
    public async Task A_seek_past_the_end_ends_the_pass_of_every_agent()
    {
        using var user = await fixture.UserAsync();
        var group = new { templateId = await TestBundle.UploadAsync(user), autonomousAgentCount = 2, executionTime = 600, repeatCount = 1, playback = new { rate = 0.1 } };
        var (simulation, execution) = await StartAsync(user, Plans.Parallel(Plans.NewName(), group));
        await Wait.UntilAsync(async () => await PositionAsync(user, simulation, execution) > 0, Patience, "the agent to play");

        await CommandAsync(user, simulation, execution, "seek", new { position = 1000.0 });

        await Wait.UntilAsync(async () => (string)(await StatusAsync(user, simulation))["status"]! == "COMPLETED", Patience, "the run to end");
    }

    private static long BagStart => 1_700_000_000_000_000_000;

    /// <summary>Two topics in turn, a message every 50 ms for 1.95 s.</summary>
    private static async Task<long> UploadAsync(ApiClient user)
    {
        using var folder = new TempFolder();
        var bag = BagFixtures.WriteBag(folder["bag"], Enumerable.Range(0, Messages).Select(index => BagStart + (long)(index * Between.TotalNanoseconds)));
        return await TestBundle.UploadAsync(user, bag, $"two topics {Guid.NewGuid():N}");
    }

    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, object plan)
    {
        var simulation = await Plans.CreateAsync(user, plan);
        return (simulation, await ExecutionTests.StartAsync(user, simulation));
    }

    private static async Task StopAsync(ApiClient user, long simulation, long execution) =>
        (await user.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);

    private static async Task CommandAsync(ApiClient user, long simulation, long execution, string command, object? body = null) =>
        (await user.PostAsync($"/api/simulation/{simulation}/execution/{execution}/{command}", body)).Expect(HttpStatusCode.OK);

    private static async Task<JsonNode> StatusAsync(ApiClient user, long simulation) =>
        (await user.GetAsync($"/api/simulation/{simulation}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;

    private static async Task<(long MessagesOut, long Position)[]> AgentsAsync(ApiClient user, long simulation, long execution) =>
        [.. (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/instances")).Expect(HttpStatusCode.OK).Data["instances"]!.AsArray()
            .Select(agent => ((long)agent!["messagesOut"]!, (long?)agent["positionNanoseconds"] ?? -1))];

    private static async Task<long> PositionAsync(ApiClient user, long simulation, long execution) =>
        (long?)(await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/instances")).Expect(HttpStatusCode.OK).Data["instances"]![0]!["positionNanoseconds"] ?? 0;
}
