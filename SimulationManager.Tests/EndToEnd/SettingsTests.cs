using System.Net;
using Aspire.Hosting.Testing;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>Settings of the README's table, as a person sets them on the AppHost's command line.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class SettingsTests
{
    [Fact]
    [Contract("settings/demo")]
    public async Task Without_the_demo_the_first_admin_signs_up_and_there_is_no_template()
    {
        using var data = new TestFolder();
        await using var app = await AppHostFixture.StartAsync(data.Path, ["--Demo:Enabled=false"], TestContext.Current.CancellationToken);
        using var client = new ApiClient(app.GetEndpoint("api", "http"));

        await client.SignedInAsync("first@tests.example", "admin");

        Assert.Equal("admin", (string)(await client.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.OK).Data["role"]!);
        Assert.Empty((await client.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
    }
}
