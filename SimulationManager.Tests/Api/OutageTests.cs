using System.Net;
using System.Text.RegularExpressions;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>A backing service is away: what then needs it is 503 with Retry-After, all else works.</summary>
public class OutageTests(ApiFixture fixture)
{
    [Fact]
    [Contract("status/503", "today/sign-in-without-redis", "executions/state-in-postgres")]
    public async Task Without_Redis_calls_with_a_token_and_sign_in_work_and_refresh_is_503()
    {
        var settings = await fixture.NewSystemAsync();
        await using var redis = Intercept(settings, "ConnectionStrings:redis", ":(\\d+)");
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user))));
        await redis.CutAsync();

        (await user.GetAsync("/api/simulation")).Expect(HttpStatusCode.OK);
        (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK);
        (await user.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.OK);
        RefuseFor503(await user.PostAsync("/api/auth/refresh"));
        using var other = api.Client();
        var signedIn = (await other.PostAsync("/api/auth/signin", new { email = ApiFixture.AdminEmail, password = "pass-word1" })).Expect(HttpStatusCode.OK);

        Assert.Null(signedIn.SetCookie);
        Assert.NotNull((string)signedIn.Data["accessToken"]!);
    }

    [Fact]
    [Contract("status/503")]
    public async Task Without_PostgreSQL_every_call_is_503_and_all_is_well_when_it_is_back()
    {
        var settings = await fixture.NewSystemAsync();
        await using var postgres = Intercept(settings, "ConnectionStrings:robotdb", "Port=(\\d+)");
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await postgres.CutAsync();

        RefuseFor503(await user.GetAsync("/api/simulation"));
        RefuseFor503(await user.PostAsync("/api/simulation", Plans.Parallel(Plans.NewName(), Plans.Group(1))));
        RefuseFor503(await user.PostAsync("/api/auth/signin", new { email = ApiFixture.AdminEmail, password = "pass-word1" }));
        RefuseFor503(await user.PostAsync("/api/simulation/1/start"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await user.GetAsync("/health")).Status);
        (await user.PostAsync("/api/auth/verify")).Expect(HttpStatusCode.OK);
        postgres.Restore();

        (await user.GetAsync("/api/simulation")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("status/503")]
    public async Task Without_S3_an_upload_is_503_and_leaves_no_template()
    {
        var settings = await fixture.NewSystemAsync();
        await using var storage = Intercept(settings, "ConnectionStrings:minio", ":(\\d+)");
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await TestBundle.UploadAsync(user, "before");
        await storage.CutAsync();

        RefuseFor503(await user.PostAsync("/api/template", TestBundle.Turtle("during").Form));
        Assert.Single((await user.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());
        storage.Restore();

        await TestBundle.UploadAsync(user, "during");
    }

    [Fact]
    [Contract("status/503")]
    public async Task Without_a_worker_start_is_503_and_writes_nothing()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user))));

        RefuseFor503(await user.PostAsync($"/api/simulation/{id}/start"));

        Assert.Equal(0, (int)(await user.GetAsync($"/api/simulation/{id}/execution")).Data["pagination"]!["totalItems"]!);
        Assert.Equal("PENDING", (string)(await user.GetAsync("/api/simulation")).Data["simulations"]![0]!["status"]!);
    }

    [Fact]
    [Contract("status/503")]
    public async Task The_API_starts_while_PostgreSQL_is_away_and_serves_when_it_comes()
    {
        var settings = await fixture.NewSystemAsync();
        await using var postgres = Intercept(settings, "ConnectionStrings:robotdb", "Port=(\\d+)");
        await postgres.CutAsync();
        await using var api = await ApiHost.StartAsync(settings);
        using var client = api.Client();

        RefuseFor503(await client.PostAsync("/api/auth/signin", new { email = "a@b.example", password = "pass-word1" }));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive")).Status);
        postgres.Restore();
        await api.WaitUntilPreparedAsync();

        (await client.PostAsync("/api/auth/signin", new { email = "a@b.example", password = "pass-word1" })).Expect(HttpStatusCode.Unauthorized);
    }

    private static void RefuseFor503(Answer answer)
    {
        answer.Expect(HttpStatusCode.ServiceUnavailable);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    internal static CuttableProxy Intercept(Dictionary<string, string?> settings, string setting, string port)
    {
        var match = Regex.Match(settings[setting]!, port);
        var proxy = new CuttableProxy(int.Parse(match.Groups[1].Value, null));
        settings[setting] = settings[setting]!.Remove(match.Groups[1].Index, match.Groups[1].Length).Insert(match.Groups[1].Index, $"{proxy.Port}");
        return proxy;
    }
}
