using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Generation;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>What clients of Foxglove's protocol can ask of the run that they watch. Frames are as Foxglove's SDK lays them out.</summary>
public class FoxgloveControlTests(ApiFixture fixture)
{
    private const string Sdk = "foxglove.sdk.v1";
    private const string Older = "foxglove.websocket.v1";

    [Fact]
    [Contract("ours/live")]
    public async Task Client_of_the_SDK_pauses_seeks_and_changes_the_rate()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await client.UntilAsync(seen => InfoOf(seen) is not null, "serverInfo");
        var info = InfoOf(client)!;
        Assert.Equal(["parameters", "parametersSubscribe", "services", "time", "playbackControl"], info["capabilities"]!.AsArray().Select(capability => (string)capability!));
        var (start, end) = (TimeOf(info["dataStartTime"]!), TimeOf(info["dataEndTime"]!));
        Assert.InRange(end - start, 59_900_000_000UL, 60_000_000_000UL);
        await client.UntilAsync(seen => StatesOf(seen).Any(state => state.Time > start), "the run to be told of");
        Assert.All(StatesOf(client), state => Assert.Equal((0, 1f, false, ""), (state.Status, state.Speed, state.DidSeek, state.Id)));

        await client.SendAsync(RequestOf(isPause: true, 1, start + 30_000_000_000, "first"));
        await client.UntilAsync(seen => StatesOf(seen).Any(state => state.Id == "first"), "the answer");
        Assert.Equal((1, start + 30_000_000_000, 1f, true, "first"), StatesOf(client).Single(state => state.Id == "first"));
        await Worker.Wait.UntilAsync(async () => await PlaybackOfAsync(user, id) is var playback && (bool)playback["paused"]! && (double?)playback["position"] == 30, TimeSpan.FromSeconds(10), "the run to be paused at 30 s");

        await client.SendAsync(RequestOf(isPause: false, 2.5f, null, "second"));
        await client.UntilAsync(seen => StatesOf(seen).Any(state => state.Id == "second"), "the answer");
        Assert.Equal((0, 2.5f, false), (StatesOf(client).Single(state => state.Id == "second") is var (status, _, speed, didSeek, _)) ? (status, speed, didSeek) : default);
        await Worker.Wait.UntilAsync(async () => await PlaybackOfAsync(user, id) is var playback && !(bool)playback["paused"]! && (double?)playback["rate"] == 2.5, TimeSpan.FromSeconds(10), "the run to go on");

        // The clock goes on, and never back.
        var times = client.Binary.Where(frame => frame[0] == 2).Select(frame => BitConverter.ToUInt64(frame, 1)).ToArray();
        Assert.NotEmpty(times);
        Assert.Equal(times.Order(), times);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("ours/live")]
    public async Task What_cannot_be_done_is_told_and_changes_nothing()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await client.UntilAsync(seen => StatesOf(seen).Length > 0, "the run to be told of");
        var start = TimeOf(InfoOf(client)!["dataStartTime"]!);
        var random = new Random(7);
        (byte[] Sent, string Told)[] wrong =
        [
            (RequestOf(isPause: true, 1, start - 1, "before"), "a run can be sent to times from"),
            (RequestOf(isPause: true, 1, start + 61_000_000_000, "after"), "a run can be sent to times from"),
            (RequestOf(isPause: true, 1, ulong.MaxValue, "never"), "a run can be sent to times from"),
            (RequestOf(isPause: true, 0, null, "still"), "the speed of a run is"),
            (RequestOf(isPause: true, -1, null, "back"), "the speed of a run is"),
            (RequestOf(isPause: true, float.NaN, null, "odd"), "the speed of a run is"),
            ([], "no binary message that this server knows"),
            ([9], "no binary message that this server knows"),
            ([3, 1], "no binary message that this server knows"),
            ([3, 7, .. RequestOf(isPause: true, 1, null, "x")[2..]], "no binary message that this server knows"),
            (RequestOf(isPause: true, 1, null, "cut off")[..^1], "no binary message that this server knows"),
            ([2, 1, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255], "no binary message that this server knows"),
            .. Enumerable.Range(0, 50).Select(_ =>
            {
                var garbage = new byte[random.Next(1, 400)];
                random.NextBytes(garbage);
                garbage[0] = (byte)(4 + (garbage[0] % 250));
                return (garbage, "no binary message that this server knows");
            }),
        ];
        foreach (var (index, (sent, told)) in wrong.Index())
        {
            await client.SendAsync(sent);
            await client.UntilAsync(seen => ToldOf(seen).Length == index + 1, $"an answer to {Convert.ToHexString(sent)}");
            Assert.Contains(told, ToldOf(client)[^1], StringComparison.Ordinal);
        }
        Assert.False((bool)(await PlaybackOfAsync(user, id))["paused"]!);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    /// <summary>The library of those that can do with the older protocol fails on messages that it does not know.</summary>
    [Theory]
    [InlineData(Older)]
    [InlineData(Sdk, Older)]
    [Contract("ours/live")]
    public async Task Client_that_offers_the_older_protocol_gets_no_frames_of_time_and_playback(params string[] subprotocols)
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), subprotocols);
        await client.UntilAsync(seen => InfoOf(seen) is not null, "serverInfo");
        Assert.Equal(["parameters", "parametersSubscribe", "services"], InfoOf(client)!["capabilities"]!.AsArray().Select(capability => (string)capability!));
        Assert.Null(InfoOf(client)!["dataStartTime"]);
        await client.SendAsync(RequestOf(isPause: true, 1, null, "x"));
        await client.UntilAsync(seen => ToldOf(seen).Length == 1, "an answer");
        await client.SendAsync("""{"op":"subscribeParameterUpdates","parameterNames":[]}""");
        await client.UntilAsync(seen => ValuesOf(seen).Length > 0, "parameters");

        Assert.Empty(client.Binary);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Sdk)]
    [InlineData(Older)]
    [Contract("ours/live")]
    public async Task Parameters_are_read_changed_and_told(string subprotocol)
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), subprotocol);
        await client.SendAsync("""{"op":"subscribeParameterUpdates","parameterNames":["rate","paused","weather"]}""");
        await client.UntilAsync(seen => ValuesOf(seen).Length == 1, "the parameters");
        Assert.Equal("""[{"name":"rate","value":1,"type":"float64"},{"name":"paused","value":false}]""", ValuesOf(client)[0]["parameters"]!.ToJsonString());

        await client.SendAsync("""{"op":"setParameters","id":"set","parameters":[{"name":"rate","value":0.5},{"name":"paused","value":true}]}""");
        await client.UntilAsync(seen => ValuesOf(seen).Any(values => (string?)values["id"] == "set"), "an answer");
        Assert.Equal("""[{"name":"rate","value":0.5,"type":"float64"},{"name":"paused","value":true}]""", ValuesOf(client).Single(values => (string?)values["id"] == "set")["parameters"]!.ToJsonString());
        await Worker.Wait.UntilAsync(async () => await PlaybackOfAsync(user, id) is var playback && (bool)playback["paused"]! && (double?)playback["rate"] == 0.5, TimeSpan.FromSeconds(10), "the run to be paused");

        // Also what somebody else changes.
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/rate", new { rate = 3 })).Expect(HttpStatusCode.OK);
        await client.UntilAsync(seen => ValuesOf(seen).Any(values => values["id"] is null && values["parameters"]!.AsArray().Any(parameter => (string)parameter!["name"]! == "rate" && (double)parameter["value"]! == 3)), "the rate to be told");
        (string Sent, string Told)[] wrong =
        [
            ("""{"name":"rate","value":0}""", "rate is a number from"), ("""{"name":"rate","value":"fast"}""", "rate is a number from"), ("""{"name":"rate"}""", "rate is a number from"),
            ("""{"name":"paused","value":1}""", "paused is true or false"), ("""{"name":"weather","value":1}""", "there is no parameter 'weather'"), ("7", "there is no parameter ''"),
        ];
        foreach (var (index, (sent, told)) in wrong.Index())
        {
            await client.SendAsync($$"""{"op":"setParameters","parameters":[{{sent}}]}""");
            await client.UntilAsync(seen => ToldOf(seen).Length == index + 1, $"an answer to {sent}");
            Assert.Contains(told, ToldOf(client)[^1], StringComparison.Ordinal);
        }
        await client.SendAsync("""{"op":"getParameters","parameterNames":["paused"],"id":"get"}""");
        await client.UntilAsync(seen => ValuesOf(seen).Any(values => (string?)values["id"] == "get"), "an answer");
        Assert.Equal("""[{"name":"paused","value":true}]""", ValuesOf(client).Single(values => (string?)values["id"] == "get")["parameters"]!.ToJsonString());
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Sdk)]
    [InlineData(Older)]
    [Contract("ours/live", "ours/faults")]
    public async Task Faults_are_injected_told_and_taken_away_as_a_parameter(string subprotocol)
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), subprotocol);
        await client.SendAsync("""{"op":"subscribeParameterUpdates","parameterNames":["faults"]}""");
        await client.UntilAsync(seen => ValuesOf(seen).Length == 1, "the parameter");
        Assert.Equal("""[{"name":"faults","value":[]}]""", ValuesOf(client)[0]["parameters"]!.ToJsonString());

        var set = await SetAsync("""[{"faults":[{"kind":"drop","rate":0.5}]}]""");
        var group = (long)set["value"]![0]!["groupId"]!;
        Assert.Equal($$"""[{"groupId":{{group}},"faults":[{"kind":"drop","rate":0.5}]}]""", set["value"]!.ToJsonString());
        Assert.Equal(set["value"]!.ToJsonString(), (await PlaybackOfAsync(user, id))["injectedFaults"]!.ToJsonString());
        // As a text, which is what the protocol's text allows, and what was told is taken as it is.
        Assert.Equal("freeze", (string)(await SetAsync("\"[{\\\"faults\\\":[{\\\"kind\\\":\\\"freeze\\\",\\\"for\\\":3}]}]\""))["value"]![0]!["faults"]![0]!["kind"]!);
        Assert.Equal(set["value"]!.ToJsonString(), (await SetAsync(set["value"]!.ToJsonString()))["value"]!.ToJsonString());
        Assert.Equal("[]", (await SetAsync("null"))["value"]!.ToJsonString());
        Assert.Null((await PlaybackOfAsync(user, id))["injectedFaults"]);

        // Also what somebody else injects.
        (await user.PutAsync($"/api/simulation/{id}/execution/{execution}/faults", new { faults = new[] { new { kind = "reorder", rate = 1 } } })).Expect(HttpStatusCode.OK);
        await client.UntilAsync(seen => ValuesOf(seen).Any(values => values["id"] is null && values.ToJsonString().Contains("reorder", StringComparison.Ordinal)), "the fault to be told");
        (string Value, string Told)[] wrong =
        [
            ("7", "faults is a list such as"), ("true", "faults is a list such as"), ("\"drop\"", "faults is a list such as"), ("[null]", "faults is a list such as"), ("{}", "faults is a list such as"), ("""[{"faults":7}]""", "faults is a list such as"),
            ("[{}]", "[0].faults"), ("""[{"faults":[{"kind":"drop"}]}]""", "[0].faults[0].rate"), ("""[{"groupId":99999999,"faults":[]}]""", "99999999"),
        ];
        foreach (var (index, (value, told)) in wrong.Index())
        {
            await client.SendAsync($$"""{"op":"setParameters","parameters":[{"name":"faults","value":{{value}}}]}""");
            await client.UntilAsync(seen => ToldOf(seen).Length == index + 1, $"an answer to {value}");
            Assert.Contains(told, ToldOf(client)[^1], StringComparison.Ordinal);
        }
        Assert.Contains("reorder", (await PlaybackOfAsync(user, id))["injectedFaults"]!.ToJsonString(), StringComparison.Ordinal);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);

        async Task<JsonNode> SetAsync(string value)
        {
            var request = Guid.NewGuid().ToString();
            await client.SendAsync($$"""{"op":"setParameters","id":"{{request}}","parameters":[{"name":"faults","value":{{value}}}]}""");
            await client.UntilAsync(seen => ValuesOf(seen).Any(values => (string?)values["id"] == request), "an answer");
            return ValuesOf(client).Single(values => (string?)values["id"] == request)["parameters"]![0]!;
        }
    }

    [Theory]
    [InlineData(Sdk)]
    [InlineData(Older)]
    [Contract("ours/live")]
    public async Task Services_pause_resume_and_stop_the_run(string subprotocol)
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), subprotocol);
        await client.UntilAsync(seen => OperationsOf(seen, "advertiseServices").Length == 1, "services");
        var services = OperationsOf(client, "advertiseServices")[0]["services"]!.AsArray();
        Assert.All(services, service => Assert.Equal("std_srvs/srv/Trigger", (string)service!["type"]!));
        var codec = new MessageCodec(MessageSchema.Parse("std_srvs/msg/Trigger_Response", (string)services[0]!["response"]!["schema"]!, "ros2msg"));

        Assert.Equal((true, ""), await CallAsync("/pause"));
        await UntilAsync(paused: true);
        Assert.Equal((true, ""), await CallAsync("/play_next"));
        Assert.Equal((true, ""), await CallAsync("/resume"));
        await UntilAsync(paused: false);
        Assert.Equal((false, "The run is not paused. Pause it first."), await CallAsync("/play_next"));
        await client.SendAsync(CallOf(99, 5, "cdr"));
        await client.SendAsync(CallOf(1, 6, "json"));
        await client.UntilAsync(seen => OperationsOf(seen, "serviceCallFailure").Length == 2, "refusals");
        Assert.Equal([(99, 5, "there is no service 99"), (1, 6, "calls are encoded as cdr")], OperationsOf(client, "serviceCallFailure").Select(failure => ((int)failure["serviceId"]!, (int)failure["callId"]!, (string)failure["message"]!)));
        Assert.Equal((true, ""), await CallAsync("/stop"));
        await client.UntilAsync(seen => seen.Closed is not null, "the end of the run");

        Task UntilAsync(bool paused) => Worker.Wait.UntilAsync(async () => (bool)(await PlaybackOfAsync(user, id))["paused"]! == paused, TimeSpan.FromSeconds(10), "the run to follow");

        async Task<(bool Success, string Message)> CallAsync(string name)
        {
            var service = (uint)services.Single(service => (string)service!["name"]! == name)!["id"]!;
            var call = (uint)Random.Shared.Next(1000, int.MaxValue);
            await client.SendAsync(CallOf(service, call, "cdr"));
            byte[] head = [3, .. BitConverter.GetBytes(service), .. BitConverter.GetBytes(call), 3, 0, 0, 0, .. "cdr"u8];
            await client.UntilAsync(seen => seen.Binary.Any(frame => frame.AsSpan().StartsWith(head)), $"the answer of {name}");
            var answer = codec.Decode(client.Binary.Single(frame => frame.AsSpan().StartsWith(head)).AsSpan(head.Length));
            return (answer.Get<bool>("success"), answer.Get<string>("message"));
        }
    }

    private static byte[] CallOf(uint service, uint call, string encoding) =>
        [2, .. BitConverter.GetBytes(service), .. BitConverter.GetBytes(call), .. BitConverter.GetBytes((uint)encoding.Length), .. Encoding.UTF8.GetBytes(encoding), 0, 1, 0, 0, 0];

    private static byte[] RequestOf(bool isPause, float speed, ulong? seekTo, string id) =>
    [
        3, isPause ? (byte)1 : (byte)0, .. BitConverter.GetBytes(speed), seekTo is null ? (byte)0 : (byte)1, .. BitConverter.GetBytes(seekTo ?? 0), .. BitConverter.GetBytes((uint)id.Length), .. Encoding.UTF8.GetBytes(id),
    ];

    private static (int Status, ulong Time, float Speed, bool DidSeek, string Id)[] StatesOf(ViewerClient client) =>
    [
        .. client.Binary.Where(frame => frame[0] == 5).Select(frame => (
            (int)frame[1], BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(2)), BinaryPrimitives.ReadSingleLittleEndian(frame.AsSpan(10)), frame[14] == 1,
            Encoding.UTF8.GetString(frame.AsSpan(19, (int)BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(15)))))),
    ];

    private static JsonNode? InfoOf(ViewerClient client) => OperationsOf(client, "serverInfo").SingleOrDefault();

    private static JsonNode[] ValuesOf(ViewerClient client) => OperationsOf(client, "parameterValues");

    private static string[] ToldOf(ViewerClient client) => [.. OperationsOf(client, "status").Select(operation => (string)operation["message"]!)];

    private static JsonNode[] OperationsOf(ViewerClient client, string name) => [.. client.Operations.Where(operation => (string)operation["op"]! == name)];

    private static ulong TimeOf(JsonNode time) => ((ulong)time["sec"]! * 1_000_000_000) + (ulong)time["nsec"]!;

    private static async Task<JsonNode> PlaybackOfAsync(ApiClient user, long id) => (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["playback"]!;

    private static Uri AddressOf(ApiClient user, long simulation, long execution) => ViewerClient.AddressOf(user.Address, simulation, execution, user.Token, "live");

    private async Task<(long Simulation, long Execution)> StartAsync(ApiClient user)
    {
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var template = await TestBundle.UploadAsync(user, folder["robot"], Plans.NewName());
        var group = new { templateId = template, autonomousAgentCount = 3, executionTime = 120, repeatCount = 1 };
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), group));
        return (id, await ExecutionTests.StartAsync(user, id));
    }
}
