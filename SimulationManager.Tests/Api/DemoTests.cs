using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Api.Demo;
using SimulationManager.Core.Data;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>What a first run in Development finds.</summary>
public class DemoTests(ApiFixture fixture)
{
    [Fact]
    public async Task Two_APIs_at_once_make_one_demo_and_a_deleted_one_stays_deleted()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Demo:Recording"] = "00:00:02";
        await using (var first = await ApiHost.StartAsync(settings, "Development"))
        await using (var second = await ApiHost.StartAsync(settings, "Development"))
        {
            using var user = await SignedInAsync(first);
            await Wait.UntilAsync(async () => (await user.GetAsync("/api/simulation/summary")).Data.AsArray().Count > 0, TimeSpan.FromSeconds(60), "the demo simulation");
            Assert.Equal("demo robot", (string)Assert.Single((await user.GetAsync("/api/template")).Data.AsArray())!["templateName"]!);
            Assert.Equal("demo fleet", (string)Assert.Single((await user.GetAsync("/api/simulation")).Data["simulations"]!.AsArray())!["simulationName"]!);
            Assert.Empty((await user.GetAsync("/api/mec")).Expect(HttpStatusCode.OK).Data.AsArray());
            (await user.PostAsync("/api/auth/signup", new { email = "x@tests.example", password = "pass-word1", password_confirm = "pass-word1", role = "admin" })).Expect(HttpStatusCode.Conflict);
            await using var scope = first.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<RobotDbContext>().Simulations.ExecuteUpdateAsync(
                set => set.SetProperty(simulation => simulation.DeletedAt, DateTimeOffset.UtcNow), TestContext.Current.CancellationToken);
        }

        await using var third = await ApiHost.StartAsync(settings, "Development");
        using var later = await SignedInAsync(third);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Empty((await later.GetAsync("/api/simulation/summary")).Data.AsArray());
    }

    [Fact]
    public async Task The_site_of_the_demo_follows_the_broker_to_another_port_at_each_start()
    {
        var settings = await SettingsWithBrokerAsync(41883);
        await using (var first = await ApiHost.StartAsync(settings, "Development"))
        {
            using var user = await SignedInAsync(first);
            await Wait.UntilAsync(async () => (await user.GetAsync("/api/simulation/summary")).Data.AsArray().Count > 0, TimeSpan.FromSeconds(60), "the demo simulation");
            Assert.Equal(("mec-01", "mqtt://localhost:41883/demo?format=json"), await OnlySiteAsync(user));
            var simulation = (await user.GetAsync("/api/simulation")).Data["simulations"]![0]!;
            Assert.Equal("mec-01", (string)simulation["mecId"]!);
            var groups = (await user.GetAsync($"/api/simulation/{simulation["simulationId"]}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["groups"]!;
            Assert.Equal(("robot_{n:000}", "now"), ((string)groups[0]!["output"]!["identity"]!, (string)groups[0]!["output"]!["stamps"]!));
            Assert.Null(groups[1]!["output"]);
        }

        settings["ConnectionStrings:mqtt"] = "mqtt://localhost:41884";
        await using var second = await ApiHost.StartAsync(settings, "Development");
        using var later = await SignedInAsync(second);
        await Wait.UntilAsync(async () => await OnlySiteAsync(later) == ("mec-01", "mqtt://localhost:41884/demo?format=json"), TimeSpan.FromSeconds(60), "the broker's new port");
    }

    [Fact]
    public async Task A_site_that_a_person_has_changed_or_deleted_stays_so()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await using var scope = api.Services.CreateAsyncScope();

        await KeepAsync(1883, isNew: true);
        var id = (long)(await admin.GetAsync("/api/mec")).Data[0]!["id"]!;
        (await admin.PatchAsync($"/api/mec/{id}", new { endpoint = "mqtt://localhost:1883/ours" })).Expect(HttpStatusCode.OK);
        await KeepAsync(1884, isNew: false);
        Assert.Equal(("mec-01", "mqtt://localhost:1883/ours"), await OnlySiteAsync(admin));

        (await admin.PatchAsync($"/api/mec/{id}", new { endpoint = "mqtt://localhost:1883/demo?format=json" })).Expect(HttpStatusCode.OK);
        await KeepAsync(1885, isNew: false);
        Assert.Equal(("mec-01", "mqtt://localhost:1885/demo?format=json"), await OnlySiteAsync(admin));

        (await admin.PatchAsync($"/api/mec/{id}", new { description = "ours" })).Expect(HttpStatusCode.OK);
        await KeepAsync(1886, isNew: false);
        await KeepAsync(1886, isNew: true);
        Assert.Equal(("mec-01", "mqtt://localhost:1885/demo?format=json"), await OnlySiteAsync(admin));

        (await admin.DeleteAsync($"/api/mec/{id}")).Expect(HttpStatusCode.OK);
        await KeepAsync(1887, isNew: false);
        Assert.Empty((await admin.GetAsync("/api/mec")).Data.AsArray());

        async Task KeepAsync(int port, bool isNew)
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:mqtt", $"mqtt://localhost:{port}")]).Build();
            var site = new DemoSite(scope.ServiceProvider.GetRequiredService<RobotDbContext>(), configuration, TimeProvider.System, NullLogger<DemoSite>.Instance);
            await site.KeepAsync(isNew, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Outside_Development_there_is_no_demo()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        Assert.Empty((await admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
    }

    private async Task<Dictionary<string, string?>> SettingsWithBrokerAsync(int port)
    {
        var settings = await fixture.NewSystemAsync();
        settings["Demo:Recording"] = "00:00:02";
        settings["ConnectionStrings:mqtt"] = $"mqtt://localhost:{port}";
        return settings;
    }

    private static async Task<(string Name, string Endpoint)> OnlySiteAsync(ApiClient client)
    {
        var site = Assert.Single((await client.GetAsync("/api/mec")).Expect(HttpStatusCode.OK).Data.AsArray())!;
        return ((string)site["name"]!, (string)site["endpoint"]!);
    }

    private static async Task<ApiClient> SignedInAsync(ApiHost api)
    {
        await api.WaitUntilPreparedAsync();
        return await api.Client().SignedInAsync($"{Guid.NewGuid():N}@tests.example", "general");
    }
}
