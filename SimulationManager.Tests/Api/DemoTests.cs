using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
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
    public async Task Outside_Development_there_is_no_demo()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        Assert.Empty((await admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
    }

    private static async Task<ApiClient> SignedInAsync(ApiHost api)
    {
        await api.WaitUntilPreparedAsync();
        return await api.Client().SignedInAsync($"{Guid.NewGuid():N}@tests.example", "general");
    }
}
