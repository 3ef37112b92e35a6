using System.Net;
using k8s.Models;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The Api as a process with an overlay's environment: whose word about a client it takes.</summary>
[Trait("Length", "Long")]
public sealed class ForwardedClientTests(ApiFixture fixture)
{
    private const string Email = "forwarded@tests.example";
    private const string Password = "pass-word1";

    [Fact]
    public async Task Behind_the_ingress_the_cookie_is_Secure_and_each_client_has_a_limit_of_its_own()
    {
        await using var api = await StartAsync("overlays/prod");
        using var client = api.Client;
        (await client.PostAsync("/api/auth/signup", new { email = Email, password = Password, password_confirm = Password, role = "admin" })).Expect(HttpStatusCode.Created);

        var first = await SignInAsync(client, "203.0.113.1");
        var refused = await SignInAsync(client, "203.0.113.1");
        var other = await SignInAsync(client, "203.0.113.2");

        Assert.Contains("; secure;", first.Expect(HttpStatusCode.OK).SetCookie!, StringComparison.Ordinal);
        refused.Expect(HttpStatusCode.TooManyRequests);
        other.Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_an_ingress_no_client_can_name_itself_another()
    {
        await using var api = await StartAsync("overlays/dev");
        using var client = api.Client;

        await SignInAsync(client, "198.51.100.1");
        (await SignInAsync(client, "198.51.100.2")).Expect(HttpStatusCode.TooManyRequests);
    }

    private static Task<Answer> SignInAsync(ApiClient client, string address) => client.SendAsync(
        HttpMethod.Post,
        "/api/auth/signin",
        new { email = Email, password = Password },
        request =>
        {
            request.Headers.Add("X-Forwarded-For", address);
            request.Headers.Add("X-Forwarded-Proto", "https");
        });

    /// <summary>The overlay's plain environment, with the test's own stores and one sign-in a minute for each address.</summary>
    private async Task<RunningApi> StartAsync(string overlay)
    {
        var objects = await Kustomize.BuildAsync(overlay);
        var settings = new Dictionary<string, string?>(objects.OfKind<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("api-env", StringComparison.Ordinal))
            .Data.Select(entry => KeyValuePair.Create(entry.Key, (string?)entry.Value)));
        foreach (var (name, value) in await fixture.NewSystemAsync()) settings[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        // The overlay leaves that to its job.
        settings["Database__MigrateOnStart"] = "true";
        settings["Auth__SignInsPerAddress"] = "1";
        var (process, port) = await ServerProcess.StartServiceAsync("SimulationManager.Api.dll", settings);
        var api = new RunningApi(process, new ApiClient(new Uri($"http://127.0.0.1:{port}")));
        await Wait.UntilAsync(async () => (await api.Client.GetAsync("/api/auth/sessions")).Status != HttpStatusCode.ServiceUnavailable, TimeSpan.FromMinutes(1), $"the database: {process.Output}");
        // Attempts count by the minute.
        await Wait.UntilAsync(() => DateTimeOffset.UtcNow.Second < 50, TimeSpan.FromMinutes(1), "a minute with enough left of it");
        return api;
    }

    private sealed record RunningApi(ServerProcess Process, ApiClient Client) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
