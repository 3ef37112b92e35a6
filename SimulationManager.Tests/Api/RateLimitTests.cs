using System.Net;
using SimulationManager.Tests.Api.Coverage;
using StackExchange.Redis;

namespace SimulationManager.Tests.Api;

/// <summary>Too many attempts are 429 with Retry-After.</summary>
public class RateLimitTests(ApiFixture fixture)
{
    [Fact]
    [Contract("auth/limits", "status/429")]
    public async Task Failed_sign_ins_are_limited_per_account_and_other_accounts_are_not()
    {
        await using var api = await LimitedAsync("FailedSignInsPerAccount", 3);
        using var client = await api.Client().SignedInAsync("victim@tests.example", "general");
        using var other = await api.Client().SignedInAsync("other@tests.example", "general");
        await AtTheStartOfAMinuteAsync();

        for (var attempt = 0; attempt < 3; attempt++)
            (await client.PostAsync("/api/auth/signin", new { email = "victim@tests.example", password = "wrong-word1" })).Expect(HttpStatusCode.Unauthorized);
        var refused = (await client.PostAsync("/api/auth/signin", new { email = "Victim@tests.example", password = "pass-word1" })).Expect(HttpStatusCode.TooManyRequests);

        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        await other.SignInAsync("other@tests.example");
    }

    [Fact]
    [Contract("auth/limits")]
    public async Task Successful_sign_ins_do_not_count_as_failed()
    {
        await using var api = await LimitedAsync("FailedSignInsPerAccount", 3);
        using var client = await api.Client().SignedInAsync("busy@tests.example", "general");

        for (var attempt = 0; attempt < 6; attempt++) await client.SignInAsync("busy@tests.example");
    }

    [Fact]
    [Contract("auth/limits", "status/429")]
    public async Task Sign_ins_are_limited_per_address()
    {
        await using var api = await LimitedAsync("SignInsPerAddress", 2);
        using var client = api.Client();
        await AtTheStartOfAMinuteAsync();

        for (var attempt = 0; attempt < 2; attempt++)
            (await client.PostAsync("/api/auth/signin", new { email = $"{attempt}@tests.example", password = "wrong-word1" })).Expect(HttpStatusCode.Unauthorized);
        (await client.PostAsync("/api/auth/signin", new { email = "3@tests.example", password = "wrong-word1" })).Expect(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    [Contract("auth/limits", "status/429")]
    public async Task Refreshes_are_limited_per_session()
    {
        await using var api = await LimitedAsync("RefreshesPerSession", 2);
        using var client = await api.Client().SignedInAsync("busy@tests.example", "general");
        await AtTheStartOfAMinuteAsync();

        (await client.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
        (await client.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.OK);
        (await client.PostAsync("/api/auth/refresh")).Expect(HttpStatusCode.TooManyRequests);
    }

    private async Task<ApiHost> LimitedAsync(string setting, int limit)
    {
        var settings = await fixture.NewSystemAsync(ApiFixture.AttemptsDatabase);
        settings[$"Auth:{setting}"] = $"{limit}";
        await ForgetAttemptsAsync(settings["ConnectionStrings:redis"]!);
        var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        return api;
    }

    /// <summary>The test before, which had this Redis database, may have counted attempts of this address in the same minute.</summary>
    private static async Task ForgetAttemptsAsync(string connection)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        foreach (var server in redis.GetServers())
            await foreach (var key in server.KeysAsync(redis.GetDatabase().Database, "attempts:*")) await redis.GetDatabase().KeyDeleteAsync(key);
    }

    /// <summary>Attempts are counted per minute of the clock: in its last seconds the count could begin anew between two of them.</summary>
    private static async Task AtTheStartOfAMinuteAsync()
    {
        while (DateTimeOffset.UtcNow.Second > 50) await Task.Delay(200, TestContext.Current.CancellationToken);
    }
}
