using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Storage;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>A system without templates, with a spool folder of its own.</summary>
public sealed class NoTemplates(ApiFixture fixture) : IAsyncLifetime
{
    private ApiHost _api = null!;

    internal ApiClient Admin { get; private set; } = null!;
    internal string Spool { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var settings = await fixture.NewSystemAsync();
        Spool = settings["Uploads:SpoolFolder"] += Guid.NewGuid().ToString("N");
        _api = await ApiHost.StartAsync(settings);
        await _api.WaitUntilPreparedAsync();
        Admin = await _api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await _api.DisposeAsync();
    }

    internal Task<List<StoredObject>> ObjectsAsync() => ObjectsAsync(_api);

    /// <summary>Replaces a template's storage file behind the API's back; null removes it.</summary>
    internal async Task ReplaceAsync(long template, byte[]? content)
    {
        var url = (string)(await Admin.GetAsync($"/api/template/{template}")).Expect(HttpStatusCode.OK).Data["template"]!["dbFile"]!["downloadUrl"]!;
        var key = new Uri(url).AbsolutePath.Split('/', 3)[2];
        var store = _api.Services.GetRequiredService<BundleStore>();
        if (content is null) await store.RemoveAsync(key, TestContext.Current.CancellationToken);
        else await store.PutAsync(key, new MemoryStream(content), content.Length, "application/octet-stream", TestContext.Current.CancellationToken);
    }

    internal static async Task<List<StoredObject>> ObjectsAsync(ApiHost api)
    {
        List<StoredObject> objects = [];
        await foreach (var item in api.Services.GetRequiredService<BundleStore>().ListAsync("", TestContext.Current.CancellationToken)) objects.Add(item);
        return objects;
    }
}

/// <summary>Bundles that are refused leave nothing behind: no object, no row, no file.</summary>
public class TemplateRefusalTests(ApiFixture fixture, NoTemplates system) : IClassFixture<NoTemplates>
{
    private static byte[] Turtle => File.ReadAllBytes(TestBundle.Db3("turtlesim_cmd_vel"));

    private static string Metadata => File.ReadAllText(Path.Combine(TestBundle.Folder("turtlesim_cmd_vel"), "metadata.yaml"));

    public static TheoryData<string> Refused => [.. Forms().Select(form => form.Key)];

    [Theory]
    [Contract("templates/checked", "templates/topics", "today/evil-name", "today/swapped", "today/metadata-name", "today/blank")]
    [MemberData(nameof(Refused))]
    public async Task A_bundle_that_is_no_bag_is_400_and_leaves_nothing(string kind)
    {
        var answer = (await system.Admin.PostAsync("/api/template", Forms()[kind]().Form)).Expect(HttpStatusCode.BadRequest);

        Assert.NotEmpty(answer.ErrorFields);
        Assert.DoesNotContain("spool", answer.Text, StringComparison.Ordinal);
        Assert.Empty((await system.Admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
        Assert.Empty(await system.ObjectsAsync());
        Assert.Empty(SpooledFiles());
    }

    /// <summary>Files of uploads; the folder is made by the first.</summary>
    private IEnumerable<string> SpooledFiles() => Directory.Exists(system.Spool)
        ? Directory.EnumerateFiles(system.Spool, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(".lock", StringComparison.Ordinal))
        : [];

    [Fact]
    [Contract("templates/checked")]
    public async Task An_upload_that_is_cut_off_half_way_leaves_nothing()
    {
        using (var socket = new TcpClient("127.0.0.1", system.Admin.Address.Port))
        {
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /api/template HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {system.Admin.Token}\r\nContent-Type: multipart/form-data; boundary=cut\r\nContent-Length: 1000000\r\n\r\n"
                + "--cut\r\nContent-Disposition: form-data; name=\"db_file\"; filename=\"a.db3\"\r\n\r\nSQLite format 3"), TestContext.Current.CancellationToken);
            await Wait.UntilAsync(() => SpooledFiles().Any(), TimeSpan.FromSeconds(10), "the upload to begin");
        }

        await Wait.UntilAsync(() => !SpooledFiles().Any(), TimeSpan.FromSeconds(10), "the upload's file to be gone");
        Assert.Empty(await system.ObjectsAsync());
        Assert.Empty((await system.Admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
    }

    [Fact]
    [Contract("status/413")]
    public async Task A_bundle_above_the_limit_is_413()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:MaxBundleBytes"] = "20000";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        (await admin.PostAsync("/api/template", TestBundle.Turtle("too large").Form)).Expect(HttpStatusCode.RequestEntityTooLarge);

        Assert.Empty(await NoTemplates.ObjectsAsync(api));
    }

    [Fact]
    [Contract("templates/name", "templates/checked")]
    public async Task A_name_that_is_taken_meanwhile_leaves_no_object()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => admin.PostAsync("/api/template", TestBundle.Turtle("the same").Form)));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Equal(3, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        // The metadata, the bag and its index.
        Assert.Equal(3, (await NoTemplates.ObjectsAsync(api)).Count);
    }

    /// <summary>The turtlesim recording after an SQL statement.</summary>
    private static byte[] Changed(string statement)
    {
        using var folder = new TempFolder();
        var path = folder["a.db3"];
        File.WriteAllBytes(path, Turtle);
        BagFixtures.Execute(path, statement);
        return File.ReadAllBytes(path);
    }

    private static Dictionary<string, Func<TestBundle>> Forms() => new()
    {
        ["a file name that leaves the folder"] = () => TestBundle.Named("x").File("db_file", Turtle, "../evil.db3"),
        ["a file name with a backslash"] = () => TestBundle.Named("x").File("db_file", Turtle, "..\\evil.db3"),
        ["a folder that leaves the folder"] = () => TestBundle.Named("x").File("db_file", Turtle, "/bags/../evil.db3"),
        ["a folder and no file name"] = () => TestBundle.Named("x").File("db_file", Turtle, "bags/"),
        ["an empty file"] = () => TestBundle.Named("x").File("db_file", [], "a.db3"),
        ["swapped files"] = () => TestBundle.Named("x").Text("db_file", Metadata, "a.db3").File("metadata_file", Turtle, "metadata.yaml"),
        ["a wrong ending"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.txt"),
        ["a metadata file of a wrong ending"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").Text("metadata_file", Metadata, "metadata.db3"),
        ["a truncated db3"] = () => TestBundle.Named("x").File("db_file", Turtle[..(Turtle.Length / 2)], "a.db3"),
        ["a db3 that is not SQLite"] = () => TestBundle.Named("x").Text("db_file", "hello", "a.db3"),
        ["YAML that is not a bag's"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").Text("metadata_file", "a: [1, 2]\n", "metadata.yaml"),
        ["metadata that is not YAML"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").Text("metadata_file", "\t{[", "metadata.yaml"),
        ["metadata that lists a file that was not sent"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").Text("metadata_file", Metadata, "metadata.yaml"),
        ["metadata that leaves the folder"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3")
            .Text("metadata_file", Metadata.Replace("turtle_cmd_vel.mcap_0.db3", "../../a.db3", StringComparison.Ordinal), "metadata.yaml"),
        ["a file that the metadata does not list"] = () => TestBundle.Turtle("x").File("db_file", Turtle, "more.db3"),
        ["the same file twice"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").File("db_file", Turtle, "a.db3"),
        ["metadata sent twice"] = () => TestBundle.Turtle("x").Text("metadata_file", Metadata, "other.yaml"),
        ["a topic that is not in the bag"] = () => TestBundle.Named("x").Field("topics", "/turtle1/cmd_vel,/nowhere").File("db_file", Turtle, "a.db3"),
        ["blank topics"] = () => TestBundle.Named("x").Field("topics", " ").File("db_file", Turtle, "a.db3"),
        ["a blank name"] = () => TestBundle.Named("  ").File("db_file", Turtle, "a.db3"),
        ["a file name with a character that not every system has"] = () => TestBundle.Named("x").File("db_file", Turtle, "run_12:30_0.db3"),
        ["a write-ahead log without its database"] = () => TestBundle.Named("x").File("db_file", Turtle, "a.db3").Text("db_file", "log", "b.db3-wal"),
        ["a write-ahead log of no database"] = () => TestBundle.Named("x").Text("db_file", "hello", "a.db3").Text("db_file", "log", "a.db3-wal"),
        ["only a write-ahead log"] = () => TestBundle.Named("x").Text("db_file", "log", "a.db3-wal"),
        ["two names that look the same"] = () => TestBundle.Named("x").File("db_file", Turtle, "\u00e9.db3").File("db_file", Turtle, "e\u0301.db3"),
        ["metadata with a NUL in it"] = () => TestBundle.Named("x").File("db_file", Turtle, "turtle_cmd_vel.mcap_0.db3")
            .Text("metadata_file", Metadata.Replace("/turtle1/cmd_vel", "\"/turtle1\\0/cmd_vel\"", StringComparison.Ordinal), "metadata.yaml"),
        ["metadata with half a surrogate pair in it"] = () => TestBundle.Named("x").File("db_file", Turtle, "turtle_cmd_vel.mcap_0.db3")
            .Text("metadata_file", Metadata.Replace("/turtle1/cmd_vel", "\"/turtle1\\ud800/cmd_vel\"", StringComparison.Ordinal), "metadata.yaml"),
        ["a topic's name with a NUL in it"] = () => TestBundle.Named("x").File("db_file", Changed("UPDATE topics SET name = '/a' || char(0) || 'b'"), "a.db3"),
        ["a topic's type with a NUL in it"] = () => TestBundle.Named("x").File("db_file", Changed("UPDATE topics SET type = 'a' || char(0) || 'b'"), "a.db3"),
        ["a distribution with a NUL in it"] = () => TestBundle.Named("x").File("db_file", Changed("UPDATE schema SET ros_distro = 'a' || char(0) || 'b'"), "a.db3"),
        ["an MCAP topic's name with a NUL in it"] = () => TestBundle.Named("x").File("db_file", new McapBuilder()
            .RawAll(McapBuilder.Schema(1, "std_msgs/msg/String"), McapBuilder.Channel(1, 1, "/a\0b"), McapBuilder.Message(1, 1, [0, 1, 0, 0])).Killed(), "a.mcap"),
        ["no name"] = () => new TestBundle().Field("type", "robot").Field("description", "x").File("db_file", Turtle, "a.db3"),
        ["a name sent twice"] = () => TestBundle.Named("x").Field("name", "y").File("db_file", Turtle, "a.db3"),
        ["no db_file"] = () => TestBundle.Named("x").Text("metadata_file", Metadata, "metadata.yaml"),
        ["a db_file that is no file"] = () => TestBundle.Named("x").Field("db_file", "a.db3"),
    };
}
