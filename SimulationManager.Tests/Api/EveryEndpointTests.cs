using System.Net;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Envelope: what holds for every endpoint.</summary>
public class EveryEndpointTests(ApiFixture fixture)
{
    [Fact]
    [Contract("status/415")]
    public async Task A_wrong_content_type_is_415_wherever_a_body_is_read()
    {
        var api = await fixture.ApiAsync();
        using var admin = await fixture.AdminAsync();
        using var anyone = api.Client();
        var endpoints = api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null).ToList();
        Assert.True(endpoints.Count > 12);

        foreach (var endpoint in endpoints)
        {
            var method = new HttpMethod(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]);
            var path = System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, "{[^}]+}", "1");
            (await admin.SendAsync(method, path, new StringContent("a=b"))).Expect(HttpStatusCode.UnsupportedMediaType);
        }

        (await anyone.PostAsync("/api/auth/signin", new StringContent("a=b"))).Expect(HttpStatusCode.UnsupportedMediaType);
        (await anyone.PostAsync("/api/auth/signup", new StringContent("a=b"))).Expect(HttpStatusCode.UnsupportedMediaType);
        (await anyone.PostAsync("/api/simulation", new StringContent("a=b"))).Expect(HttpStatusCode.Unauthorized);
        (await anyone.GetAsync("/api/auth/signin")).Expect(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    [Contract("envelope/text-ids", "status/404")]
    public async Task An_id_in_a_path_that_is_no_number_is_404_everywhere()
    {
        using var admin = await fixture.AdminAsync();

        foreach (var (method, path) in await RoutesAsync("abc")) (await admin.SendAsync(method, path)).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("envelope/trailing-slash")]
    public async Task A_slash_at_the_end_of_a_path_means_nothing()
    {
        using var admin = await fixture.AdminAsync();
        var reads = (await RoutesAsync("99999999")).Where(route => route.Method == HttpMethod.Get).Select(route => route.Path)
            .Concat(["/api/template", "/api/simulation", "/api/simulation/summary", "/api/instance", "/api/mec", "/api/users", "/api/dashboard/system-overview"]);

        foreach (var path in reads) Assert.Equal((await admin.GetAsync(path)).Status, (await admin.GetAsync(path + "/")).Status);
        (await admin.PostAsync("/api/auth/signin/", new { email = ApiFixture.AdminEmail, password = "pass-word1" })).Expect(HttpStatusCode.OK);
        (await admin.PostAsync("/api/simulation/", new { })).Expect(HttpStatusCode.BadRequest);
    }

    /// <summary>Every route with a number in its path, and that number replaced.</summary>
    private async Task<List<(HttpMethod Method, string Path)>> RoutesAsync(string id)
    {
        List<(HttpMethod Method, string Path)> routes =
        [
            .. from endpoint in (await fixture.ApiAsync()).Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
               where endpoint.RoutePattern.RawText!.Contains(":long}", StringComparison.Ordinal)
               select (new HttpMethod(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]),
                   System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, "{[^}]+}", id)),
        ];
        Assert.True(routes.Count > 20);
        return routes;
    }

    [Fact]
    [Contract("envelope/unknown-ignored")]
    public async Task Unknown_fields_and_query_parameters_are_ignored()
    {
        using var user = await fixture.UserAsync();
        var plan = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user)))))!;
        plan["colour"] = "blue";
        plan["pattern"]!["groups"]![0]!["mood"] = new JsonObject { ["deep"] = true };

        (await user.PostAsync("/api/simulation?period=week", plan.ToJsonString())).Expect(HttpStatusCode.Created);
        (await user.GetAsync("/api/simulation?period=week&sort=colour")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Metrics_count_refusals_by_status_and_sign_ins_by_outcome()
    {
        using var user = await fixture.UserAsync();
        (await user.GetAsync("/api/simulation/99999999")).Expect(HttpStatusCode.NotFound);

        var metrics = (await user.GetAsync("/metrics")).Text;

        Assert.Matches("simulation_api_refusals_total{[^}]*http_response_status_code=\"404\"", metrics);
        Assert.Matches("simulation_api_sign_ins_total{[^}]*outcome=\"success\"", metrics);
    }

    [Fact]
    [Contract("cors/development")]
    public async Task In_Development_the_portals_two_addresses_are_allowed()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync(), "Development");
        using var client = api.Client();

        foreach (var origin in (string[])["http://localhost:3000", "http://localhost:5173"])
        {
            var answer = await client.SendAsync(HttpMethod.Get, "/api/simulation", null, request => request.Headers.Add("Origin", origin));
            Assert.Equal(origin, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        }
    }

    [Fact]
    [Contract("auth/cookie")]
    public async Task Behind_a_proxy_that_ends_TLS_the_cookie_is_Secure()
    {
        var settings = await fixture.NewSystemAsync();
        settings["ForwardedHeaders:KnownNetworks:0"] = "127.0.0.0/8";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var client = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        var answer = await client.SendAsync(
            HttpMethod.Post, "/api/auth/signin", new { email = ApiFixture.AdminEmail, password = "pass-word1" }, request => request.Headers.Add("X-Forwarded-Proto", "https"));

        Assert.Contains("; secure;", answer.Expect(HttpStatusCode.OK).SetCookie!, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("templates/download")]
    public async Task A_download_address_works_for_at_least_an_hour_under_the_public_endpoint()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Storage:PublicEndpoint"] = "https://files.example.org";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await TestBundle.UploadAsync(admin);

        var url = new Uri((string)(await admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data[0]!["dbFile"]!["downloadUrl"]!);

        Assert.Equal("files.example.org", url.Host);
        Assert.True(int.Parse(HttpUtility.ParseQueryString(url.Query)["X-Amz-Expires"]!, null) >= 3600);
    }

    [Fact]
    [Contract("auth/sessions")]
    public async Task Redis_holds_no_refresh_token_that_could_be_used()
    {
        using var user = await fixture.UserAsync();
        var token = user.Cookie!.Split('=')[1];
        var redis = (await fixture.ApiAsync()).Services.GetRequiredService<StackExchange.Redis.IConnectionMultiplexer>();
        var database = redis.GetDatabase();
        var server = redis.GetServers()[0];
        List<string> keys = [];
        await foreach (var key in server.KeysAsync(database.Database, "auth:*")) keys.Add(key!);

        Assert.NotEmpty(keys);
        Assert.DoesNotContain(keys, key => key.Contains(token, StringComparison.Ordinal));
        foreach (var key in keys.Where(key => key.StartsWith("auth:session:", StringComparison.Ordinal)))
            Assert.DoesNotContain(token, (string?)await database.StringGetAsync(key) ?? "", StringComparison.Ordinal);
    }
}
