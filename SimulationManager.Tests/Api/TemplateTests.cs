using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Templates.</summary>
public class TemplateTests(ApiFixture fixture)
{
    private static readonly string TemplateFields = Sorted(
        "templateId", "templateName", "templateType", "templateDescription", "topics", "createdAt", "metadataFile", "dbFile", "dbFiles");

    private static string NewName() => $"template {Guid.NewGuid():N}";

    [Fact]
    [Contract("templates/create", "templates/download")]
    public async Task Create_answers_201_with_the_template_and_files_that_a_browser_can_download()
    {
        using var user = await fixture.UserAsync();
        var name = NewName();

        var answer = (await user.PostAsync("/api/template", TestBundle.Turtle(name).Form)).Expect(HttpStatusCode.Created);

        Assert.Equal(TemplateFields, FieldsOf(answer.Data));
        Assert.Equal((name, "turtlesim", "driven by hand", "/turtle1/cmd_vel"),
            ((string)answer.Data["templateName"]!, (string)answer.Data["templateType"]!, (string)answer.Data["templateDescription"]!, (string)answer.Data["topics"]!));
        Assert.Equal(Sorted("fileName", "downloadUrl"), FieldsOf(answer.Data["dbFile"]));
        Assert.Equal("metadata.yaml", (string)answer.Data["metadataFile"]!["fileName"]!);
        using var browser = new HttpClient();
        var bytes = await browser.GetByteArrayAsync(new Uri((string)answer.Data["dbFile"]!["downloadUrl"]!), TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllBytesAsync(TestBundle.Db3("turtlesim_cmd_vel"), TestContext.Current.CancellationToken), bytes);
    }

    [Fact]
    [Contract("templates/topics")]
    public async Task Topics_lose_the_blanks_around_their_commas_and_are_all_when_left_out()
    {
        using var user = await fixture.UserAsync();

        var some = await user.PostAsync("/api/template", Talker(NewName()).Field("topics", " /topic ,/rosout").Form);
        var all = await user.PostAsync("/api/template", Talker(NewName()).Form);

        Assert.Equal("/topic,/rosout", (string)some.Expect(HttpStatusCode.Created).Data["topics"]!);
        Assert.Equal(["/parameter_events", "/rosout", "/topic"], ((string)all.Expect(HttpStatusCode.Created).Data["topics"]!).Split(',').Order(StringComparer.Ordinal));
    }

    [Fact]
    [Contract("templates/get", "templates/list")]
    public async Task Get_wraps_the_template_and_list_has_it()
    {
        using var user = await fixture.UserAsync();
        var id = await TestBundle.UploadAsync(user);

        var one = (await user.GetAsync($"/api/template/{id}")).Expect(HttpStatusCode.OK);
        var list = (await user.GetAsync("/api/template")).Expect(HttpStatusCode.OK);

        Assert.Equal("template", FieldsOf(one.Data));
        Assert.Equal(TemplateFields, FieldsOf(one.Data["template"]));
        Assert.Contains(list.Data.AsArray(), template => (long)template!["templateId"]! == id);
        (await user.GetAsync("/api/template/99999999")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("templates/split")]
    public async Task A_split_bag_without_metadata_is_reindexed()
    {
        using var user = await fixture.UserAsync();
        var form = TestBundle.Named(NewName());
        foreach (var path in Directory.EnumerateFiles(TestBundle.Folder("no_metadata_split"), "*.db3").OrderDescending()) form.File("db_file", path);

        var created = (await user.PostAsync("/api/template", form.Form)).Expect(HttpStatusCode.Created);
        var bag = (await user.GetAsync($"/api/template/{(long)created.Data["templateId"]!}/bag")).Expect(HttpStatusCode.OK);

        Assert.Equal(["multiple_files_0.db3", "multiple_files_1.db3", "multiple_files_2.db3"], created.Data["dbFiles"]!.AsArray().Select(file => (string)file!["fileName"]!));
        Assert.Equal("metadata.yaml", (string)created.Data["metadataFile"]!["fileName"]!);
        Assert.Equal(3177, (long)bag.Data["messageCount"]!);
        Assert.Contains(bag.Data["warnings"]!.AsArray(), warning => (string)warning!["code"]! == "MetadataMissing");
    }

    [Theory]
    [Contract("templates/client-folder")]
    [InlineData("bags/monday/turtle_0.db3")]
    [InlineData("/home/me/turtle_0.db3")]
    [InlineData(@"C:\fakepath\turtle_0.db3")]
    public async Task A_clients_folder_in_a_file_name_is_dropped(string fileName)
    {
        using var user = await fixture.UserAsync();

        var created = (await user.PostAsync("/api/template", TestBundle.Named(NewName()).File("db_file", TestBundle.Db3("turtlesim_cmd_vel"), fileName).Form)).Expect(HttpStatusCode.Created);

        Assert.Equal("turtle_0.db3", (string)created.Data["dbFile"]!["fileName"]!);
    }

    [Fact]
    [Contract("templates/empty-file")]
    public async Task A_file_field_with_an_empty_file_name_counts_as_not_sent()
    {
        using var user = await fixture.UserAsync();
        var id = await TestBundle.UploadAsync(user);

        var changed = (await user.PatchAsync(
            $"/api/template/{id}", new TestBundle().Field("description", "only this").File("metadata_file", [], "").File("db_file", [], "").Form)).Expect(HttpStatusCode.OK).Data;
        var refused = (await user.PostAsync("/api/template", TestBundle.Named(NewName()).File("db_file", [], "").Form)).Expect(HttpStatusCode.BadRequest);

        Assert.Equal(("only this", "turtle_cmd_vel.mcap_0.db3"), ((string)changed["templateDescription"]!, (string)changed["dbFile"]!["fileName"]!));
        Assert.Equal(["db_file"], refused.ErrorFields);
    }

    [Fact]
    [Contract("templates/topics")]
    public async Task Topics_may_be_sent_as_a_list()
    {
        using var user = await fixture.UserAsync();
        static TestBundle Talker() => TestBundle.Named(NewName()).File("db_file", TestBundle.Db3("talker"));

        var one = (await user.PostAsync("/api/template", Talker().Field("topics[]", "/topic").Form)).Expect(HttpStatusCode.Created).Data;
        var two = (await user.PostAsync("/api/template", Talker().Field("topics[]", "/topic").Field("topics[]", " /rosout ").Form)).Expect(HttpStatusCode.Created).Data;

        Assert.Equal("/topic", (string)one["topics"]!);
        Assert.Equal("/topic,/rosout", (string)two["topics"]!);
        Assert.Equal(["topics"], (await user.PostAsync("/api/template", Talker().Field("topics[]", "/nowhere").Form)).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("templates/bag")]
    public async Task Bag_tells_what_ros2_bag_info_tells()
    {
        using var user = await fixture.UserAsync();
        var id = await TestBundle.UploadAsync(user);

        var bag = (await user.GetAsync($"/api/template/{id}/bag")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal((113, 7_646_532_127, 1_731_308_611_663_949_743), ((long)bag["messageCount"]!, (long)bag["durationNanoseconds"]!, (long)bag["startNanoseconds"]!));
        Assert.Equal((3, "sqlite3", 32_768), ((int)bag["storageSchemaVersion"]!, (string)bag["storageIdentifier"]!, (long)bag["size"]!));
        var topic = Assert.Single(bag["topics"]!.AsArray())!;
        Assert.Equal(("/turtle1/cmd_vel", "geometry_msgs/msg/Twist", 113, 14.647, true),
            ((string)topic["name"]!, (string)topic["type"]!, (long)topic["messageCount"]!, (double)topic["rate"]!, (bool)topic["selected"]!));
        Assert.Equal(("message", null, null), ((string)topic["kind"]!, topic["interfaceName"], topic["actionPart"]));
    }

    [Fact]
    [Contract("templates/bag")]
    public async Task Bag_tells_events_of_services_and_parts_of_actions_from_messages()
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        using (var writer = BagWriter.Create(folder["bag"]))
        {
            foreach (var (name, type) in new[]
            {
                ("/add/_service_event", "example_interfaces/srv/AddTwoInts_Event"), ("/fib/_action/feedback", "example_interfaces/action/Fibonacci_FeedbackMessage"),
                ("/fib/_action/status", "action_msgs/msg/GoalStatusArray"),
            })
                writer.Write(writer.AddTopic(new BagTopic { Name = name, Type = type }), 1, BagFixtures.Payload(1));
            writer.Complete();
        }
        var id = await TestBundle.UploadAsync(user, folder["bag"], NewName());

        var topics = (await user.GetAsync($"/api/template/{id}/bag")).Expect(HttpStatusCode.OK).Data["topics"]!.AsArray();

        Assert.Equal(
            ["serviceEvent /add example_interfaces/srv/AddTwoInts ", "action /fib example_interfaces/action/Fibonacci feedback", "action /fib  status"],
            topics.OrderBy(topic => (string)topic!["name"]!, StringComparer.Ordinal)
                .Select(topic => $"{topic!["kind"]} {topic["interfaceName"]} {topic["interfaceType"]} {topic["actionPart"]}"));
    }

    [Fact]
    [Contract("templates/change", "templates/name")]
    public async Task Change_takes_any_subset_and_at_least_one_field()
    {
        using var user = await fixture.UserAsync();
        var id = await TestBundle.UploadAsync(user);
        var name = NewName();

        var changed = (await user.PatchAsync($"/api/template/{id}", new TestBundle().Field("name", name).Form)).Expect(HttpStatusCode.OK);

        Assert.Equal(TemplateFields, FieldsOf(changed.Data));
        Assert.Equal((name, "turtlesim"), ((string)changed.Data["templateName"]!, (string)changed.Data["templateType"]!));
        (await user.PatchAsync($"/api/template/{id}", new TestBundle().Field("unknown", "x").Form)).Expect(HttpStatusCode.BadRequest);
        (await user.PatchAsync($"/api/template/{id}", new TestBundle().Field("type", "  ").Form)).Expect(HttpStatusCode.BadRequest);
        (await user.PatchAsync("/api/template/99999999", new TestBundle().Field("name", name).Form)).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("templates/change")]
    public async Task Change_replaces_the_bundle_as_a_whole_and_removes_the_old_files()
    {
        using var user = await fixture.UserAsync();
        var created = (await user.PostAsync("/api/template", TestBundle.Turtle(NewName()).Form)).Expect(HttpStatusCode.Created).Data;
        var talker = TestBundle.Folder("talker");
        var before = await FilesOfAsync((long)created["templateId"]!);

        var changed = (await user.PatchAsync($"/api/template/{(long)created["templateId"]!}", new TestBundle()
            .Field("topics", "/topic").File("db_file", TestBundle.Db3("talker")).File("metadata_file", Path.Combine(talker, "metadata.yaml")).Form)).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("talker.db3", (string)changed["dbFile"]!["fileName"]!);
        using var browser = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync((string)changed["dbFile"]!["downloadUrl"]!, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync((string)created["dbFile"]!["downloadUrl"]!, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal([TemplateFileKind.Metadata, TemplateFileKind.Bag, TemplateFileKind.Index], before.Select(file => file.Kind));
        Assert.Equal((0, 3), (await CountStoredAsync(before), await CountStoredAsync(await FilesOfAsync((long)created["templateId"]!))));
    }

    private async Task<List<TemplateFile>> FilesOfAsync(long template)
    {
        await using var scope = (await fixture.ApiAsync()).Services.CreateAsyncScope();
        var row = await scope.ServiceProvider.GetRequiredService<RobotDbContext>().Templates.AsNoTracking().SingleAsync(candidate => candidate.Id == template, TestContext.Current.CancellationToken);
        return row.Files;
    }

    private async Task<int> CountStoredAsync(List<TemplateFile> files)
    {
        var store = (await fixture.ApiAsync()).Services.GetRequiredService<BundleStore>();
        var folder = files[0].ObjectKey[..(files[0].ObjectKey.LastIndexOf('/') + 1)];
        return await store.ListAsync(folder, TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    [Contract("templates/name", "templates/delete", "today/template-name")]
    public async Task A_taken_name_is_409_for_create_and_change_and_free_after_deletion()
    {
        using var admin = await fixture.AdminAsync();
        var name = NewName();
        var id = await TestBundle.UploadAsync(admin, name);
        var other = await TestBundle.UploadAsync(admin);

        (await admin.PostAsync("/api/template", TestBundle.Turtle(name).Form)).Expect(HttpStatusCode.Conflict);
        (await admin.PatchAsync($"/api/template/{other}", new TestBundle().Field("name", name).Form)).Expect(HttpStatusCode.Conflict);
        (await admin.PatchAsync($"/api/template/{id}", new TestBundle().Field("name", name).Form)).Expect(HttpStatusCode.OK);

        var deleted = (await admin.DeleteAsync($"/api/template/{id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("templateId", FieldsOf(deleted.Data));
        (await admin.GetAsync($"/api/template/{id}")).Expect(HttpStatusCode.NotFound);
        (await admin.DeleteAsync($"/api/template/{id}")).Expect(HttpStatusCode.NotFound);
        await TestBundle.UploadAsync(admin, name);
    }

    private static TestBundle Talker(string name) => TestBundle.Named(name)
        .File("metadata_file", Path.Combine(TestBundle.Folder("talker"), "metadata.yaml")).File("db_file", TestBundle.Db3("talker"));
}
