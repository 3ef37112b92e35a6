using System.Net;
using System.Net.Http.Headers;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary><c>bag.mcap</c> and <c>bag.db3</c> of a template: as it was, or converted on the scratch disk, of which nothing stays.</summary>
public sealed class BagDownloadTests(ApiFixture fixture, NoTemplates system) : IClassFixture<NoTemplates>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Contract("templates/convert")]
    [InlineData("turtlesim_cmd_vel", "db3", "turtle_cmd_vel.mcap_0.db3")]
    [InlineData("bagel_mcap", "mcap", "part_0.mcap")]
    public async Task A_bag_that_is_one_file_of_the_storage_is_sent_as_it_was(string bag, string ending, string fileName)
    {
        var id = await TestBundle.UploadAsync(system.Admin, TestBundle.Folder(bag), Plans.NewName());

        using var answer = await GetAsync($"/api/template/{id}/bag.{ending}");

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(TestBundle.Folder(bag), fileName), TestContext.Current.CancellationToken), await BytesAsync(answer));
        Assert.Equal((HttpStatusCode.OK, "application/octet-stream", fileName),
            (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.FileName!.Trim('"')));
        Assert.Empty(SpooledFiles());
    }

    [Theory]
    [Contract("templates/convert")]
    [InlineData("turtlesim_cmd_vel", "turtle_cmd_vel.mcap_0")]
    [InlineData("bagel_mcap", "part_0")]
    [InlineData("bagel_mcap_zstd", "part_0")]
    [InlineData("log_kilted", "part_0")]
    [InlineData("no_metadata_split", "multiple_files_0")]
    [InlineData("many_types", "many_types")]
    public async Task A_bag_comes_in_both_storages_with_the_same_topics_definitions_and_payloads(string bag, string name)
    {
        var id = await TestBundle.UploadAsync(system.Admin, TestBundle.Folder(bag), Plans.NewName());

        foreach (var ending in (string[])["mcap", "db3"])
        {
            using var answer = await GetAsync($"/api/template/{id}/bag.{ending}");
            var path = _folder[$"{name}.{ending}"];
            await File.WriteAllBytesAsync(path, await BytesAsync(answer), TestContext.Current.CancellationToken);
            using var original = BagReader.Open(TestBundle.Folder(bag));
            using var sent = BagReader.Open(path);

            Assert.Equal($"{name}.{ending}", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
            Assert.Equal(ending == "mcap" ? "mcap" : "sqlite3", sent.StorageIdentifier);
            Assert.Equal(BagFixtures.ReadAll(original), BagFixtures.ReadAll(sent));
            Assert.Equal(original.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal), sent.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal));
            Assert.Equal(original.MessageDefinitions.Select(Shown).Order(StringComparer.Ordinal), sent.MessageDefinitions.Select(Shown).Order(StringComparer.Ordinal));
        }

        await NothingStaysAsync();

        static string Shown(MessageDefinition definition) => $"{definition.TopicType} {definition.Encoding} {definition.Text}";
    }

    [Fact]
    [Contract("templates/convert")]
    public async Task Compressed_messages_come_as_they_were_serialized()
    {
        var trial = Trials.Unpack("message_mode_some_plain", _folder.Path);
        var id = await TestBundle.UploadAsync(system.Admin, trial, Plans.NewName());

        using var answer = await GetAsync($"/api/template/{id}/bag.db3");
        await File.WriteAllBytesAsync(_folder["a.db3"], await BytesAsync(answer), TestContext.Current.CancellationToken);

        Assert.Equal(BagFixtures.ReadAll(trial), BagFixtures.ReadAll(_folder["a.db3"]));
        Assert.Equal(BagCompression.None, BagVerifier.Verify(_folder["a.db3"]).Info!.Compression);
    }

    [Fact]
    [Contract("templates/convert")]
    public async Task What_is_not_there_is_404_and_what_cannot_be_read_any_more_is_409()
    {
        var gone = await TestBundle.UploadAsync(system.Admin);
        var damaged = await TestBundle.UploadAsync(system.Admin);
        await system.ReplaceAsync(gone, null);
        await system.ReplaceAsync(damaged, "no database"u8.ToArray());

        foreach (var ending in (string[])["mcap", "db3"])
        {
            (await system.Admin.GetAsync($"/api/template/99999999/bag.{ending}")).Expect(HttpStatusCode.NotFound);
            (await system.Admin.GetAsync($"/api/template/{gone}/bag.{ending}")).Expect(HttpStatusCode.NotFound);
        }

        var refused = (await system.Admin.GetAsync($"/api/template/{damaged}/bag.mcap")).Expect(HttpStatusCode.Conflict);
        Assert.Contains("is not an SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("spool", refused.Text, StringComparison.Ordinal);
        await NothingStaysAsync();
        using var anyone = new ApiClient(system.Admin.Address);
        (await anyone.GetAsync($"/api/template/{gone}/bag.mcap")).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    [Contract("templates/convert")]
    public async Task A_topic_of_two_types_is_sent_as_it_was_and_409_converted()
    {
        var id = await TestBundle.UploadAsync(system.Admin, Trials.Unpack("one_name_two_types", _folder.Path), Plans.NewName());

        using var stored = await GetAsync($"/api/template/{id}/bag.db3");
        var refused = (await system.Admin.GetAsync($"/api/template/{id}/bag.mcap")).Expect(HttpStatusCode.Conflict);

        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Contains("'/cmd'", refused.Message, StringComparison.Ordinal);
        await NothingStaysAsync();
    }

    [Fact]
    [Contract("templates/convert")]
    public async Task A_conversion_waits_until_one_of_those_before_it_is_over()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:MaxConversions"] = "1";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        using var client = new HttpClient { BaseAddress = api.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin.Token);
        var large = await TestBundle.UploadAsync(admin, WriteNoise(_folder["noise"], megabytes: 32), Plans.NewName());
        var small = await TestBundle.UploadAsync(admin);

        // More than fits between the API and a client that does not read.
        var first = await client.GetAsync($"/api/template/{large}/bag.mcap", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var second = client.GetAsync($"/api/template/{small}/bag.mcap", TestContext.Current.CancellationToken);
        for (var others = 0; others < 15; others++) (await admin.GetAsync($"/api/template/{small}/bag")).Expect(HttpStatusCode.OK);
        Assert.False(second.IsCompleted);
        first.Dispose();

        using var answer = await second;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>A bag of random bytes, which no compression makes smaller.</summary>
    private static string WriteNoise(string folder, int megabytes)
    {
        using var writer = BagWriter.Create(folder);
        var topic = writer.AddTopic(BagFixtures.Topic("/noise"));
        var payload = new byte[1024 * 1024];
        for (var second = 0; second < megabytes; second++)
        {
            new Random(second).NextBytes(payload.AsSpan(4));
            writer.Write(topic, second * 1_000_000_000L, payload);
        }

        writer.Complete();
        return folder;
    }

    [Fact]
    [Contract("templates/convert")]
    public async Task A_client_that_leaves_takes_the_files_and_its_turn_with_it()
    {
        var bag = BagFixtures.WriteBag(_folder["bag"], Enumerable.Range(0, 200_000).Select(index => (long)index));
        var id = await TestBundle.UploadAsync(system.Admin, bag, Plans.NewName());

        // More than may be converted at once: each must free its turn.
        for (var round = 0; round < 3; round++)
        {
            using var leaving = new CancellationTokenSource();
            var request = GetAsync($"/api/template/{id}/bag.mcap", leaving.Token);
            await Wait.UntilAsync(() => SpooledFiles().Any() || request.IsCompleted, TimeSpan.FromSeconds(30), "the conversion to begin");
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await BytesAsync(await request, leaving.Token));
            await NothingStaysAsync();
        }

        using var answer = await GetAsync($"/api/template/{id}/bag.mcap");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private Task NothingStaysAsync() => Wait.UntilAsync(() => !SpooledFiles().Any(), TimeSpan.FromSeconds(30), "the files of the conversion to be gone");

    private IEnumerable<string> SpooledFiles() => Directory.EnumerateFiles(system.Spool, "*", new EnumerationOptions { RecurseSubdirectories = true })
        .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal));

    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken? cancellationToken = null)
    {
        using var client = new HttpClient { BaseAddress = system.Admin.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", system.Admin.Token);
        return await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    private static Task<byte[]> BytesAsync(HttpResponseMessage answer, CancellationToken? cancellationToken = null) =>
        answer.Content.ReadAsByteArrayAsync(cancellationToken ?? TestContext.Current.CancellationToken);
}
