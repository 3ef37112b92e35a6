using System.Net;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>Several recordings played as one: <c>POST /api/template/merge</c>.</summary>
public sealed class TemplateMergeTests(ApiFixture fixture) : IDisposable
{
    private const long Start = 1_700_000_000_000_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Contract("templates/merge")]
    public async Task Two_recordings_become_one_that_is_played_in_the_order_of_their_times()
    {
        using var user = await fixture.UserAsync();
        await fixture.WorkerAsync();
        var driving = await UploadAsync(user, "driving", BagStorageFormat.Sqlite3, "/odom", 0, 2, 4);
        var seeing = await UploadAsync(user, "seeing", BagStorageFormat.Mcap, "/scan", 1, 3, 5, 6);

        var answer = await MergeAsync(user, Plans.NewName(), [driving, seeing]);
        var merged = (long)answer.Expect(HttpStatusCode.Created).Data["templateId"]!;
        var bag = (await user.GetAsync($"/api/template/{merged}/bag")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("mcap", (string)bag["storageIdentifier"]!);
        Assert.Equal((7, 0), ((int)bag["messageCount"]!, bag["warnings"]!.AsArray().Count));
        Assert.Equal(["/odom", "/scan"], bag["topics"]!.AsArray().Select(topic => (string)topic!["name"]!).Order());
        var simulation = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(merged, agents: 3, repeats: 2, time: 60)));
        var execution = await ExecutionTests.StartAsync(user, simulation);
        await Wait.UntilAsync(async () => (string)(await StatusAsync(user, simulation))["status"]! == "COMPLETED", Patience, "the run to end");
        var report = (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(3 * 2 * 7, (int)report["messagesOut"]!);
    }

    [Fact]
    [Contract("templates/merge")]
    public async Task What_cannot_be_merged_is_refused_by_field_and_leaves_nothing()
    {
        using var user = await fixture.UserAsync();
        var one = await UploadAsync(user, "one", BagStorageFormat.Mcap, "/a", 0);
        var other = await UploadAsync(user, "other", BagStorageFormat.Mcap, "/a", type: "std_msgs/msg/Int32", 1);
        var name = Plans.NewName();

        foreach (var ids in (long[][])[[], [one], [one, one], [one, 99_999_999]])
            Assert.Equal("templateIds", (await MergeAsync(user, name, ids)).Expect(HttpStatusCode.BadRequest).ErrorFields.Single());
        var disagreement = (await MergeAsync(user, name, [one, other])).Expect(HttpStatusCode.BadRequest);

        Assert.Contains($"The topic '/a' is std_msgs/msg/String (cdr) in 'template-{one}' and std_msgs/msg/Int32 (cdr) in 'template-{other}'", disagreement.Text, StringComparison.Ordinal);
        Assert.DoesNotContain((await user.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray(), template => (string)template!["templateName"]! == name);
        var taken = (string)(await user.GetAsync($"/api/template/{one}")).Expect(HttpStatusCode.OK).Data["template"]!["templateName"]!;
        (await MergeAsync(user, taken, [one, other])).Expect(HttpStatusCode.Conflict);
    }

    private static Task<Answer> MergeAsync(ApiClient user, string name, long[] templateIds) =>
        user.PostAsync("/api/template/merge", new { name, type = "robot", description = "all that was recorded", templateIds });

    private Task<long> UploadAsync(ApiClient user, string name, BagStorageFormat storage, string topic, params int[] at) => UploadAsync(user, name, storage, topic, "std_msgs/msg/String", at);

    /// <summary>A template of one topic, with a message at each of these tenths of a second.</summary>
    private async Task<long> UploadAsync(ApiClient user, string name, BagStorageFormat storage, string topic, string type, params int[] at)
    {
        using (var writer = BagWriter.Create(_folder[name], new BagWriterOptions { Storage = storage }))
        {
            var id = writer.AddTopic(BagFixtures.Topic(topic) with { Type = type });
            foreach (var tenth in at) writer.Write(id, Start + (tenth * 100_000_000L), BagFixtures.Payload(tenth));
            writer.Complete();
        }

        return await TestBundle.UploadAsync(user, _folder[name], Plans.NewName());
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> StatusAsync(ApiClient user, long simulation) =>
        (await user.GetAsync($"/api/simulation/{simulation}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
}
