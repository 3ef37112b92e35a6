using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Replay.Dds;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Api;

/// <summary>A run listens to the system under test; what was published there is in its recordings.</summary>
public sealed class ListeningTests(ApiFixture fixture) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Contract("ours/listen", "ours/recordings")]
    public async Task What_was_published_during_a_run_is_in_its_recordings_byte_for_byte_until_the_simulation_is_deleted()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("#", quality: 1);
        using var user = await fixture.UserAsync();
        var address = $"mqtt://127.0.0.1:{broker.Port}";
        var template = await TestBundle.UploadAsync(user);
        var plan = Plan(
            new { endpoint = address, topics = new[] { "sut/#", "fleet/+/+/turtle1/cmd_vel" } },
            new { templateId = template, autonomousAgentCount = 2, executionTime = 60, repeatCount = 1, playback = new { rate = 1 }, output = new { endpoints = new[] { broker.Address("qos=1") } } });
        var id = await Plans.CreateAsync(user, plan);
        var execution = await ExecutionTests.StartAsync(user, id);
        await UntilListeningAsync(user, id);
        var noise = RandomNumberGenerator.GetBytes(50_000);
        await broker.PublishAsync("sut/order/1", """{"goTo":"dock"}""");
        await broker.PublishAsync("sut/blob", noise, "-q", "1");
        await UntilEndedAsync(user, id);

        var listed = await RecordingsAsync(user, id, execution);
        await subscriber.UntilAsync(messages => messages.Count(IsRecorded) == (2 * 113) + 2, "all messages");
        var file = Assert.Single(listed["recordings"]!.AsArray())!;
        var path = _folder[(string)file["fileName"]!];
        var bytes = await DownloadAsync(user, id, execution, (string)file["fileName"]!);
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var published = subscriber.Messages.Where(IsRecorded).Select(message => $"{message.Topic}|{Convert.ToHexStringLower(SHA256.HashData(message.Payload))}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(published, Read(path).Order(StringComparer.Ordinal));
        Assert.Equal(published, (await NpmPackages.RunAsync("mcap.mjs", ["streamed", path])).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('|')).Select(parts => $"{parts[0]}|{parts[2]}").Order(StringComparer.Ordinal));
        using (var bag = BagReader.Open(path))
        {
            Assert.Contains(bag.Topics, topic => (topic.Name, topic.SerializationFormat) == ("sut/order/1", "json"));
            var agents = bag.Topics.Where(topic => topic.Name.EndsWith("cmd_vel", StringComparison.Ordinal)).ToList();
            Assert.Equal(("geometry_msgs/msg/Twist", "cdr"), agents.Select(topic => (topic.Type, topic.SerializationFormat)).Distinct().Single());
            Assert.Contains(bag.MessageDefinitions, definition => definition.TopicType == "geometry_msgs/msg/Twist");
            Assert.Equal($"{execution}", bag.MetadataRecords.Single(record => record.Name == "simulation-manager").Values["executionId"]);
        }
        var report = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["listening"]!;
        Assert.Equal(listed["listening"]!.ToJsonString(), report.ToJsonString());
        Assert.Equal((address, 228L, 0L, 4, 0), ((string)report[0]!["endpoint"]!, (long)report[0]!["messages"]!, (long)report[0]!["missed"]!, report[0]!["topics"]!.AsArray().Count, report[0]!["gaps"]!.AsArray().Count));
        Assert.Null(report[0]!["error"]);
        var detail = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!;
        Assert.Equal("sut/#", (string)detail["executionPlan"]!["listen"]![0]!["topics"]![0]!);
        Assert.Equal(address, (string)(await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["listen"]![0]!["endpoint"]!);

        Assert.Equal(bytes[100..200], await DownloadAsync(user, id, execution, (string)file["fileName"]!, HttpStatusCode.PartialContent, request => request.Headers.Range = new RangeHeaderValue(100, 199)));
        Assert.Empty(await DownloadAsync(user, id, execution, (string)file["fileName"]!, HttpStatusCode.NotModified, request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{(string)file["fileName"]!}\""))));
        (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/recordings/other.mcap")).Expect(HttpStatusCode.NotFound);
        (await user.GetAsync($"/api/simulation/{id + 1}/execution/{execution}/recordings")).Expect(HttpStatusCode.NotFound);

        Assert.Equal([$"recordings/{execution}/{(string)file["fileName"]!}"], await KeysAsync(execution));
        (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Accepted);
        await Wait.UntilAsync(async () => (string)(await user.GetAsync($"/api/simulation/{id}/deletion")).Data["status"]! == "COMPLETED", Limit, "the deletion");
        Assert.Empty(await KeysAsync(execution));
        (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/recordings/{(string)file["fileName"]!}")).Expect(HttpStatusCode.NotFound);
        Assert.Equal(228L, (long)(await RecordingsAsync(user, id, execution))["listening"]![0]!["messages"]!);
    }

    [Fact]
    [Contract("ours/listen", "ours/recordings")]
    public async Task Run_that_hears_nothing_completes_all_the_same_and_says_why()
    {
        using var admin = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(admin);
        var nobody = $"mqtt://127.0.0.1:{FreePorts.Draw()}";
        var plan = Plan(new { endpoint = nobody, topics = new[] { "#" } }, new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 5 } }, new { topics = new[] { "#" } });

        var id = await Plans.CreateAsync(admin, plan);
        var execution = await ExecutionTests.StartAsync(admin, id);
        await Wait.UntilAsync(async () => (await StatusAsync(admin, id))["listening"]?[0]?["error"] is { } error && ((string)error!).Contains("nothing listens on", StringComparison.Ordinal), Limit, "the status to say why");
        await UntilEndedAsync(admin, id);
        var listed = await RecordingsAsync(admin, id, execution);

        Assert.Equal("COMPLETED", (string)(await StatusAsync(admin, id))["status"]!);
        Assert.Empty(listed["recordings"]!.AsArray());
        Assert.Equal([nobody, ""], listed["listening"]!.AsArray().Select(endpoint => (string)endpoint!["endpoint"]!));
        Assert.Contains("nothing listens on", (string)listed["listening"]![0]!["error"]!, StringComparison.Ordinal);
        Assert.Contains("no site that has an endpoint", (string)listed["listening"]![1]!["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("ours/listen")]
    public async Task Entry_without_an_address_listens_at_the_site_with_its_credentials()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var admin = await fixture.AdminAsync();
        var site = Plans.NewName();
        (await admin.PostAsync("/api/mec", new { name = site, endpoint = broker.Address() })).Expect(HttpStatusCode.Created);
        var template = await TestBundle.UploadAsync(admin);
        var plan = Plan(new { topics = new[] { "fleet/#" } }, new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 5 } }) with { mecId = site };

        var id = await Plans.CreateAsync(admin, plan);
        var execution = await ExecutionTests.StartAsync(admin, id);
        await UntilEndedAsync(admin, id);

        // Subscribed while the agents are made ready, which nobody waits for: their first messages may be missing.
        var listed = await RecordingsAsync(admin, id, execution);
        Assert.InRange((long)listed["listening"]![0]!["messages"]!, 1, 113);

        // As a worker that was lost half a minute before would have left it.
        await using (var database = NpgsqlDataSource.Create(await fixture.DatabaseAsync()))
        await using (var earlier = database.CreateCommand($"""
            INSERT INTO execution_recordings (execution_id, listener, endpoint, silo, "from", "to", size, topics, missed_elsewhere, gaps)
            SELECT execution_id, listener, endpoint, 'lost', "from" - interval '60 s', "from" - interval '30 s', 0, '[]', 2, '[]' FROM execution_recordings WHERE execution_id = {execution} LIMIT 1
            """))
            Assert.Equal(1, await earlier.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        var report = (await RecordingsAsync(admin, id, execution))["listening"]![0]!;
        var gap = Assert.Single(report["gaps"]!.AsArray())!;
        Assert.Equal(TimeSpan.FromSeconds(30), (DateTimeOffset)gap["to"]! - (DateTimeOffset)gap["from"]!);
        Assert.Contains("was lost", (string)gap["reason"]!, StringComparison.Ordinal);
        Assert.Equal((long)listed["listening"]![0]!["missed"]! + 2, (long)report["missed"]!);
    }

    [Fact]
    [Contract("ours/listen", "ours/recordings")]
    public async Task Nodes_of_a_domain_are_recorded_with_their_types()
    {
        using var domain = new OwnDomain();
        await using var talker = await DdsListener.TalkAsync(domain.Number, "rt/sut/name", "std_msgs::msg::dds_::String_", isTransientLocal: true);
        byte[] payload = [0, 1, 0, 0, 4, 0, 0, 0, .. "abc\0"u8];
        await talker.SayAsync(payload);
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var plan = Plan(
            new { endpoint = domain.Endpoint(), topics = new[] { "/sut/**", "/instance_*/turtle1/cmd_vel" } },
            new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 5 }, output = new { endpoints = new[] { domain.Endpoint("subscribers=1") } } });

        var id = await Plans.CreateAsync(user, plan);
        var execution = await ExecutionTests.StartAsync(user, id);
        await UntilEndedAsync(user, id);
        var listed = await RecordingsAsync(user, id, execution);
        var name = (string)Assert.Single(listed["recordings"]!.AsArray())!["fileName"]!;
        await File.WriteAllBytesAsync(_folder[name], await DownloadAsync(user, id, execution, name), TestContext.Current.CancellationToken);

        using var bag = BagReader.Open(_folder[name]);
        var topics = bag.Topics.ToDictionary(topic => topic.Name);
        Assert.Equal([$"/instance_{id}_1/turtle1/cmd_vel", "/sut/name"], topics.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("std_msgs/msg/String", "cdr"), (topics["/sut/name"].Type, topics["/sut/name"].SerializationFormat));
        Assert.Equal(["geometry_msgs/msg/Twist", "std_msgs/msg/String"], bag.MessageDefinitions.Select(definition => definition.TopicType).Order(StringComparer.Ordinal));
        Assert.Contains($"/sut/name|{Convert.ToHexStringLower(SHA256.HashData(payload))}", Read(_folder[name]));
        Assert.Equal(114L, (long)listed["listening"]![0]!["messages"]!);
    }

    [Theory]
    [InlineData("""[{"topics":["sut"],"endpoint":"dds://?domain=7"}]""", "listen[0].topics[0]")]
    [InlineData("""[{"topics":["#"],"endpoint":"http://edge"}]""", "listen[0].endpoint")]
    [InlineData("""[{"topics":["#"],"endpoint":"none"}]""", "listen[0].endpoint")]
    [InlineData("""[{"topics":["#"],"endpoint":"mqtt://a mqtt://b"}]""", "listen[0].endpoint")]
    [InlineData("""[{"topics":["#"],"endpoint":"mqtt://edge/hall"}]""", "listen[0].endpoint")]
    [InlineData("""[{"topics":["#"],"endpoint":"mqtt://edge?credentials=plant-a"}]""", "listen[0].endpoint")]
    [InlineData("""[{"endpoint":"mqtt://edge"}]""", "listen[0].topics")]
    [InlineData("""[{"topics":[],"endpoint":"mqtt://edge"}]""", "listen[0].topics")]
    [InlineData("""[{"topics":["a","a"],"endpoint":"mqtt://edge"}]""", "listen[0].topics")]
    [InlineData("""[{"topics":["a","b+"],"endpoint":"mqtt://edge"}]""", "listen[0].topics[1]")]
    [InlineData("""[{"topics":[""]}]""", "listen[0].topics[0]")]
    [InlineData("""[{"topics":["$share/g/a"],"endpoint":"mqtt://edge"}]""", "listen[0].topics[0]")]
    [InlineData("""[{"topics":["a"]},{"topics":["b"]}]""", "listen")]
    [Contract("ours/listen")]
    public async Task What_cannot_be_listened_to_is_refused_by_name_in_both_languages(string listen, string field)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var plan = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Plans.Parallel(Plans.NewName(), Plans.Group(template))))!;
        plan["listen"] = JsonNode.Parse(listen);

        await user.AssertRefusedAsync("/api/simulation", plan, field);
    }

    private sealed record PlanBody(string simulationName, string patternType, string mecId, object pattern, object[] listen);

    private static PlanBody Plan(object listen, object group, params object[] more) => new(Plans.NewName(), "parallel", "", new { groups = new[] { group } }, [listen, .. more]);

    private static bool IsRecorded(Received message) => message.Topic.StartsWith("sut/", StringComparison.Ordinal) || message.Topic.EndsWith("cmd_vel", StringComparison.Ordinal);

    private static List<string> Read(string path)
    {
        using var bag = BagReader.Open(path);
        var lines = new List<string>();
        foreach (var message in bag.ReadMessages()) lines.Add($"{bag.Topics[message.TopicId].Name}|{Convert.ToHexStringLower(SHA256.HashData(message.Data))}");
        return lines;
    }

    private async Task<string[]> KeysAsync(long execution)
    {
        var keys = new List<string>();
        await foreach (var stored in (await fixture.ApiAsync()).Services.GetRequiredService<BundleStore>().ListAsync($"{ExecutionRecording.Prefix}{execution}/", TestContext.Current.CancellationToken)) keys.Add(stored.Key);
        return [.. keys];
    }

    private static Task UntilListeningAsync(ApiClient user, long id) =>
        Wait.UntilAsync(async () => (bool?)(await StatusAsync(user, id))["listening"]?[0]?["connected"] == true, Limit, "the run to listen");

    private static Task UntilEndedAsync(ApiClient user, long id) =>
        Wait.UntilAsync(async () => (string)(await StatusAsync(user, id))["status"]! != "RUNNING", Limit, "the run to end");

    private static async Task<JsonNode> StatusAsync(ApiClient user, long id) => (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;

    /// <summary>What is stored, once all of it is.</summary>
    private static async Task<JsonNode> RecordingsAsync(ApiClient user, long id, long execution)
    {
        JsonNode listed = new JsonObject();
        var entries = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["executionPlan"]!["listen"]!.AsArray().Count;
        await Wait.UntilAsync(
            async () =>
            {
                listed = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/recordings")).Expect(HttpStatusCode.OK).Data;
                return listed["listening"]!.AsArray().Count == entries;
            },
            Limit,
            "the recordings");
        return listed;
    }

    private static async Task<byte[]> DownloadAsync(
        ApiClient user, long id, long execution, string file, HttpStatusCode expected = HttpStatusCode.OK, Action<HttpRequestMessage>? change = null)
    {
        using var client = new HttpClient { BaseAddress = user.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/simulation/{id}/execution/{execution}/recordings/{file}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user.Token);
        change?.Invoke(request);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
