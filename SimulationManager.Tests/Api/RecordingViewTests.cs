using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>A template's recording in Foxglove: every client has a playback of its own.</summary>
public sealed class RecordingViewTests(ApiFixture fixture) : IDisposable
{
    private const string Sdk = "foxglove.sdk.v1", Older = "foxglove.websocket.v1";
    private const long Second = 1_000_000_000;

    /// <summary>The first message of the recordings.</summary>
    private const long Start = 1_700_000_000 * Second;

    /// <summary>Seconds of <see cref="WriteMap"/>.</summary>
    private const int Length = 60;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Contract("ours/recording-live")]
    public async Task Client_with_controls_seeks_and_gets_what_is_latched_there_first()
    {
        using var user = await fixture.UserAsync();
        await using var client = await ConnectAsync(user, await UploadMapAsync(user), Sdk);
        var info = InfoOf(client);
        Assert.Equal(["parameters", "parametersSubscribe", "time", "playbackControl"], info["capabilities"]!.AsArray().Select(capability => (string)capability!));
        Assert.Equal((Start, Start + (Length * Second)), (TimeOf(info["dataStartTime"]!), TimeOf(info["dataEndTime"]!)));
        await client.UntilAsync(seen => StatesOf(seen).Length > 0, "the state");
        // It waits until something can be seen.
        Assert.Equal((1, Start, 1f, false, ""), StatesOf(client)[0]);
        await SubscribeAsync(client);
        await client.UntilAsync(seen => MessagesOf(seen).Any(message => message.Subscription == CountId), "the first messages");
        Assert.Equal([("first", Start)], MessagesOf(client).Where(message => message.Subscription == MapId).Select(message => (message.Text, message.Stamp)));
        Assert.Contains(StatesOf(client), state => state.Status == 0);

        // A time between two messages, for long enough to see that nothing comes meanwhile.
        var (before, paused) = await SeekAsync(client, isPause: true, 1, (30 * Second) + 100, "paused");
        Assert.Equal((1, Start + (30 * Second) + 100, 1f, true), paused);
        await client.UntilAsync(seen => MessagesOf(seen, before).Length > 0, "what is latched");
        var (_, rate) = await CommandAsync(client, isPause: false, 10, "play");
        Assert.Equal((0, 10f, false), (rate.Status, rate.Speed, rate.DidSeek));
        await client.UntilAsync(seen => MessagesOf(seen, before).Length >= 4, "messages from there on");
        Assert.Equal([("second", Start + (20 * Second)), ("301", At(30.1)), ("302", At(30.2)), ("303", At(30.3))], MessagesOf(client, before)[..4].Select(message => (message.Text, message.Stamp)));
        // The clock follows.
        var times = TimesOf(client, before);
        Assert.NotEmpty(times);
        Assert.All(times, time => Assert.InRange(time, Start + (30 * Second), Start + (Length * Second)));
        Assert.Equal(times.Order(), times);

        var (nearEnd, _) = await SeekAsync(client, isPause: false, 10, 59 * Second, "end");
        await client.UntilAsync(seen => StatesOf(seen, nearEnd).Any(state => state.Status == 3), "the end");
        Assert.Equal(["second", .. Enumerable.Range(590, 11).Select(number => $"{number}")], MessagesOf(client, nearEnd).Select(message => message.Text));
        var ended = StatesOf(client, nearEnd)[^1];
        Assert.Equal((3, Start + (Length * Second)), (ended.Status, ended.Time));

        var (again, back) = await SeekAsync(client, isPause: false, 1, 10 * Second, "back");
        Assert.Equal((0, true), (back.Status, back.DidSeek));
        await client.UntilAsync(seen => MessagesOf(seen, again).Length >= 3, "messages from there on");
        Assert.Equal(["first", "100", "101"], MessagesOf(client, again)[..3].Select(message => message.Text));
        Assert.Null(client.Closed);
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task What_cannot_be_done_is_told()
    {
        using var user = await fixture.UserAsync();
        await using var client = await ConnectAsync(user, await UploadMapAsync(user), Sdk);
        (byte[] Sent, string Told)[] wrong =
        [
            (RequestOf(isPause: true, 1, Start - 1, "x"), $"a recording can be sent to times from {Start} to {Start + (Length * Second)}"),
            (RequestOf(isPause: true, 1, Start + (Length * Second) + 1, "x"), "a recording can be sent to times from"),
            (RequestOf(isPause: true, 101, null, "x"), "the speed of a recording is 0.01 to 100"),
            // There are no services.
            ([2, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, .. "cdr"u8], "no binary message that this server knows"),
        ];

        foreach (var (index, (sent, told)) in wrong.Index())
        {
            await client.SendAsync(sent);
            await client.UntilAsync(seen => ToldOf(seen).Length == index + 1, $"an answer to {Convert.ToHexString(sent)}");
            Assert.Contains(told, ToldOf(client)[^1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Older)]
    [InlineData(Sdk, Older)]
    [Contract("ours/recording-live")]
    public async Task Client_without_controls_says_in_the_address_how_it_plays_and_stays_when_it_has_ended(params string[] subprotocols)
    {
        using var user = await fixture.UserAsync();
        await using var client = await ConnectAsync(user, await UploadMapAsync(user), "&rate=100&start=58", subprotocols);
        Assert.Equal(["parameters", "parametersSubscribe"], InfoOf(client)["capabilities"]!.AsArray().Select(capability => (string)capability!));
        await SubscribeAsync(client);
        await client.UntilAsync(seen => ToldOf(seen).Length == 1, "the end");

        string[] played = ["second", .. Enumerable.Range(580, 21).Select(number => $"{number}")];
        Assert.Equal("the recording has ended; it begins again when it is resumed", ToldOf(client)[0]);
        Assert.Equal(played.Order(), MessagesOf(client).Select(message => message.Text).Order());
        Assert.All(client.Binary, frame => Assert.Equal(1, frame[0]));
        await client.SendAsync("""{"op":"setParameters","id":"again","parameters":[{"name":"paused","value":false}]}""");
        await client.UntilAsync(seen => ToldOf(seen).Length == 2, "the end again");

        Assert.Equal(played.Concat(played).Order(), MessagesOf(client).Select(message => message.Text).Order());
        Assert.Null(client.Closed);
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task Loop_begins_again_and_says_so_once()
    {
        using var user = await fixture.UserAsync();
        await using var client = await ConnectAsync(user, await UploadMapAsync(user), "&rate=50&start=59.5&loop=true", Older);
        await SubscribeAsync(client);
        await client.UntilAsync(seen => MessagesOf(seen).Count(message => message.Text == "600") == 3, "three passes");

        Assert.Equal(["the recording has ended and begins again, over and over"], ToldOf(client));
        Assert.Equal(["595", "596", "597", "598", "599", "600", "second"], MessagesOf(client).Take(7).Select(message => message.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task Two_clients_play_the_same_recording_apart()
    {
        using var user = await fixture.UserAsync();
        var template = await UploadMapAsync(user);
        await using var one = await ConnectAsync(user, template, Sdk);
        await using var other = await ConnectAsync(user, template, Sdk);
        await SubscribeAsync(one);
        await SubscribeAsync(other);

        await SeekAsync(one, isPause: true, 1, 50 * Second, "one");
        await other.UntilAsync(seen => MessagesOf(seen).Length >= 5, "messages of the other");

        Assert.Equal(["0", "1", "2", "3"], MessagesOf(other).Where(message => message.Subscription == CountId).Take(4).Select(message => message.Text));
        Assert.DoesNotContain(StatesOf(other), state => state.DidSeek);
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task Client_that_does_not_read_loses_messages_and_is_told()
    {
        const int messages = 600;
        using var user = await fixture.UserAsync();
        using (var writer = BagWriter.Create(_folder["big"]))
        {
            var topic = writer.AddTopic(BagFixtures.Topic("/big"));
            for (var number = 0; number < messages; number++) writer.Write(topic, Start + (number * Second / 100), new byte[100_000]);
            writer.Complete();
        }
        await using var client = await ConnectAsync(user, await TestBundle.UploadAsync(user, _folder["big"], Plans.NewName()), "&rate=10", Older);
        await client.StopReadingAsync();
        await client.SendAsync("""{"op":"subscribe","subscriptions":[{"id":1,"channelId":1}]}""");
        // Another one tells that all of it was put out by then.
        await using var other = await ConnectAsync(user, await UploadMapAsync(user), "&rate=60", Older);
        await SubscribeAsync(other);
        await other.UntilAsync(seen => ToldOf(seen).Length == 1, "the end");
        client.ReadAgain();
        await client.UntilAsync(seen => ToldOf(seen).Any(text => text.StartsWith("the recording has ended", StringComparison.Ordinal)), "the end");

        var lost = messages - client.Binary.Count;
        Assert.InRange(lost, 1, messages - 1);
        Assert.Contains(ToldOf(client), text => text.Contains("messages were left out", StringComparison.Ordinal));
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task Whoever_must_not_watch_or_asks_for_what_there_is_not_is_refused()
    {
        using var user = await fixture.UserAsync();
        var template = await UploadMapAsync(user);

        Assert.Equal(HttpStatusCode.Unauthorized, await ViewerClient.RefusalAsync(new Uri($"ws://{user.Address.Authority}/api/template/{template}/live"), Sdk));
        Assert.Equal(HttpStatusCode.NotFound, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user, 99_999_999), Sdk));
        Assert.Equal(HttpStatusCode.BadRequest, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user, template), "rosbridge"));
        foreach (var (query, field, message) in new[]
        {
            ("rate=0", "rate", "must be a number from 0.01 to 100."), ("rate=NaN", "rate", "must be a number from 0.01 to 100."), ("rate=fast", "rate", "must be a number from 0.01 to 100."),
            ("start=-1", "start", "must be a number from 0 to 4611686018."), ("loop=often", "loop", "must be one of: true, false."),
        })
        {
            var refused = (await user.GetAsync($"/api/template/{template}/live?{query}")).Expect(HttpStatusCode.BadRequest);
            Assert.Contains($"{field}: {message}", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.BadRequest, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user, template, "&start=60.5"), Sdk));
        Assert.Contains("ws://", (await user.GetAsync($"/api/template/{template}/live")).Expect(HttpStatusCode.BadRequest).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("ours/recording-live")]
    public async Task No_more_recordings_are_watched_at_once_than_the_server_takes()
    {
        var settings = await fixture.NewSystemAsync();
        (settings["Viewing:MaxPlaybacks"], settings["Viewing:MaxBytes"]) = ("1", "200000");
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var (small, large) = (await TestBundle.UploadAsync(admin), await TestBundle.UploadAsync(admin, WriteNoise(), Plans.NewName()));

        Assert.Equal(HttpStatusCode.Conflict, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(admin, large), Sdk));
        await using (var client = await ConnectAsync(admin, small, Sdk)) Assert.Equal(HttpStatusCode.ServiceUnavailable, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(admin, small), Sdk));
        // The place of one that has left is free again.
        await Worker.Wait.UntilAsync(async () => await ViewerClient.StatusAsync(ViewerClient.AddressOf(admin, small), options => options.AddSubProtocol(Sdk)) == HttpStatusCode.SwitchingProtocols, TimeSpan.FromSeconds(10), "the place to be free");
    }

    private const int MapId = 1, CountId = 2;

    private static long At(double seconds) => Start + (long)Math.Round(seconds * Second);

    /// <summary>A transient-local topic with a message at 0 and one at 20 s, and a message each tenth of a second.</summary>
    private static void WriteMap(string folder)
    {
        using var writer = BagWriter.Create(folder);
        var map = writer.AddTopic(new BagTopic { Name = "/map", Type = "std_msgs/msg/String", OfferedQosProfiles = QosProfile.FormatList([new QosProfile { Durability = QosDurability.TransientLocal }]) });
        var count = writer.AddTopic(BagFixtures.Topic("/count"));
        writer.Write(map, Start, PayloadOf("first"));
        for (var number = 0; number <= Length * 10; number++)
        {
            writer.Write(count, Start + (number * Second / 10), PayloadOf($"{number}"));
            if (number == 200) writer.Write(map, Start + (20 * Second), PayloadOf("second"));
        }
        writer.Complete();
    }

    private static byte[] PayloadOf(string text) => [0, 1, 0, 0, .. BitConverter.GetBytes(text.Length + 1), .. Encoding.ASCII.GetBytes(text), 0];

    private string WriteNoise()
    {
        var folder = _folder["noise"];
        using var writer = BagWriter.Create(folder);
        var topic = writer.AddTopic(BagFixtures.Topic("/noise"));
        writer.Write(topic, Start, new byte[300_000]);
        writer.Complete();
        return folder;
    }

    private async Task<long> UploadMapAsync(ApiClient user)
    {
        var folder = _folder["map"];
        if (!Directory.Exists(folder)) WriteMap(folder);
        return await TestBundle.UploadAsync(user, folder, Plans.NewName());
    }

    private static Task<ViewerClient> ConnectAsync(ApiClient user, long template, string subprotocol) => ConnectAsync(user, template, "", subprotocol);

    private static async Task<ViewerClient> ConnectAsync(ApiClient user, long template, string query, params string[] subprotocols)
    {
        var client = await ViewerClient.ConnectAsync(ViewerClient.AddressOf(user, template, query), subprotocols);
        await client.UntilAsync(seen => seen.Channels.Any(), "the channels");
        return client;
    }

    private static Task SubscribeAsync(ViewerClient client)
    {
        var channels = client.Channels.ToDictionary(channel => (string)channel["topic"]!, channel => (int)channel["id"]!);
        return client.SendAsync($$"""{"op":"subscribe","subscriptions":[{"id":{{MapId}},"channelId":{{channels["/map"]}}},{"id":{{CountId}},"channelId":{{channels["/count"]}}}]}""");
    }

    private static async Task<(int Place, (int Status, long Time, float Speed, bool DidSeek) State)> SeekAsync(ViewerClient client, bool isPause, float speed, long position, string id) =>
        await AnswerAsync(client, RequestOf(isPause, speed, Start + position, id), id);

    private static async Task<(int Place, (int Status, long Time, float Speed, bool DidSeek) State)> CommandAsync(ViewerClient client, bool isPause, float speed, string id) =>
        await AnswerAsync(client, RequestOf(isPause, speed, null, id), id);

    /// <summary>The answer to a request, and its place among what came as bytes.</summary>
    private static async Task<(int Place, (int Status, long Time, float Speed, bool DidSeek) State)> AnswerAsync(ViewerClient client, byte[] request, string id)
    {
        await client.SendAsync(request);
        await client.UntilAsync(seen => StatesOf(seen).Any(state => state.Id == id), $"the answer to {id}");
        var place = client.Binary.ToList().FindIndex(frame => frame[0] == 5 && StateOf(frame).Id == id);
        var (status, time, speed, didSeek, _) = StateOf(client.Binary[place]);
        return (place, (status, time, speed, didSeek));
    }

    private static byte[] RequestOf(bool isPause, float speed, long? seekTo, string id) =>
    [
        3, isPause ? (byte)1 : (byte)0, .. BitConverter.GetBytes(speed), seekTo is null ? (byte)0 : (byte)1, .. BitConverter.GetBytes(seekTo ?? 0), .. BitConverter.GetBytes((uint)id.Length), .. Encoding.UTF8.GetBytes(id),
    ];

    private static (int Status, long Time, float Speed, bool DidSeek, string Id) StateOf(byte[] frame) =>
        (frame[1], BinaryPrimitives.ReadInt64LittleEndian(frame.AsSpan(2)), BinaryPrimitives.ReadSingleLittleEndian(frame.AsSpan(10)), frame[14] == 1, Encoding.UTF8.GetString(frame.AsSpan(19)));

    private static (int Status, long Time, float Speed, bool DidSeek, string Id)[] StatesOf(ViewerClient client, int from = 0) => [.. client.Binary.Skip(from).Where(frame => frame[0] == 5).Select(StateOf)];

    private static (int Subscription, long Stamp, string Text)[] MessagesOf(ViewerClient client, int from = 0) =>
        [.. client.Binary.Skip(from).Where(frame => frame[0] == 1).Select(frame => (BitConverter.ToInt32(frame, 1), BitConverter.ToInt64(frame, 5), Encoding.ASCII.GetString(frame.AsSpan(21..^1))))];

    private static long[] TimesOf(ViewerClient client, int from) => [.. client.Binary.Skip(from).Where(frame => frame[0] == 2).Select(frame => BitConverter.ToInt64(frame, 1))];

    private static JsonNode InfoOf(ViewerClient client) => client.Operations.Single(operation => (string)operation["op"]! == "serverInfo");

    private static long TimeOf(JsonNode time) => ((long)time["sec"]! * Second) + (long)time["nsec"]!;

    private static string[] ToldOf(ViewerClient client) => [.. client.Operations.Where(operation => (string)operation["op"]! == "status").Select(operation => (string)operation["message"]!)];
}
