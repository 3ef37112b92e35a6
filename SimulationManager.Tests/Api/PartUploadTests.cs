using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>A system whose parts are small, so that a small bag has several.</summary>
public sealed class SmallParts(ApiFixture fixture) : IAsyncLifetime
{
    internal ApiHost Api { get; private set; } = null!;
    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:PartBytes"] = "10000";
        settings["Uploads:MaxBundleBytes"] = "1000000";
        Api = await ApiHost.StartAsync(settings);
        await Api.WaitUntilPreparedAsync();
        Admin = await Api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await Api.DisposeAsync();
    }
}

/// <summary>Bundles that a browser sends to storage by itself.</summary>
public sealed class PartUploadTests(SmallParts system) : IClassFixture<SmallParts>
{
    private static byte[] Bag => File.ReadAllBytes(TestBundle.Db3("turtlesim_cmd_vel"));

    private static byte[] Metadata => File.ReadAllBytes(Path.Combine(TestBundle.Folder("turtlesim_cmd_vel"), "metadata.yaml"));

    [Fact]
    [Contract("templates/uploads")]
    public async Task Parts_that_were_sent_in_any_order_become_a_template_and_nothing_else_is_left()
    {
        var name = Plans.NewName();
        var upload = (await system.Admin.PostAsync("/api/template/uploads", Body(name, Bag.Length))).Expect(HttpStatusCode.Created).Data;
        var id = (string)upload["uploadId"]!;
        Assert.Equal(Sorted("uploadId", "expiresAt", "partSize", "files"), FieldsOf(upload));
        Assert.Equal(Sorted("field", "fileName", "size", "parts"), FieldsOf(upload["files"]![0]));
        Assert.Equal(4, upload["files"]![0]!["parts"]!.AsArray().Count);

        await SendAsync(upload["files"]![0]!, Bag, part => part > 1);
        var missing = (await system.Admin.PostAsync($"/api/template/uploads/{id}/complete")).Expect(HttpStatusCode.Conflict);
        Assert.Equal(["turtle_cmd_vel.mcap_0.db3", "metadata.yaml"], missing.ErrorFields);
        var resumed = (await system.Admin.GetAsync($"/api/template/uploads/{id}")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal([false, true, true, true], resumed["files"]![0]!["parts"]!.AsArray().Select(part => (bool)part!["isUploaded"]!));
        Assert.Equal(Sorted("partNumber", "size", "isUploaded"), FieldsOf(resumed["files"]![0]!["parts"]![1]));
        await SendAsync(resumed["files"]![0]!, Bag, part => part == 1);
        await SendAsync(resumed["files"]![1]!, Metadata, _ => true);
        var template = (await system.Admin.PostAsync($"/api/template/uploads/{id}/complete")).Expect(HttpStatusCode.Created).Data;

        Assert.Equal((name, "/turtle1/cmd_vel"), ((string)template["templateName"]!, (string)template["topics"]!));
        using var browser = new HttpClient();
        Assert.Equal(Bag, await browser.GetByteArrayAsync((string)template["dbFile"]!["downloadUrl"]!, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(await NoTemplates.ObjectsAsync(system.Api), item => item.Key.StartsWith($"uploads/{id}", StringComparison.Ordinal));
        (await system.Admin.PostAsync($"/api/template/uploads/{id}/complete")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("templates/uploads")]
    public async Task What_was_sent_is_checked_as_a_form_is_and_can_be_given_up()
    {
        var upload = (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 20_000))).Expect(HttpStatusCode.Created).Data;
        var id = (string)upload["uploadId"]!;
        await SendAsync(upload["files"]![0]!, new byte[20_000], _ => true);
        await SendAsync(upload["files"]![1]!, Metadata, _ => true);

        (await system.Admin.PostAsync($"/api/template/uploads/{id}/complete")).Expect(HttpStatusCode.BadRequest);
        Assert.Equal($$"""{"uploadId":"{{id}}"}""", (await system.Admin.DeleteAsync($"/api/template/uploads/{id}")).Expect(HttpStatusCode.OK).Data.ToJsonString());

        (await system.Admin.GetAsync($"/api/template/uploads/{id}")).Expect(HttpStatusCode.NotFound);
        Assert.DoesNotContain(await NoTemplates.ObjectsAsync(system.Api), item => item.Key.StartsWith($"uploads/{id}", StringComparison.Ordinal));
    }

    [Fact]
    [Contract("templates/uploads")]
    public async Task An_upload_belongs_to_who_began_it()
    {
        using var other = await system.Api.Client().SignedInAsync($"{Guid.NewGuid():N}@tests.example", "general");
        var id = (string)(await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 1))).Expect(HttpStatusCode.Created).Data["uploadId"]!;

        (await other.GetAsync($"/api/template/uploads/{id}")).Expect(HttpStatusCode.NotFound);
        (await other.PostAsync($"/api/template/uploads/{id}/complete")).Expect(HttpStatusCode.NotFound);
        (await other.DeleteAsync($"/api/template/uploads/{id}")).Expect(HttpStatusCode.NotFound);
        (await other.GetAsync("/api/template/uploads/..%2Fupload")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("templates/uploads")]
    public async Task An_upload_that_no_form_could_be_is_refused_at_once()
    {
        var taken = Plans.NewName();
        await TestBundle.UploadAsync(system.Admin, taken);

        (await system.Admin.PostAsync("/api/template/uploads", Body(taken, 1))).Expect(HttpStatusCode.Conflict);
        (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 1_000_000))).Expect(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal(["files[0].fileName"], (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 1, "../evil.db3"))).Expect(HttpStatusCode.BadRequest).ErrorFields);
        var upload = (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 1, "bags/turtle.db3"))).Expect(HttpStatusCode.Created).Data;
        Assert.Equal("turtle.db3", (string)upload["files"]![0]!["fileName"]!);
        (await system.Admin.DeleteAsync($"/api/template/uploads/{(string)upload["uploadId"]!}")).Expect(HttpStatusCode.OK);
        Assert.Equal(["files[0].fileName"], (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 1, "evil.txt"))).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal(["files[0].size"], (await system.Admin.PostAsync("/api/template/uploads", Body(Plans.NewName(), 0))).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    private static object Body(string name, long size, string fileName = "turtle_cmd_vel.mcap_0.db3") => new
    {
        name, type = "turtlesim", description = "sent in parts",
        files = new object[] { new { field = "db_file", fileName, size }, new { field = "metadata_file", fileName = "metadata.yaml", size = Metadata.Length } },
    };

    private static async Task SendAsync(JsonNode file, byte[] bytes, Func<int, bool> wanted)
    {
        using var browser = new HttpClient();
        var from = 0;
        foreach (var part in file["parts"]!.AsArray())
        {
            var size = (int)part!["size"]!;
            if (wanted((int)part["partNumber"]!))
            {
                using var answer = await browser.PutAsync((string)part["uploadUrl"]!, new ByteArrayContent(bytes, from, size), TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }

            from += size;
        }
    }
}

/// <summary>Objects that nothing refers to go by themselves.</summary>
public class ObjectSweepTests(ApiFixture fixture)
{
    [Fact]
    [Contract("templates/sweep")]
    public async Task Abandoned_uploads_and_deleted_templates_objects_go_and_others_stay()
    {
        var settings = await fixture.NewSystemAsync();
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var deleted = await TestBundle.UploadAsync(admin);
        (await admin.DeleteAsync($"/api/template/{deleted}")).Expect(HttpStatusCode.OK);
        (await admin.PostAsync("/api/template/uploads", new
        {
            name = "abandoned", type = "x", description = "x", files = new[] { new { field = "db_file", fileName = "a.db3", size = 10 } },
        })).Expect(HttpStatusCode.Created);
        var kept = await TestBundle.UploadAsync(admin);
        var replaced = await TestBundle.UploadAsync(admin);
        await AddPlayingInstanceAsync(api, admin, replaced);
        (await admin.PatchAsync($"/api/template/{replaced}", TestBundle.Turtle(Plans.NewName()).Form)).Expect(HttpStatusCode.OK);
        // Four bundles of metadata, bag and index, and an upload.
        Assert.Equal(13, (await NoTemplates.ObjectsAsync(api)).Count);

        // One that gives up soon, on the same database and bucket.
        settings["Uploads:AbandonedAfter"] = "00:00:01";
        settings["Uploads:SweepInterval"] = "00:00:01";
        await using var sweeping = await ApiHost.StartAsync(settings);
        await Wait.UntilAsync(async () => (await NoTemplates.ObjectsAsync(api)).Count <= 9, TimeSpan.FromSeconds(60), "the sweep");
        Assert.Equal(9, (await NoTemplates.ObjectsAsync(api)).Count);

        using var browser = new HttpClient();
        var url = (string)(await admin.GetAsync($"/api/template/{kept}")).Data["template"]!["dbFile"]!["downloadUrl"]!;
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(url, TestContext.Current.CancellationToken)).StatusCode);
    }

    /// <summary>An instance that plays what its template has now.</summary>
    private static async Task AddPlayingInstanceAsync(ApiHost api, ApiClient admin, long template)
    {
        var simulation = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        await using var scope = api.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var files = (await database.Templates.AsNoTracking().SingleAsync(row => row.Id == template, TestContext.Current.CancellationToken)).Files;
        database.Instances.Add(new Instance
        {
            Name = "playing", Description = "", SimulationId = simulation, TemplateId = template, Status = RunStatus.Running, CreatedAt = DateTimeOffset.UtcNow,
            Plan = Scenario.Part(0, [.. files.Select(file => new PlannedFile(file.Kind, file.FileName, file.ObjectKey, file.Size))], ["/turtle1/cmd_vel"], agents: 1),
        });
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);
    }
}
