using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>A run records what its own agents put out.</summary>
public sealed class RecordingTests(ApiFixture fixture) : IDisposable
{
    private const int Agents = 3;
    private const int Messages = 113;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("true", 1)]
    [InlineData("""{"per":"agent","topics":["/turtle1/*"]}""", Agents)]
    [Contract("ours/record", "ours/recordings")]
    public async Task What_agents_put_out_is_recorded_byte_for_byte_as_they_publish_it(string record, int files)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plan(record, template, output: new { endpoints = new[] { broker.Address("qos=1") }, identity = "robot_{n:000}" }));

        var execution = await ExecutionTests.StartAsync(user, id);
        await Wait.UntilAsync(async () => (long?)(await StatusAsync(user, id))["recording"]?["messages"] > 0, Limit, "the status to count messages");
        await UntilEndedAsync(user, id);
        var listed = await RecordingsAsync(user, id, execution);
        await subscriber.UntilAsync(messages => messages.Count(IsOfAgents) == Agents * Messages, "all messages");

        var recorded = new Dictionary<string, List<string>>();
        foreach (var file in listed["recordings"]!.AsArray())
        {
            Assert.Equal(("published", ""), ((string)file!["kind"]!, (string)file["endpoint"]!));
            var path = await DownloadAsync(user, id, execution, (string)file["fileName"]!);
            var ofFile = Read(path);
            if (files > 1) Assert.Equal([$"/robot_{(long)file["agent"]!:000}/turtle1/cmd_vel"], ofFile.Keys);
            else Assert.Null(file["agent"]);
            foreach (var (topic, payloads) in ofFile) recorded.Add(topic, payloads);
            var independent = (await NpmPackages.RunAsync("mcap.mjs", ["indexed", path])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("ros2", independent[0]);
            Assert.Equal(
                ofFile.SelectMany(topic => topic.Value.Select(hash => $"{topic.Key}|{hash}")).Order(StringComparer.Ordinal),
                independent.Select(line => line.Split('|')).Where(parts => parts.Length == 3).Select(parts => $"{parts[0]}|{parts[2]}").Order(StringComparer.Ordinal));
        }
        var published = subscriber.Messages.Where(IsOfAgents).GroupBy(message => $"/{string.Join('/', message.Topic.Split('/').Skip(2))}")
            .ToDictionary(topic => topic.Key, topic => topic.Select(message => Hash(message.Payload)).ToList());
        Assert.Equal(files, listed["recordings"]!.AsArray().Count);
        Assert.Equal(published.Keys.Order(StringComparer.Ordinal), recorded.Keys.Order(StringComparer.Ordinal));
        foreach (var (topic, payloads) in published) Assert.Equal(payloads, recorded[topic]);

        var report = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(listed["recorded"]!.ToJsonString(), report["recorded"]!.ToJsonString());
        Assert.Null(report["listening"]);
        var topics = Assert.Single(report["recorded"]!["topics"]!.AsArray())!;
        Assert.Equal(("/turtle1/cmd_vel", (long)Agents * Messages, 0L, 0), ((string)topics["topic"]!, (long)topics["messages"]!, (long)report["recorded"]!["missed"]!, report["recorded"]!["gaps"]!.AsArray().Count));
        Assert.Equal(files > 1 ? "agent" : "fleet", (string)(await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["record"]!["per"]!);
    }

    [Fact]
    [Contract("ours/record")]
    public async Task Recording_of_agents_that_publish_nowhere_can_be_uploaded_as_a_template()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plan("""{"per":"fleet"}""", await TestBundle.UploadAsync(user), output: null));
        var execution = await ExecutionTests.StartAsync(user, id);
        await UntilEndedAsync(user, id);
        var file = Assert.Single((await RecordingsAsync(user, id, execution))["recordings"]!.AsArray())!;
        var path = await DownloadAsync(user, id, execution, (string)file["fileName"]!);

        var uploaded = (await user.PostAsync("/api/template", TestBundle.Named($"recorded {Guid.NewGuid():N}").File("db_file", path).Form)).Expect(HttpStatusCode.Created).Data;

        var template = (await user.GetAsync($"/api/template/{(long)uploaded["templateId"]!}")).Expect(HttpStatusCode.OK).Data;
        Assert.Contains($"/instance_{id}_{Agents}/turtle1/cmd_vel", template.ToJsonString(), StringComparison.Ordinal);
        using var bag = BagReader.Open(path);
        Assert.Contains(bag.MessageDefinitions, definition => definition.TopicType == "geometry_msgs/msg/Twist");
        Assert.All(bag.Topics, topic => Assert.NotEmpty(QosProfile.ParseList(topic.OfferedQosProfiles)));
    }

    [Fact]
    [Contract("ours/record", "ours/recordings")]
    public async Task What_a_lost_worker_had_not_stored_is_told_and_files_go_with_the_simulation()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plan("true", await TestBundle.UploadAsync(user), output: null));
        var execution = await ExecutionTests.StartAsync(user, id);
        await UntilEndedAsync(user, id);
        var file = (string)Assert.Single((await RecordingsAsync(user, id, execution))["recordings"]!.AsArray())!["fileName"]!;

        // As a worker that was lost half a minute before would have left it.
        await using (var database = NpgsqlDataSource.Create(await fixture.DatabaseAsync()))
        await using (var earlier = database.CreateCommand($"""
            INSERT INTO execution_recordings (execution_id, kind, listener, endpoint, silo, "from", "to", is_last, size, topics, missed_elsewhere, gaps)
            SELECT execution_id, kind, 0, '', 'lost', "from" - interval '60 s', "from" - interval '30 s', false, 0, '[]', 2, '[]' FROM execution_recordings WHERE execution_id = {execution} LIMIT 1
            """))
            Assert.Equal(1, await earlier.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        var recorded = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["recorded"]!;
        (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Accepted);
        await Wait.UntilAsync(async () => (string)(await user.GetAsync($"/api/simulation/{id}/deletion")).Data["status"]! == "COMPLETED", Limit, "the deletion");

        var gap = Assert.Single(recorded["gaps"]!.AsArray())!;
        Assert.Equal((TimeSpan.FromSeconds(30), 2L), ((DateTimeOffset)gap["to"]! - (DateTimeOffset)gap["from"]!, (long)recorded["missed"]!));
        Assert.Contains("was lost", (string)gap["reason"]!, StringComparison.Ordinal);
        (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/recordings/{file}")).Expect(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"per":"robot"}""", "record.per")]
    [InlineData("""{"topics":["odom"]}""", "record.topics[0]")]
    [InlineData("""{"topics":["/odom","/odom"]}""", "record.topics")]
    [InlineData("""{"topics":["/a b"]}""", "record.topics[0]")]
    [InlineData("""{"per":"agent"}""", "record.per")]
    [Contract("ours/record")]
    public async Task What_cannot_be_recorded_is_refused_by_name_in_both_languages(string record, string field)
    {
        using var user = await fixture.UserAsync();
        var plan = Plan(record, await TestBundle.UploadAsync(user), output: null);
        plan["pattern"]!["groups"]![0]!["autonomousAgentCount"] = 1001;

        await user.AssertRefusedAsync("/api/simulation", plan, field);
    }

    private static JsonNode Plan(string record, long template, object? output)
    {
        var plan = System.Text.Json.JsonSerializer.SerializeToNode(new
        {
            simulationName = Plans.NewName(), patternType = "parallel", mecId = "",
            pattern = new { groups = new[] { new { templateId = template, autonomousAgentCount = Agents, executionTime = 60, repeatCount = 1, playback = new { rate = 1 }, output } } },
        })!;
        plan["record"] = JsonNode.Parse(record);
        return plan;
    }

    private static bool IsOfAgents(Received message) => message.Topic.EndsWith("cmd_vel", StringComparison.Ordinal);

    private static string Hash(ReadOnlySpan<byte> payload) => Convert.ToHexStringLower(SHA256.HashData(payload));

    /// <summary>Payloads by topic, in the order of their times.</summary>
    private static Dictionary<string, List<string>> Read(string path)
    {
        using var bag = BagReader.Open(path);
        var payloads = bag.Topics.ToDictionary(topic => topic.Name, _ => new List<string>());
        foreach (var message in bag.ReadMessages()) payloads[bag.Topics[message.TopicId].Name].Add(Hash(message.Data));
        return payloads;
    }

    private static async Task<JsonNode> StatusAsync(ApiClient user, long id) => (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;

    private static Task UntilEndedAsync(ApiClient user, long id) =>
        Wait.UntilAsync(async () => (string)(await StatusAsync(user, id))["status"]! != "RUNNING", Limit, "the run to end");

    /// <summary>What is stored, once all of it is.</summary>
    private static async Task<JsonNode> RecordingsAsync(ApiClient user, long id, long execution)
    {
        JsonNode listed = new JsonObject();
        await Wait.UntilAsync(
            async () =>
            {
                listed = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/recordings")).Expect(HttpStatusCode.OK).Data;
                return (long?)listed["recorded"]?["messages"] == Agents * Messages && listed["recorded"]!["gaps"]!.AsArray().Count == 0;
            },
            Limit,
            "the recordings");
        return listed;
    }

    private async Task<string> DownloadAsync(ApiClient user, long id, long execution, string file)
    {
        using var client = new HttpClient { BaseAddress = user.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", user.Token);
        await File.WriteAllBytesAsync(_folder[file], await client.GetByteArrayAsync(new Uri($"/api/simulation/{id}/execution/{execution}/recordings/{file}", UriKind.Relative), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        return _folder[file];
    }
}
