using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Replay.Rosbridge;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>All bags of this repository, as templates and as what agents play, watched with Foxglove's client library.</summary>
public sealed class BagViewTests(ApiFixture fixture) : IDisposable
{
    private const string Older = "foxglove.websocket.v1";
    private const long Millisecond = 1_000_000;

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Bags => [.. Directory.EnumerateDirectories(TestBundle.Folder("")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Bags))]
    [Contract("ours/recording-live")]
    public async Task Client_decodes_every_message_of_every_topic_of_a_recording(string bag)
    {
        using var user = await fixture.UserAsync();
        using var recorded = new RecordedMessages(TestBundle.Folder(bag));
        var template = await TestBundle.UploadAsync(user, TestBundle.Folder(bag), Plans.NewName());

        await using var client = await StartAsync(ViewerClient.AddressOf(user, template, "&rate=20"), recorded.Topics.Count);
        await client.UntilAsync(lines => ToldOf(lines).Any(text => text.StartsWith("the recording has", StringComparison.Ordinal)), "the end of the recording");

        var isEmpty = recorded.Topics.All(topic => !recorded.TimesOf(topic).Any());
        Assert.Equal(isEmpty ? "the recording has no messages" : "the recording has ended; it begins again when it is resumed", ToldOf(client.Lines)[^1]);
        Assert.Equal(recorded.Topics.Order(StringComparer.Ordinal), client.Lines.Where(line => (string)line["op"]! == "channel").Select(channel => (string)channel["topic"]!).Order(StringComparer.Ordinal));
        AssertRawOnesAreSaid(client.Lines, recorded.Topics.Where(topic => !recorded.HasDefinition(topic)));
        var messages = MessagesOf(client.Lines);
        foreach (var topic in recorded.Topics)
        {
            AssertDecoded(recorded, topic, messages[topic]);
            // As they were recorded, not as they were played.
            Assert.Equal(recorded.TimesOf(topic).Select(time => recorded.Start + time), messages[topic].Select(StampOf));
        }
    }

    /// <summary>A group of two agents for each bag, in one run.</summary>
    [Fact]
    [Contract("ours/live")]
    public async Task Client_decodes_every_message_of_every_topic_of_agents_that_play_these_bags()
    {
        const int rate = 4;
        // Fetches the client's packages the first time, which takes longer than the run waits.
        await NpmPackages.FolderAsync();
        using var user = await fixture.UserAsync();
        string[] bags = [.. Bags.Select(row => row.Data).Where(bag => bag != "empty_bag")];
        var recorded = bags.Select(bag => new RecordedMessages(TestBundle.Folder(bag))).ToArray();
        List<object> groups = [];
        foreach (var bag in bags)
        {
            var template = await TestBundle.UploadAsync(user, TestBundle.Folder(bag), Plans.NewName());
            groups.Add(new { templateId = template, autonomousAgentCount = 2, executionTime = 120, repeatCount = 1, playback = new { rate, delay = 5 } });
        }
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), [.. groups]));
        var execution = await ExecutionTests.StartAsync(user, id);

        await using var client = await StartAsync(ViewerClient.AddressOf(user.Address, id, execution, user.Token, "live"), FleetFeed.Topics.Count + recorded.Sum(bag => 2 * (bag.Topics.Count + 1)));
        await client.UntilAsync(lines => lines is [.., var last] && (string)last["op"]! == "close", "the end of the run");

        var messages = MessagesOf(client.Lines);
        AssertRawOnesAreSaid(client.Lines, recorded.SelectMany(bag => bag.Topics.Where(topic => !bag.HasDefinition(topic))));
        foreach (var (index, bag) in recorded.Index())
        {
            foreach (var agent in new[] { (2 * index) + 1, (2 * index) + 2 })
            {
                // An agent's messages are due at the distances at which they were recorded, at four times the speed, whatever their topics.
                var heard = bag.Topics.ToDictionary(topic => topic, topic => messages[$"/instance_{id}_{agent}{(topic.StartsWith('/') ? "" : "/")}{topic}"].ToArray());
                var start = heard.SelectMany(topic => topic.Value.Zip(bag.TimesOf(topic.Key), (message, time) => StampOf(message) - (time / rate))).Min();
                foreach (var (topic, ofTopic) in heard)
                {
                    AssertDecoded(bag, topic, ofTopic);
                    Assert.All(ofTopic.Zip(bag.TimesOf(topic)), pair => Assert.InRange(StampOf(pair.First) - start - (pair.Second / rate), 0, 10 * Millisecond));
                }
            }
        }
        foreach (var bag in recorded) bag.Dispose();
    }

    [Theory]
    [InlineData(new long[] { 30 * Millisecond, 10 * Millisecond, 20 * Millisecond })]
    [InlineData(new long[] { 7, 7, 7, 7 })]
    [InlineData(new long[] { -20 * Millisecond, -10 * Millisecond, 0 })]
    [InlineData(new long[] { long.MaxValue - 1, long.MaxValue })]
    [InlineData(new long[] { long.MinValue, long.MinValue + 1 })]
    [Contract("ours/recording-live")]
    public async Task Odd_timestamps_are_played_in_order_and_those_before_1970_stamped_with_its_first_moment(long[] times)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user, BagFixtures.WriteBag(_folder["bag"], times), Plans.NewName());
        await using var client = await ViewerClient.ConnectAsync(ViewerClient.AddressOf(user, template), Older);
        await client.UntilAsync(seen => seen.Channels.Count() == 2, "the channels");

        await client.SendAsync("""{"op":"subscribe","subscriptions":[{"id":1,"channelId":1},{"id":2,"channelId":2}]}""");
        await client.UntilAsync(seen => seen.Operations.Any(operation => (string)operation["op"]! == "status"), "the end");

        Assert.Equal(times.Order().Select(time => (ulong)Math.Max(0, time)), client.Binary.Select(frame => BitConverter.ToUInt64(frame, 5)).Order());
    }

    private static async Task<RosbridgeServer.LineProcess> StartAsync(Uri address, int channels) =>
        new(await NpmPackages.StartAsync("foxglove-client.mjs", [address.ToString(), Older, channels.ToString(CultureInfo.InvariantCulture)]));

    private static void AssertDecoded(RecordedMessages recorded, string topic, IEnumerable<JsonNode> messages)
    {
        Assert.Equal(recorded.BytesOf(topic), messages.Select(message => (string)message["bytes"]!));
        if (recorded.HasDefinition(topic)) Assert.All(messages, message => Assert.IsType<JsonArray>(message["fields"]));
        else Assert.All(messages, message => Assert.Null(message["fields"]));
    }

    private static void AssertRawOnesAreSaid(IReadOnlyList<JsonNode> lines, IEnumerable<string> topics)
    {
        var said = ToldOf(lines).Where(text => text.Contains("can only be shown raw", StringComparison.Ordinal)).ToArray();
        var typeOf = lines.Where(line => (string)line["op"]! == "channel").ToLookup(channel => (string)channel["topic"]!, channel => (string)channel["type"]!);
        var isRaw = lines.Where(line => (string)line["op"]! == "channel" && (bool)line["isRaw"]!).Select(channel => (string)channel["type"]!).Distinct().ToArray();
        Assert.Equal(topics.Any(), isRaw.Length > 0);
        Assert.All(topics.Where(typeOf.Contains), topic => Assert.Contains(typeOf[topic].Single(), isRaw));
        Assert.All(isRaw, type => Assert.Single(said, text => text.Contains(type, StringComparison.Ordinal)));
    }

    private static string[] ToldOf(IReadOnlyList<JsonNode> lines) => [.. lines.Where(line => (string)line["op"]! == "status").Select(line => (string)line["status"]!["message"]!)];

    private static ILookup<string, JsonNode> MessagesOf(IReadOnlyList<JsonNode> lines) => lines.Where(line => (string)line["op"]! == "message").ToLookup(line => (string)line["topic"]!);

    private static long StampOf(JsonNode message) => long.Parse((string)message["timestamp"]!, CultureInfo.InvariantCulture);
}
