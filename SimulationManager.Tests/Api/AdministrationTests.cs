using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: edge sites and accounts.</summary>
public class AdministrationTests(ApiFixture fixture)
{
    [Fact]
    [Contract("ours/mec")]
    public async Task Edge_sites_are_registered_changed_listed_and_removed()
    {
        using var admin = await fixture.AdminAsync();
        var name = Plans.NewName();

        var created = (await admin.PostAsync("/api/mec", new { name, description = "hall 3", endpoint = "mqtt://edge.example/hall?qos=1" })).Expect(HttpStatusCode.Created).Data;
        var id = (long)created["id"]!;
        var changed = (await admin.PatchAsync($"/api/mec/{id}", new { description = "hall 4" })).Expect(HttpStatusCode.OK).Data;
        var listed = Listed((await admin.GetAsync("/api/mec")).Expect(HttpStatusCode.OK).Data, id);
        (await admin.PostAsync("/api/mec", new { name })).Expect(HttpStatusCode.Conflict);
        (await admin.PostAsync("/api/mec", new { name = " " })).Expect(HttpStatusCode.BadRequest);
        (await admin.PatchAsync($"/api/mec/{id}", new { })).Expect(HttpStatusCode.BadRequest);
        (await admin.PatchAsync($"/api/mec/{id}", new { endpoint = "mqtt://user:secret@edge.example" })).Expect(HttpStatusCode.BadRequest);
        (await admin.PostAsync("/api/mec", new { name = Plans.NewName(), endpoint = "https://edge.example" })).Expect(HttpStatusCode.BadRequest);
        (await admin.DeleteAsync($"/api/mec/{id}")).Expect(HttpStatusCode.OK);

        Assert.Equal(Sorted("id", "name", "description", "endpoint"), FieldsOf(created));
        Assert.Equal((name, "hall 4", "mqtt://edge.example/hall?qos=1"), ((string)changed["name"]!, (string)changed["description"]!, (string)changed["endpoint"]!));
        Assert.Equal(changed.ToJsonString(), listed!.ToJsonString());
        (await admin.PatchAsync($"/api/mec/{id}", new { name })).Expect(HttpStatusCode.NotFound);
        (await admin.DeleteAsync($"/api/mec/{id}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("ours/mec", "ours/users", "status/403-role", "auth/roles")]
    public async Task A_general_user_reads_edge_sites_and_manages_neither_them_nor_accounts()
    {
        using var user = await fixture.UserAsync();

        (await user.GetAsync("/api/mec")).Expect(HttpStatusCode.OK);
        (await user.PostAsync("/api/mec", new { name = "mine" })).Expect(HttpStatusCode.Forbidden);
        (await user.PatchAsync("/api/mec/1", new { name = "mine" })).Expect(HttpStatusCode.Forbidden);
        (await user.DeleteAsync("/api/mec/1")).Expect(HttpStatusCode.Forbidden);
        (await user.PostAsync("/api/mec/1/check")).Expect(HttpStatusCode.Forbidden);
        (await user.GetAsync("/api/users")).Expect(HttpStatusCode.Forbidden);
        (await user.PatchAsync("/api/users/1", new { role = "admin" })).Expect(HttpStatusCode.Forbidden);
        (await user.DeleteAsync("/api/users/1")).Expect(HttpStatusCode.Forbidden);
    }

    [Fact]
    [Contract("ours/users")]
    public async Task Admins_list_change_and_delete_accounts()
    {
        using var admin = await fixture.AdminAsync();
        using var user = await fixture.UserAsync();
        var id = (long)(await user.PostAsync("/api/auth/verify")).Data["userId"]!;

        var listed = Listed((await admin.GetAsync("/api/users")).Expect(HttpStatusCode.OK).Data, id, "userId")!;
        var changed = (await admin.PatchAsync($"/api/users/{id}", new { role = "admin" })).Expect(HttpStatusCode.OK).Data;
        user.Token = (string)(await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK).Data["accessToken"]!;
        (await user.GetAsync("/api/users")).Expect(HttpStatusCode.OK);
        (await admin.PatchAsync($"/api/users/{id}", new { role = "boss" })).Expect(HttpStatusCode.BadRequest);
        (await admin.DeleteAsync($"/api/users/{id}")).Expect(HttpStatusCode.OK);

        Assert.Equal(Sorted("userId", "email", "role", "createdAt"), FieldsOf(listed));
        Assert.Equal(("general", "admin"), ((string)listed["role"]!, (string)changed["role"]!));
        (await user.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.Unauthorized);
        (await admin.DeleteAsync($"/api/users/{id}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("ours/users")]
    public async Task The_last_admin_stays()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var id = (long)(await admin.PostAsync("/api/auth/verify")).Data["userId"]!;

        (await admin.PatchAsync($"/api/users/{id}", new { role = "general" })).Expect(HttpStatusCode.Conflict);
        (await admin.DeleteAsync($"/api/users/{id}")).Expect(HttpStatusCode.Conflict);
    }

    private static JsonNode? Listed(JsonNode list, long id, string field = "id") => list.AsArray().SingleOrDefault(item => (long)item![field]! == id);
}
